"""What becomes of a batch when the carrier does not do as it should."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from hub import (
    ConnectorContext,
    FailureReason,
    NotSent,
    PermanentFailure,
    Rejected,
    Submitted,
    TemporaryFailure,
    Throttled,
    Unknown,
)
from hub.clock import SystemClock
from hub.testing.contract import RecordingSink, outgoing
from hub_http_carrier import connector as module
from hub_http_carrier.answers import read_answer
from hub_http_carrier.connector import HttpCarrier, groups_of
from hub_http_carrier.settings import HttpSettings

from .served import Answer, Asked, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .conftest import Site

SINGLE = """
name = "One at a time"
[auth]
kind = "bearer"
[request]
url = "https://carrier.example/send"
[request.json]
to = "{to}"
ref = "{id}"
[answer]
id = "id"
error_code = "error"
[answer.codes]
gone = "unallocated"
later = "temporary"
"""

MANY = """
name = "Many at once"
[request]
url = "https://carrier.example/send"
[request.json]
text = "{text}"
to = { each = { number = "{to_digits}", ref = "{id}" } }
[batch]
size = 10
[answer]
match = "reference"
items = "messages"
reference = "ref"
id = "id"
code = "code"
ok = ["0"]
error_code = "error"
[answer.codes]
7 = "barred"
"""


@contextmanager
def line(folder: Path, definition: str, answer: Callable[[Asked], Answer], **keys: object) -> Iterator[HttpCarrier]:
    """A connector to a carrier that answers as the test says."""
    path = folder / "carrier.toml"
    path.write_text(definition)
    with serving(answer) as url:
        settings = HttpSettings.model_validate({"definition": path, "url": url, "token": "t", **keys})
        context = ConnectorContext("carrier", folder, SystemClock())
        made = HttpCarrier(context, settings, settings.described())
        made.open(RecordingSink())
        try:
            yield made
        finally:
            made.close()


def said(status: int, body: Any = b"", **headers: str) -> Callable[[Asked], Answer]:
    """Always the same answer."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: Answer(status, content, {name.replace("_", "-"): value for name, value in headers.items()})


HTML = b"<html><body><h1>Welcome to nginx</h1></body></html>"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (said(200, {"id": "1"}), Submitted),
        (said(200, HTML), Unknown),
        (said(200, b""), Unknown),
        (said(200, {"status": "ok"}), Unknown),
        (said(200, {"error": "what is this"}), Unknown),
        (said(200, {"error": "gone"}), Rejected),
        (said(400, {"error": "gone"}), Rejected),
        (said(400, {"error": "never seen"}), Rejected),
        (said(200, {"error": "later"}), NotSent),
        (said(302, b"", Location="/"), Unknown),
        (said(303, b"", Location="/"), Unknown),
        (said(408), Unknown),
        (said(409), Unknown),
        (said(500, HTML), Unknown),
        (said(502, HTML), Unknown),
        (said(503, HTML), Unknown),
        (said(504, HTML), Unknown),
    ],
)
def test_an_answer_has_its_outcome(tmp_path: Path, answer: Callable[[Asked], Answer], kind: type) -> None:
    """Taken, refused, later, or in doubt; a server that stumbled may have sent it before."""
    with line(tmp_path, SINGLE, answer) as carrier:
        (outcome,) = carrier.submit([outgoing()])
    assert isinstance(outcome, kind), outcome


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said(301, b"", Location="https://elsewhere.example/"), PermanentFailure),
        (said(307, b"", Location="https://elsewhere.example/"), PermanentFailure),
        (said(400, HTML), PermanentFailure),
        (said(401, {"error": "who"}), PermanentFailure),
        (said(402), PermanentFailure),
        (said(403, HTML), PermanentFailure),
        (said(404, HTML), PermanentFailure),
        (said(405), PermanentFailure),
        (said(429), Throttled),
        (said(503, HTML, Retry_After="30"), TemporaryFailure),
    ],
)
def test_what_holds_for_the_line_is_raised(
    tmp_path: Path, answer: Callable[[Asked], Answer], error: type[Exception]
) -> None:
    """Nothing was sent, and the next message would hear the same."""
    with line(tmp_path, SINGLE, answer) as carrier, pytest.raises(error):
        carrier.submit([outgoing(), outgoing()])


