"""What an answer says of each message that was asked about. Pure: a reply in, a word for each message out.

Three things are told apart, and never guessed: the carrier took it, the carrier did not, nobody knows. What an answer
does not name is of the third kind.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from hub import FailureReason, NotSent, Outcome, Rejected, Submitted, Unknown
from hub_http_carrier.definition import Verdict
from hub_http_carrier.templates import fill
from hub_http_carrier.tree import Unreadable, as_word, every, read, word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hub_http_carrier.definition import Answer
    from hub_http_carrier.templates import Fields
    from hub_http_carrier.wire import Reply

MOST_WAIT_S = 3600.0
"""Longest Retry-After that is believed; who says more is asked again after an hour."""
AGAIN_S = 5.0
_LONGEST_DETAIL = 200

BY_STATUS: Mapping[int, Verdict] = {
    301: Verdict.ACCOUNT,  # the address has moved: a redirect is not followed, for it would carry the secrets along
    307: Verdict.ACCOUNT,
    308: Verdict.ACCOUNT,
    400: Verdict.OTHER,
    401: Verdict.ACCOUNT,
    402: Verdict.ACCOUNT,
    403: Verdict.ACCOUNT,
    404: Verdict.ACCOUNT,
    405: Verdict.ACCOUNT,
    406: Verdict.ACCOUNT,
    410: Verdict.ACCOUNT,
    411: Verdict.ACCOUNT,
    413: Verdict.OTHER,
    414: Verdict.OTHER,
    415: Verdict.ACCOUNT,
    422: Verdict.OTHER,
    426: Verdict.ACCOUNT,
    429: Verdict.THROTTLED,
}
"""What a status means where the definition says nothing else. The others (5xx, 302, 303, 408, 409) tell nothing."""

REASONS: Mapping[Verdict, FailureReason] = {
    Verdict.UNALLOCATED: FailureReason.UNALLOCATED,
    Verdict.NETWORK: FailureReason.NETWORK,
    Verdict.BARRED: FailureReason.BARRED,
    Verdict.OTHER: FailureReason.OTHER,
}


@dataclass(frozen=True, slots=True)
class Said:
    """The carrier's word on one message.

    `of_line` when it holds for whatever would be sent next, `of_request` when it was said of all in one breath.
    """

    verdict: Verdict
    code: str = ""
    detail: str = ""
    ids: tuple[str, ...] = ()
    after_s: float = AGAIN_S
    of_line: bool = False
    of_request: bool = False

    def outcome(self) -> Outcome:
        """The same in the engine's words."""
        if self.verdict is Verdict.TAKEN:
            return Submitted(self.ids)
        if self.verdict is Verdict.UNKNOWN:
            return Unknown(self.told)
        if self.verdict in REASONS:
            return Rejected(REASONS[self.verdict], self.code, self.told)
        return NotSent(self.told, self.after_s)

    @property
    def told(self) -> str:
        """Code and detail in a line."""
        return " ".join(part for part in (self.code, self.detail) if part) or "The carrier gave no reason."


def read_answer(spec: Answer, reply: Reply, group: Sequence[Fields], now: datetime) -> list[Said]:
    """One word for each message of `group`, in order."""
    try:
        tree = read(spec.format, reply.body, spec.pattern)
    except Unreadable as error:
        tree, unreadable = None, f"HTTP {reply.status}, and of the answer {error}"
    else:
        unreadable = ""
    if not _is_yes(reply.status):
        return [_by_status(spec, reply, tree, now)] * len(group)
    if unreadable:
        return [Said(Verdict.UNKNOWN, "", unreadable)] * len(group)
    code = word(tree, spec.error_code)
    if code is None or code in spec.ok:
        return _by_count(spec, tree, group) or _READERS[spec.match](spec, tree, group)
    verdict = spec.codes.get(code, Verdict.UNKNOWN)
    if verdict is Verdict.TAKEN:
        return _READERS[spec.match](spec, tree, group)
    said = _said(verdict, code, word(tree, spec.detail), retry_after_s(reply.headers.get("retry-after"), now))
    return [replace(said, of_request=True)] * len(group)


def retry_after_s(header: str | None, now: datetime) -> float:
    """Seconds to wait, of a number of them or a date (RFC 9110, section 10.2.3); at most `MOST_WAIT_S`."""
    if not header:
        return AGAIN_S
    if re.fullmatch(r"\s*\d{1,9}\s*", header):
        return min(MOST_WAIT_S, float(header))
    try:
        at = parsedate_to_datetime(header)
        wait = (at - now) if at.tzinfo else timedelta(seconds=AGAIN_S)
    except (ValueError, TypeError, OverflowError):
        return AGAIN_S
    return min(MOST_WAIT_S, max(0.0, wait.total_seconds()))


def digits_of(number: str) -> str:
    """A number as its digits, without `+` or `00` before them."""
    return re.sub(r"\D", "", number).removeprefix("00")


def joined(carrier_id: str, reference: str) -> str:
    """The id of one message of several that the carrier knows by one id."""
    return f"{carrier_id}/{reference}"


