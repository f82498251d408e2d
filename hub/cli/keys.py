"""Commands of the secret key: which one is in use, a new one, and changing it."""

from __future__ import annotations

import click

from hub.cli.shared import Session, answer, json_option


@click.group()
def secrets() -> None:
    """The key that secrets are kept under."""


@secrets.command()
@json_option
@click.pass_obj
def status(session: Session) -> None:
    """Tell where the key is, and its fingerprint; never the key itself."""
    with session.core() as core:
        where, fingerprint = core.keyring.where, core.vault.fingerprint
        answer({"where": where, "fingerprint": fingerprint}, f"{where}: {fingerprint}")


@secrets.command("new-key")
@json_option
def new_key_() -> None:
    """Print a new key, for `[hub] secret_key` or HUB_HUB_SECRET_KEY_FILE."""
    from hub.vault import new_key

    made = new_key()
    answer({"key": made}, made)


@secrets.command()
@click.option("--finish", is_flag=True, help="Forget the old keys, once every process has been started again.")
@json_option
@click.pass_obj
def rotate(session: Session, finish: bool) -> None:  # noqa: FBT001 - click hands flags over so
    """Seal every secret with a new key.

    In secret.key the new key is put first, and the old one stays until `--finish`. Where `[hub] secret_key` holds
    the key, put a new one in front of it yourself (`hub secrets new-key`), start every process again, and rotate.
    """
    from hub import sealing

    with session.core() as core:
        change = sealing.finish if finish else sealing.rotate
        vault, count = change(core.store, core.keyring, core.clock, core.sealed)
        old = len(vault.keys) - 1
        rest = {
            (True, True): "The old key can be taken out of the setting now.",
            (True, False): "The old key is forgotten.",
            (False, True): "Once every process was started again, take the old key out of the setting.",
            (False, False): "Once every process was started again, `hub secrets rotate --finish` forgets the old one.",
        }[finish, bool(core.keyring.setting)]
        facts = {"fingerprint": vault.fingerprint, "resealed": count, "old_keys": old}
        answer(facts, f"Sealed with {vault.fingerprint}: {count} secret(s) sealed again. {rest}")