@pytest.mark.parametrize(("header", "seconds"), [("7", 7), ("86400", 3600), ("soon", 5)])
def test_retry_after_is_heeded_and_capped(tmp_path: Path, header: str, seconds: int) -> None:
    """An hour at most; nonsense is five seconds."""
    with line(tmp_path, SINGLE, said(429, b"", Retry_After=header)) as carrier, pytest.raises(Throttled) as caught:
        carrier.submit([outgoing()])
    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == seconds


def test_where_nobody_listens_it_is_tried_again_later(tmp_path: Path) -> None:
    """A connect failure is a TemporaryFailure."""
    with line(tmp_path, SINGLE, said(200), url="http://127.0.0.1:9/") as carrier, pytest.raises(TemporaryFailure):
        carrier.submit([outgoing(), outgoing()])


def test_a_throttled_carrier_is_asked_no_further(tmp_path: Path) -> None:
    """What was taken stays taken, and the rest was not sent."""
    asked: list[Asked] = []

    def answer(request: Asked) -> Answer:
        asked.append(request)
        return Answer(200, b'{"id": "1"}') if len(asked) == 1 else Answer(429, b"", {"Retry-After": "9"})

    with line(tmp_path, SINGLE, answer, parallel=1) as carrier:
        outcomes = carrier.submit([outgoing() for _ in range(20)])
    waits = {outcome.retry_after_s for outcome in outcomes if isinstance(outcome, NotSent)}
    assert (len(asked), type(outcomes[0]), len(outcomes), waits) == (2, Submitted, 20, {9.0})