def _is_yes(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004 - RFC 9110, section 15.3


def _by_status(spec: Answer, reply: Reply, tree: Any, now: datetime) -> Said:
    """One word for all that was asked: the carrier's code where it is known, else what the status means."""
    code = word(tree, spec.error_code) or word(tree, spec.code) or ""
    detail = word(tree, spec.detail) or f"HTTP {reply.status}"
    again = reply.headers.get("retry-after")
    verdict = spec.codes.get(code) or spec.statuses.get(str(reply.status)) or _usual(reply.status, code, again)
    said = _said(verdict, code or str(reply.status), detail, retry_after_s(again, now))
    return replace(said, of_line=said.of_line or verdict is Verdict.TEMPORARY, of_request=True)


def _usual(status: int, code: str, again: str | None) -> Verdict:
    if status == 503 and again:  # noqa: PLR2004 - a server that names a time has not begun
        return Verdict.TEMPORARY
    verdict = BY_STATUS.get(status, Verdict.UNKNOWN)
    # A no without any code speaks of what all requests have in common, not of this message.
    return Verdict.ACCOUNT if verdict is Verdict.OTHER and not code else verdict


def _said(verdict: Verdict, code: str, detail: str | None, after_s: float = AGAIN_S) -> Said:
    of_line = verdict in {Verdict.ACCOUNT, Verdict.THROTTLED}
    return Said(verdict, code, (detail or "")[:_LONGEST_DETAIL], after_s=after_s, of_line=of_line)


def _by_count(spec: Answer, tree: Any, group: Sequence[Fields]) -> list[Said]:
    """Of a carrier that only counts: which messages it means is known where it took all of them, or none."""
    if not spec.count or word(tree, spec.count) == str(len(group)):
        return []
    counted = {path: said for path in spec.counters if (said := word(tree, path) or "0") != "0"}
    if word(tree, spec.count) == "0" and counted:
        path, number = next(iter(counted.items()))
        return [replace(_said(spec.counters[path], path, ""), of_request=number != str(len(group)))] * len(group)
    told = "".join(f", {number} {path}" for path, number in counted.items())
    detail = f"of {len(group)} it took {word(tree, spec.count) or '?'}{told}, and does not say which"
    return [Said(Verdict.UNKNOWN, "", detail)] * len(group)


def _whole(spec: Answer, tree: Any, group: Sequence[Fields]) -> list[Said]:
    return [_combined(spec, [tree], fields) for fields in group]


def _parts(spec: Answer, tree: Any, group: Sequence[Fields]) -> list[Said]:
    return [_combined(spec, _items(spec, tree), fields) for fields in group]


def _position(spec: Answer, tree: Any, group: Sequence[Fields]) -> list[Said]:
    items = _items(spec, tree)
    if len(items) != len(group):
        return [Said(Verdict.UNKNOWN, "", f"it speaks of {len(items)} of {len(group)}")] * len(group)
    return [_combined(spec, [item], fields) for item, fields in zip(items, group, strict=True)]


def _number(spec: Answer, tree: Any, group: Sequence[Fields]) -> list[Said]:
    refused = {
        digits_of(number): _said(verdict, path, "")
        for path, verdict in spec.refused.items()
        for value in every(tree, f"{path}[*]")
        if (number := as_word(value))
    }
    named = _by_name(spec, tree, spec.number)
    return [refused.get(f["to_digits"]) or _combined(spec, named.get(f["to_digits"], []), f) for f in group]


def _reference(spec: Answer, tree: Any, group: Sequence[Fields]) -> list[Said]:
    named: dict[str, list[Any]] = {}
    for item in _items(spec, tree):
        named.setdefault(word(item, spec.reference) or "", []).append(item)
    return [_combined(spec, named.get(fields["id"], []), fields) for fields in group]


def _by_name(spec: Answer, tree: Any, path: str) -> dict[str, list[Any]]:
    named: dict[str, list[Any]] = {}
    for item in _items(spec, tree):
        named.setdefault(digits_of(word(item, path) or ""), []).append(item)
    return named


def _items(spec: Answer, tree: Any) -> list[Any]:
    if not spec.columns:
        return every(tree, f"{spec.items}[*]") if spec.items else tree if isinstance(tree, list) else [tree]
    columns = {name: every(tree, f"{path}[*]") for name, path in spec.columns.items()}
    if len({len(column) for column in columns.values()}) != 1:
        return []  # which id belongs to which number cannot be told
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _combined(spec: Answer, items: Sequence[Any], fields: Fields) -> Said:
    """What several items say of one message, as one does for each part."""
    if not items:
        return Said(Verdict.UNKNOWN, "", "the answer does not name it")
    words = [_of_item(spec, item, fields) for item in items]
    taken = [said for said in words if said.verdict is Verdict.TAKEN]
    if not taken:
        return words[0]
    if len(taken) < len(words):
        return Said(Verdict.UNKNOWN, "", f"it took {len(taken)} of {len(words)} parts")
    return replace(taken[0], ids=tuple(dict.fromkeys(one for said in taken for one in said.ids)))


def _of_item(spec: Answer, item: Any, fields: Fields) -> Said:
    code = word(item, spec.code)
    if code is not None and code not in spec.ok:
        verdict = spec.codes.get(code, Verdict.OTHER if spec.ok else Verdict.TAKEN)
        if verdict is not Verdict.TAKEN:
            return _said(verdict, code, word(item, spec.detail))
    if spec.ok and spec.code and code is None:
        return Said(Verdict.UNKNOWN, "", "the answer has no code")
    return _taken(spec, item, fields)


def _taken(spec: Answer, item: Any, fields: Fields) -> Said:
    if spec.made_id:
        return Said(Verdict.TAKEN, ids=(fill(spec.made_id, fields),))
    ids = tuple(said for value in every(item, spec.id) if (said := as_word(value)))
    if spec.with_reference:
        ids = tuple(joined(one, fields["id"]) for one in ids)
    return Said(Verdict.TAKEN, ids=ids) if ids else Said(Verdict.UNKNOWN, "", "the answer has no id")


_READERS = {
    "whole": _whole,
    "parts": _parts,
    "position": _position,
    "number": _number,
    "reference": _reference,
}
