"""What plugins build on beyond the values of `hub`: sections, tables, numbers, times, commands.

Each name is imported when it is first asked for, so that a plugin whose settings are read does not pay for
the database's library too.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.cli.shared import Session, answer, choose_account, json_option
    from hub.clock import SystemClock
    from hub.compliance.window import local_to_utc
    from hub.config.schema import Section, TextList, from_folder
    from hub.failpoints import failpoint
    from hub.messages.report import Outcomes
    from hub.sms.phone import parse_number, shorten, split_numbers
    from hub.store.bulk import among, fetch, insert_new, insert_returning, insert_rows, upsert_rows
    from hub.store.metadata import UtcDateTime, new_metadata
    from hub.store.storable import storable
    from hub.web.door import Guest, web_door, whole_body

__all__ = [
    "Guest",
    "Outcomes",
    "Section",
    "Session",
    "SystemClock",
    "TextList",
    "UtcDateTime",
    "among",
    "answer",
    "choose_account",
    "failpoint",
    "fetch",
    "from_folder",
    "insert_new",
    "insert_returning",
    "insert_rows",
    "json_option",
    "local_to_utc",
    "new_metadata",
    "parse_number",
    "shorten",
    "split_numbers",
    "storable",
    "upsert_rows",
    "web_door",
    "whole_body",
]

_ROOMS = {
    "Guest": "hub.web.door",
    "Outcomes": "hub.messages.report",
    "Section": "hub.config.schema",
    "Session": "hub.cli.shared",
    "answer": "hub.cli.shared",
    "choose_account": "hub.cli.shared",
    "failpoint": "hub.failpoints",
    "SystemClock": "hub.clock",
    "json_option": "hub.cli.shared",
    "local_to_utc": "hub.compliance.window",
    "from_folder": "hub.config.schema",
    "TextList": "hub.config.schema",
    "UtcDateTime": "hub.store.metadata",
    "insert_new": "hub.store.bulk",
    "new_metadata": "hub.store.metadata",
    "parse_number": "hub.sms.phone",
    "shorten": "hub.sms.phone",
    "split_numbers": "hub.sms.phone",
    "storable": "hub.store.storable",
    "among": "hub.store.bulk",
    "fetch": "hub.store.bulk",
    "insert_returning": "hub.store.bulk",
    "insert_rows": "hub.store.bulk",
    "upsert_rows": "hub.store.bulk",
    "web_door": "hub.web.door",
    "whole_body": "hub.web.door",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(name)
    return getattr(import_module(_ROOMS[name]), name)