def test_a_slow_carrier_is_asked_only_as_long_as_the_lease_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not begun in time was certainly not sent."""
    monkeypatch.setattr(module, "BEGIN_WITHIN_S", 0.2)
    asked: list[Asked] = []

    def answer(request: Asked) -> Answer:
        asked.append(request)
        time.sleep(0.3)
        return Answer(200, b'{"id": "%d"}' % len(asked))

    with line(tmp_path, SINGLE, answer, parallel=1) as carrier:
        outcomes = carrier.submit([outgoing() for _ in range(10)])
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert kinds[Submitted] == len(asked) < 10
    assert kinds[Submitted] + kinds[NotSent] == 10


def test_requests_are_under_way_side_by_side(tmp_path: Path) -> None:
    """As many as `parallel` says: each waits for the others to be there."""
    together = threading.Barrier(4)

    def answer(_: Asked) -> Answer:
        together.wait(timeout=20)
        return Answer(200, b'{"id": "1"}')

    with line(tmp_path, SINGLE, answer, parallel=4) as carrier:
        outcomes = carrier.submit([outgoing() for _ in range(8)])
    assert {type(outcome) for outcome in outcomes} == {Submitted}


def test_two_lanes_may_submit_at_once(tmp_path: Path) -> None:
    """Each gets the outcomes of its own messages."""

    def answer(request: Asked) -> Answer:
        return Answer(200, json.dumps({"id": json.loads(request.body)["ref"]}).encode())

    def submit(carrier: HttpCarrier, seen: list[bool]) -> None:
        messages = [outgoing() for _ in range(30)]
        outcomes = carrier.submit(messages)
        seen.append(outcomes == [Submitted((message.id,)) for message in messages])

    seen: list[bool] = []
    with line(tmp_path, SINGLE, answer) as carrier:
        threads = [threading.Thread(target=submit, args=(carrier, seen)) for _ in range(carrier.capabilities.lanes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == [True, True]


def answer_many(request: Asked) -> Answer:
    """Take what is asked, but refuse numbers that end in 7, and say nothing of those that end in 8."""
    everyone = [one for one in json.loads(request.body)["to"] if not one["number"].endswith("8")]
    barred = [{"ref": one["ref"], "code": 7} for one in everyone if one["number"].endswith("7")]
    return took([one for one in reversed(everyone) if not one["number"].endswith("7")], *barred)


def took(everyone: list[Any], *others: dict[str, Any]) -> Answer:
    """A yes to each."""
    made = [{"ref": one["ref"], "code": 0, "id": one["ref"]} for one in everyone]
    return Answer(200, json.dumps({"messages": [*made, *others]}).encode())


def test_each_of_a_batch_has_its_own_outcome(tmp_path: Path) -> None:
    """By our reference, whatever the order; what the answer does not name is in doubt."""
    numbers = [f"+3363998100{last}" for last in range(10)]
    messages = [outgoing(to=number) for number in numbers]
    with line(tmp_path, MANY, answer_many) as carrier:
        outcomes = carrier.submit(messages)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Submitted] * 7 + [Rejected, Unknown, Submitted]
    assert outcomes[0] == Submitted((messages[0].id,))
    assert outcomes[7] == Rejected(FailureReason.BARRED, "7", "7")


def test_a_batch_that_is_refused_whole_is_asked_for_one_by_one(tmp_path: Path) -> None:
    """One bad number does not take nine good ones with it, and nothing was sent before."""
    taken: Counter[str] = Counter()

    def answer(request: Asked) -> Answer:
        everyone = json.loads(request.body)["to"]
        if any(one["number"].endswith("3") for one in everyone):
            return Answer(422, b'{"error": "bad number"}')
        taken.update(one["number"] for one in everyone)
        return took(everyone)

    with line(tmp_path, MANY, answer) as carrier:
        outcomes = carrier.submit([outgoing(to=f"+3363998100{last}") for last in range(10)])
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert (kinds[Submitted], kinds[Rejected], set(taken.values())) == (9, 1, {1})


def test_only_messages_that_agree_go_in_one_request() -> None:
    """In the fields that count, with no number twice, and no more than fit."""
    fields = [{"to": to, "text": text} for to, text in (("1", "a"), ("2", "a"), ("1", "a"), ("3", "b"), ("4", "a"))]
    assert groups_of(fields, ["text"], 2) == [[0, 1], [2, 4], [3]]


def test_a_message_that_fits_no_header_is_refused_alone(tmp_path: Path) -> None:
    """A line end in a header would begin another one."""
    definition = SINGLE.replace("[request.json]", '[request.headers]\nX-Sender = "{sender}"\n[request.json]')
    with line(tmp_path, definition, said(200, {"id": "1"})) as carrier:
        good, bad = carrier.submit([outgoing(), outgoing(sender="A\r\nX-Evil: 1")])
    assert (type(good), bad.code if isinstance(bad, Rejected) else bad) == (Submitted, "unwritable")


def test_a_word_as_sender_is_refused_where_only_numbers_are_taken(tmp_path: Path) -> None:
    """Those beside it leave."""
    definition = SINGLE.replace("[auth]", "alphanumeric_sender = false\n[auth]")
    with line(tmp_path, definition, said(200, {"id": "1"})) as carrier:
        word, number = carrier.submit([outgoing(sender="My Shop"), outgoing(sender="36180")])
    assert (word.code if isinstance(word, Rejected) else word, number) == ("sender", Submitted(("1",)))


def test_an_answer_that_the_hub_stumbles_over_puts_only_its_own_message_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with our reading of it."""

    def stumble(spec: Any, reply: Any, group: Any, now: Any) -> Any:
        if b"boom" in reply.body:
            raise RuntimeError("a bug")
        return kept(spec, reply, group, now)

    def answer(request: Asked) -> Answer:
        return Answer(200, b'{"id": "boom"}' if b"+33639981007" in request.body else b'{"id": "1"}')

    kept = read_answer
    monkeypatch.setattr(module, "read_answer", stumble)
    with line(tmp_path, SINGLE, answer) as carrier:
        outcomes = carrier.submit([outgoing(to=f"+3363998100{last}") for last in (6, 7, 8)])
    assert [type(outcome) for outcome in outcomes] == [Submitted, Unknown, Submitted]


