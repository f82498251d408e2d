"""For every write transaction and every edge: the scene in which a process passes it, and dies there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from hub.testing.databases import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

Settings = dict[str, str | None]


class Then(Enum):
    """What becomes of an act in which its process died."""

    AGAIN = "who did it does it again, as clients, supervisors and people with a command do"
    NEVER = "nobody does it again: all of it was kept, or nothing"
    BY_ITSELF = "nobody does it again: the hub brings it to its end"


@dataclass(frozen=True)
class Scene:
    """A role that passes the point, and what is around it: other roles, settings, and how much later it happens."""

    role: str
    given: tuple[str, ...] = ()
    later_s: float = 0
    given_settings: Settings = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)
    then: Then = Then.AGAIN
    meanwhile: tuple[str, ...] = ()
    """Who tries something between the crash and what mends it; whether they can is not looked at."""
    closing: tuple[str, ...] = ()
    """What is done once it is mended, before everything runs to its end."""
    ends: frozenset[str] = frozenset({"delivered"})
    """The states in which messages may end."""
    kinds: tuple[str, ...] = tuple(KINDS)
    """The databases on which the point is passed at all."""


A_LIST: Settings = {"HUB_MESSAGES_INLINE_RECIPIENTS": "2", "HUB_MESSAGES_CHUNK": "2"}
FOREIGN: Settings = {"HUB_CONNECTOR_SANDBOX_FOREIGN_RECEIPTS": "1"}
MOVED: Settings = {"HUB_ROUTE_DEFAULT_CONNECTOR": None, "HUB_ROUTE_OTHER_CONNECTOR": "sandbox"}
NOWHERE: Settings = {**MOVED, "HUB_ROUTE_OTHER_COUNTRIES": "BE"}
BROKEN_LINE: Settings = {
    "HUB_CONNECTOR_SANDBOX_DISCONNECT": "1",
    "HUB_CONNECTOR_SANDBOX_BATCH_SIZE": "1",
    "HUB_MESSAGES_BATCH": "4",
}
SPARE: Settings = {"HUB_ROUTE_SPARE_CONNECTOR": "sandbox", "HUB_ROUTE_SPARE_PRIORITY": "20"}
BRIEF: Settings = {"HUB_RETENTION_TEXTS_DAYS": "30"}
LINKED: Settings = {"HUB_HUB_PUBLIC_URL": "https://t.example.net"}
HELD: Settings = {"HUB_GUARD_DAY_CREDITS": "1"}
DAYS_S = 10 * 86_400.0
MONTHS_S = 40 * 86_400.0
HOURS_S = 2 * 3600.0
MINUTES_S = 120.0
UNKNOWN = frozenset({"unknown"})
SENT_OR_UNKNOWN = frozenset({"delivered", "unknown"})
CANCELLED = frozenset({"cancelled"})

_SUBMIT = Scene("submit", given=("accept",))
_IN_DOUBT = Scene("submit", given=("accept",), ends=SENT_OR_UNKNOWN)
_PROBE = Scene("submit", given=("accept", "fail_default"), later_s=MINUTES_S)
_MAIL = Scene("send_mails", given=("post_mails",))
_EVENTS = Scene("deliver_events", given=("record_events",))
_TICK = Scene("schedule", given=("accept",))
_TOO_LATE = Scene("schedule", given=("accept",), later_s=DAYS_S, given_settings=HELD, ends=frozenset({"expired"}))
_WRITE = Scene("write", given=("accept", "submit"))
_WORK_OFF = Scene("work_off", given=("accept", "submit", "write"))
_CANCEL = Scene("cancel", given=("accept",), meanwhile=("submit",), ends=CANCELLED)
_REJECT = Scene("reject", given=("accept",), meanwhile=("submit",), given_settings=HELD, ends=CANCELLED)
_CHANGE_KEY = Scene("change_key", given=("make_address",), closing=("forget_old_key",))
_FORGET_KEY = Scene("forget_old_key", given=("make_address", "change_key"))
_RESTORE = Scene(
    "restore_over",
    given=("accept", "back_up", "submit"),
    meanwhile=("try_to_resume", "submit"),
    closing=("drop",),
    ends=UNKNOWN,
)
_RESTORE_ELSEWHERE = replace(
    _RESTORE, role="restore", given=("make_address", "accept", "back_up", "submit", "lose_everything")
)
_DECIDE = Scene("drop", meanwhile=("try_to_resume", "submit"), ends=UNKNOWN)
_BY_HAND = {
    "account": "open_account",
    "credits": "add_credits",
    "lock": "lock",
    "revoke_token": "revoke_token",
    "suppress": "opt_out",
    "token": "create_token",
    "user": "add_user",
    "account_settings": "say_where_answers_go",
    "contacts": "bring_contacts",
    "template": "keep_template",
    "test_number": "ask_for_a_code",
}

SCENES: Mapping[str, Scene] = {
    # taking in
    "accept": Scene("accept"),
    "accept_list": Scene("accept_list", settings=A_LIST),
    "expand": Scene("expand", given=("accept_list",), given_settings=A_LIST, settings=A_LIST),
    "mail.before_decision": Scene("mail"),
    "mail.before_answer": Scene("mail"),
    "plugin": Scene("make_address"),
    # handing over
    "doorbell.before_ring": Scene("ring"),
    "claim": _SUBMIT,
    "announce": _IN_DOUBT,
    "submit.before_call": _IN_DOUBT,
    "submit.after_call": _IN_DOUBT,
    "record": _IN_DOUBT,
    "record_some": Scene("overtaken", given=("accept",)),
    "give_back": Scene("submit", given=("accept",), settings=BROKEN_LINE),
    "note_route": _SUBMIT,
    "begin_probe": _PROBE,
    "end_probe": _PROBE,
    # cancelled, held, released
    "cancel": replace(_CANCEL, then=Then.NEVER, meanwhile=(), ends=CANCELLED | {"delivered"}),
    "cancel_some": replace(_CANCEL, then=Then.BY_ITSELF),
    "reschedule": Scene("put_forward", given=("accept",)),
    "test_text": Scene("send_a_test", given=("have_a_number",), then=Then.NEVER),
    "release_held": Scene("release", given=("accept",), meanwhile=("submit",), given_settings=HELD),
    "reject_held": _REJECT,
    "expire_held": _TOO_LATE,
    "close_held": _TOO_LATE,
    # texts from phones
    "inbound.before_take": _WRITE,
    "inbound_take": _WRITE,
    "inbound.after_take": _WRITE,
    "inbound_acknowledged": Scene("acknowledge", given=("accept", "submit", "hand_over")),
    "inbound_claim": _WORK_OFF,
    "inbound_done": _WORK_OFF,
    "inbound_put_back": replace(_WORK_OFF, role="work_off_badly"),
    "inbound_let_go": replace(_WORK_OFF, role="work_off_hastily"),
    "consent": Scene("agree", given=("accept", "submit", "write"), then=Then.NEVER),
    "forget_last_texts": _TICK,
    # receipts
    "sink.before_receipts": _SUBMIT,
    "receipts": _SUBMIT,
    "sink.after_receipts": _SUBMIT,
    "look_again": Scene("submit", given=("accept",), settings=FOREIGN),
    "retry_parked": Scene("schedule", given=("accept", "submit"), given_settings=FOREIGN),
    # the tick
    "lease": _TICK,
    "release_lease": _TICK,
    "tick.leading": _TICK,
    "tick.duty_done": _TICK,
    "recover_leases": _TICK,
    "freeze": Scene("schedule", given=("accept", "finish"), later_s=DAYS_S),
    "finish_campaigns": Scene("schedule", given=("accept", "submit")),
    "give_up": _TICK,
    "forget_keys": _TICK,
    "forget_parked": _TICK,
    "forget_counted": replace(_TICK, later_s=HOURS_S),
    "reroute": Scene("schedule", given=("accept",), settings=MOVED),
    "expire": Scene("schedule", given=("accept",), later_s=DAYS_S, settings=NOWHERE, ends=frozenset({"expired"})),
    "fail_over": Scene("schedule", given=("accept", "fail_default"), settings=SPARE),
    "lend": Scene("schedule", given=("accept", "fail_spare"), given_settings=SPARE, later_s=MINUTES_S, settings=SPARE),
    "turn": Scene("run_hourly"),
    # mail of the hub's own
    "claim_mails": _MAIL,
    "smtp.before_mail": _MAIL,
    "smtp.after_mail": _MAIL,
    "mail_outcome": _MAIL,
    "give_back_mails": replace(_MAIL, role="send_one_mail"),
    "retry_mail": Scene("retry_mail", given=("post_mails",), then=Then.NEVER),
    "expire_mails": Scene("schedule", given=("post_mails",), later_s=DAYS_S),
    "forget_mails": _TICK,
    # webhooks
    "webhook": Scene("make_webhook", given=("make_webhook",), then=Then.NEVER),
    "claim_webhooks": _EVENTS,
    "webhook.before_call": _EVENTS,
    "webhook.after_call": _EVENTS,
    "webhook_outcome": _EVENTS,
    "forget_events": _TICK,
    # links
    "click.noted": Scene("follow_links", settings=LINKED),
    "clicks": Scene("collect_clicks", given=("follow_links",), given_settings=LINKED, settings=LINKED),
    "click.kept": Scene("collect_clicks", given=("follow_links",), given_settings=LINKED, settings=LINKED),
    "forget_links": _TICK,
    "file": Scene("keep_file", then=Then.NEVER),
    "forget_files": _TICK,
    "note_rest": Scene("ask_beside_a_failing_plugin"),
    # an operator
    "migrate": Scene("upgrade"),
    "first_key": Scene("upgrade"),
    "seal_clear": Scene("start_with_a_key", given=("open_account", "keep_in_clear")),
    "reseal": _CHANGE_KEY,
    "reseal_canary": _CHANGE_KEY,
    "pause": Scene("pause", given=("accept",), then=Then.NEVER, closing=("resume",)),
    "resume": Scene("resume", given=("accept", "pause"), then=Then.NEVER, closing=("resume",)),
    "restore": _RESTORE,
    "restore.before_replace": replace(_RESTORE_ELSEWHERE, kinds=("sqlite",)),
    "restore.after_replace": replace(_RESTORE, kinds=("sqlite",)),
    "drop_restored": replace(_DECIDE, given=("accept", "back_up", "submit", "restore_over")),
    "drop_restored_lists": replace(
        _DECIDE, given=("accept_list", "back_up", "restore_over"), given_settings=A_LIST, ends=frozenset()
    ),
    "resend_restored": Scene("resend", given=("accept", "back_up", "restore_over")),
    "add_unallocated": Scene("add_unallocated", given=("find_nobody",), then=Then.NEVER),
    "erase": Scene("erase_person", given=("accept",), ends=CANCELLED | {"delivered"}),
    "empty_old": replace(_TICK, given=("accept", "finish"), later_s=MONTHS_S, settings=BRIEF),
    "sub_account": Scene("lock_sub_account", given=("open_sub_account",)),
    "transfer": Scene("transfer", given=("open_sub_account",)),
    "token_used": Scene("show_token"),
    "order": Scene("validate_order", given=("make_order",)),
    "count_entries": _TICK,
    "statement": Scene("schedule", given=("allow_later",), later_s=MONTHS_S),
    "balance_alert": Scene("schedule", given=("ask_for_alert",)),
    "validity_notice": Scene("schedule", given=("say_where_answers_go",), later_s=12 * MONTHS_S),
    "import": Scene("upload_contacts"),
    "import_piece": Scene("upload_contacts"),
    "import_lease": Scene("read_contacts", given=("upload_contacts",)),
    "import_chunk": Scene("read_contacts", given=("upload_contacts",)),
    "import_read": Scene("read_contacts", given=("upload_contacts",)),
    "import_store": Scene("store_contacts", given=("upload_contacts", "read_contacts")),
    "forget_import": Scene("forget_imports", given=("upload_contacts",)),
    "clear_list": Scene("clear_lists", given=("delete_list",)),
    **{name: Scene(role, then=Then.NEVER) for name, role in _BY_HAND.items()},
}

ALSO: tuple[tuple[str, Scene], ...] = (
    ("accept_list", Scene("accept_contacts", given=("bring_contacts",), settings=A_LIST)),
    ("expand", Scene("expand", given=("accept_contacts",), given_settings=A_LIST, settings=A_LIST)),
    ("order", Scene("make_order")),
    ("statement", Scene("allow_later")),
    ("balance_alert", Scene("ask_for_alert")),
    ("cancel_some", _CANCEL),
    ("cancel_some", replace(_REJECT, then=Then.BY_ITSELF)),
    ("reseal", _FORGET_KEY),
    ("reseal_canary", _FORGET_KEY),
    ("restore", _RESTORE_ELSEWHERE),
    ("resume", replace(_DECIDE, given=("accept", "back_up", "submit", "restore_over"), meanwhile=("submit",))),
)
"""Other ways past a transaction."""


def scene_of(point: str) -> Scene:
    """The scene for a point: its own, or that of its transaction. Raises KeyError when there is none."""
    return SCENES[point if point in SCENES else point.partition(".")[0]]
