"""Commands that make a backup and bring one back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from hub.cli.shared import Session, answer, json_option

if TYPE_CHECKING:
    from hub.backup.manifest import Manifest
    from hub.backup.restoring import Restoration

_FOLDER = click.argument("folder", type=click.Path(path_type=Path, file_okay=False))


@click.command()
@_FOLDER
@click.option("--with-key", is_flag=True, help="Put the secret key in, too: who has the backup can read all of it.")
@json_option
@click.pass_obj
def backup(session: Session, folder: Path, with_key: bool) -> None:  # noqa: FBT001 - click hands flags over so
    """Make a backup in the new folder FOLDER, while the hub runs.

    It holds the database, hub.ini, and a manifest with checksums. Keep a copy of secret.key elsewhere.
    """
    from hub.backup.making import make_backup

    with session.core(ready=False) as core:
        manifest = make_backup(core, folder, with_key=with_key)
    answer({"folder": folder.absolute(), "manifest": manifest}, _made(folder, manifest, with_key=with_key))


@click.command()
@_FOLDER
@click.option("--overwrite", is_flag=True, help="Put it in the place of a database that is in use.")
@json_option
@click.pass_obj
def restore(session: Session, folder: Path, overwrite: bool) -> None:  # noqa: FBT001 - click hands flags over so
    """Bring back the backup in FOLDER, with the way out paused.

    What waited when the backup was made may have been sent since. Nothing leaves until you decide about it with
    `hub resume out --drop-restored` or `--resend-restored`. Stop every process of the hub first.
    """
    from hub.backup.restoring import restore_backup

    with session.core(ready=False) as core:
        done = restore_backup(core, folder, overwrite=overwrite)
    answer({"restored": done}, _brought_back(done))


def _made(folder: Path, manifest: Manifest, *, with_key: bool) -> str:
    size = sum(one.bytes for one in manifest.files.values())
    key = "The secret key is in it." if with_key else "The secret key is not in it: keep a copy of it elsewhere."
    blanked = "".join(f" {name} is empty in its hub.ini." for name in manifest.blanked)
    fingerprint = f" Its fingerprint is {manifest.key_fingerprint}." if manifest.key_fingerprint else ""
    messages = manifest.counts.get("messages", 0)
    return f"{folder}: {size / 1e6:.1f} MB, {messages} message(s), checked. {key}{fingerprint}{blanked}"


def _brought_back(done: Restoration) -> str:
    lines = [f"Restored the backup of {done.manifest.made_at:%Y-%m-%d %H:%M} UTC. Sending is paused."]
    waiting, lists, doubtful = done.review.waiting, done.review.lists, done.review.in_doubt
    if waiting or lists:
        lines.append(
            f"{waiting} message(s) and {lists} list(s) waited in it; they may have been sent since. Decide:\n"
            "  hub resume out --drop-restored      sends none of them\n"
            "  hub resume out --resend-restored    sends all of them, perhaps a second time"
        )
    else:
        lines.append("Nothing waited in it: `hub resume out` lets messages leave.")
    if doubtful:
        lines.append(f"{doubtful} message(s) were being sent just then; they are `unknown` and are not sent again.")
    lines.append("What was accepted after the backup is not in it, and neither are opt-outs that came after it.")
    if done.kept is not None:
        lines.append(f"The database that was here is kept as {done.kept}.")
    return "\n".join([*lines, *(f"Look at the ledger: {sentence}" for sentence in done.audit)])