def test_what_is_under_way_when_the_line_is_closed_has_its_outcome(tmp_path: Path) -> None:
    """`close` waits for it, and what was not begun was not sent."""
    began, go_on = threading.Event(), threading.Event()
    outcomes: list[Any] = []

    def answer(_: Asked) -> Answer:
        began.set()
        go_on.wait(20)
        return Answer(200, b'{"id": "1"}')

    with line(tmp_path, SINGLE, answer, parallel=2) as carrier:
        submitting = threading.Thread(target=lambda: outcomes.extend(carrier.submit([outgoing() for _ in range(2)])))
        submitting.start()
        assert began.wait(20)
        closing = threading.Thread(target=carrier.close)
        closing.start()
        go_on.set()
        closing.join()
        submitting.join()
    assert outcomes == [Submitted(("1",))] * 2


def test_a_repeat_is_dropped_by_a_carrier_that_says_so(tmp_path: Path) -> None:
    """Only such a one is declared idempotent, and it is told our reference."""
    definition = SINGLE.replace(
        "[request.json]", 'idempotent = true\n[request.headers]\nIdempotency-Key = "{id}"\n[request.json]'
    )
    keys: list[str] = []

    def answer(request: Asked) -> Answer:
        keys.append(request.headers["idempotency-key"])
        return Answer(200, b'{"id": "1"}')

    message = outgoing()
    with line(tmp_path, definition, answer) as carrier:
        carrier.submit([message])
        assert (carrier.capabilities.idempotent, keys) == (True, [message.id])


@pytest.mark.parametrize("preset", ["twilio", "vonage", "ovh", "smsfactor"])
def test_wrong_keys_are_for_a_person(site: Site, tmp_path: Path, preset: str) -> None:
    """Whatever form a carrier says it in."""
    carrier = site.connector(preset, tmp_path, password="wrong", token="wrong")
    carrier.open(RecordingSink())
    with pytest.raises(PermanentFailure):
        carrier.submit([outgoing(), outgoing()])
    carrier.close()


REFUSALS = [
    ("twilio", "21211", FailureReason.UNALLOCATED),
    ("twilio", "21610", FailureReason.BARRED),
    ("vonage", "7", FailureReason.BARRED),
    ("vonage", "33", FailureReason.UNALLOCATED),
    ("ovh", "invalid", FailureReason.UNALLOCATED),
    ("smsfactor", "npai", FailureReason.UNALLOCATED),
    ("smsfactor", "blacklisted", FailureReason.BARRED),
]


@pytest.mark.parametrize(("preset", "code", "reason"), REFUSALS)
def test_a_number_that_a_carrier_refuses_is_rejected(
    site: Site, tmp_path: Path, preset: str, code: str, reason: FailureReason
) -> None:
    """With the reason that people know."""
    fake = site.carriers[preset]
    fake.refuses = {"+33639981999": code}
    carrier = site.connector(preset, tmp_path)
    carrier.open(RecordingSink())
    (outcome,) = carrier.submit([outgoing(to="+33639981999")])
    carrier.close()
    fake.refuses = {}
    assert isinstance(outcome, Rejected)
    assert outcome.reason is reason


def test_one_that_smsfactor_refuses_among_others_leaves_all_in_doubt(site: Site, tmp_path: Path) -> None:
    """Its answer counts, and names nobody."""
    fake = site.carriers["smsfactor"]
    fake.refuses, fake.reports = {"+33639981999": "npai"}, False
    carrier = site.connector("smsfactor", tmp_path)
    carrier.open(RecordingSink())
    outcomes = carrier.submit([outgoing(to="+33639981999"), outgoing(to="+33639981998")])
    carrier.close()
    fake.refuses, fake.reports = {}, True
    assert {type(outcome) for outcome in outcomes} == {Unknown}


def test_one_that_ovh_refuses_among_others_is_known(site: Site, tmp_path: Path) -> None:
    """Its answer names who was taken and who was not."""
    fake = site.carriers["ovh"]
    fake.refuses = {"+33639981999": "invalid"}
    carrier = site.connector("ovh", tmp_path)
    carrier.open(RecordingSink())
    outcomes = carrier.submit([outgoing(to=f"+3363998199{last}") for last in (7, 9, 8)])
    carrier.close()
    fake.refuses = {}
    assert [type(outcome) for outcome in outcomes] == [Submitted, Rejected, Submitted]
