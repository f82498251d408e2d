"""No log line holds a phone number, a secret or somebody's text."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
import threading
import urllib.parse
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from hub import OutgoingMessage, Purpose
from hub.observe import configure_logging, hiding, redact, redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CANARY = "+33639981742"
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.\d]*Z?")
HIDDEN_MIDDLE = "9981"
"""What must not be read off a log: the digits between the first and the last three."""

FORMS = [
    "+33639981742",
    "33639981742",
    "0033639981742",
    "0639981742",
    "06 39 98 17 42",
    "06.39.98.17.42",
    "06-39-98-17-42",
    "06/39/98/17/42",
    "06\u00a039\u00a098\u00a017\u00a042",
    "06\u202f39\u202f98\u202f17\u202f42",
    "06\u201139\u201198\u201117\u201142",
    "+33 6 39 98 17 42",
    "+33 (0)6 39 98 17 42",
    "+33(0)639981742",
    "(0)6 39 98 17 42",
    "00 33 6 39 98 17 42",
    "tel:+33639981742",
    "%2B33639981742",
    "+33%206%2039%2098%2017%2042",
    "33639981742@sms.example.net",
    "sms:33639981742?body=x",
    "\uff10\uff16\uff13\uff19\uff19\uff18\uff11\uff17\uff14\uff12",
    "0639981742-1",
    "c0639981742",
    "39 98 17 42",
]
SECRET = "s3cret-0f-mine"
BODY = "Votre rendez-vous chez le docteur"


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Put logging back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = sys.excepthook, threading.excepthook
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.fixture(params=["json", "console"])
def stream(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged, in both forms."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging("debug", request.param)
    return written


def digits_of(written: str) -> str:
    """The digits of a text, whatever stands between them, in the plain alphabet."""
    return "".join(str(int(one)) for one in written if one.isdecimal())


@pytest.mark.parametrize("form", FORMS)
def test_a_number_in_any_usual_form_is_shortened(form: str) -> None:
    """Alone, in a sentence, in quotes, in a URL's query, in JSON."""
    for around in ("{}", "to {} at last", "'{}'", "?to={}&x=1", '{{"to": "{}"}}', "({})", "{},{}"):
        assert HIDDEN_MIDDLE not in digits_of(redacted(around.replace("{}", form)))


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_number_reaches_a_log(stream: io.StringIO, form: str) -> None:
    """As a value, in a list, in a mapping, in the event, through the standard library, with arguments."""
    log = structlog.get_logger("a_plugin")
    log.info("sent", to=form)
    log.info("sent", to=[form], by={"line": (form,)})
    log.info(form)
    logging.getLogger("a_library").warning("sent to %s", form)
    logging.getLogger("a_library").warning("sent", extra={"to": form})
    lines = stream.getvalue().splitlines()
    assert len(lines) == 5
    # What time it is may spell the number by chance, and so may two lines together.
    assert [line for line in lines if HIDDEN_MIDDLE in digits_of(TIME.sub("", line))] == []


@pytest.mark.parametrize(
    "kept",
    [
        "2026-11-22",
        "2026-11-22 11:20:53.123456",
        "2026-11-22T11:20:53+00:00",
        "192.168.100.200:8080",
        "127.0.0.1:18080",
        "01JCXYZ4S7QK3V9T2M8N5P6R1H-12",
        "0.053123",
        "1500 messages of 2000",
    ],
)
def test_what_is_no_number_stays_as_it_is(kept: str) -> None:
    """Dates, addresses, ids and small figures are what logs are read for."""
    assert redacted(f"at {kept} precisely") == f"at {kept} precisely"


SECRETS = [
    f"hub_live_{SECRET}",
    f"Authorization: Bearer {SECRET}",
    f"Authorization: Basic {SECRET}",
    f"redis://:{SECRET}@127.0.0.1:6379/0",
    f"postgresql+psycopg://hub:{SECRET}@db/hub",
    f"postgresql+psycopg://hub:a/b@{SECRET}@db/hub",
    f"https://user:{SECRET}@carrier.example/submit",
    f"https://carrier.example/submit?user=me&password={SECRET}",
    f"https://carrier.example/submit?token={SECRET}&to=1",
    f"{{'password': '{SECRET}'}}",
    f'{{"token": "{SECRET}"}}',
    f"Settings(password='{SECRET}', port=1)",
    f"cookie: {SECRET}",
]


@pytest.mark.parametrize("said", SECRETS)
def test_a_secret_is_hidden(stream: io.StringIO, said: str) -> None:
    """In our logs and in the libraries'."""
    structlog.get_logger("a_plugin").info("asked", how=said)
    logging.getLogger("a_library").warning(said)
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize("key", ["text", "body", "password", "token", "Authorization", "parts", "raw"])
def test_a_field_that_holds_what_is_nobodys_business_is_hidden(stream: io.StringIO, key: str) -> None:
    """Whatever it holds, and however deep."""
    structlog.get_logger("a_plugin").info("asked", **{key: BODY})
    structlog.get_logger("a_plugin").info("asked", request={"json": [{key: BODY}]})
    logging.getLogger("a_library").warning("asked %s", {key: BODY})
    assert BODY not in stream.getvalue()


def test_a_message_that_is_logged_whole_shows_neither_text_nor_number(stream: io.StringIO) -> None:
    """Nor do several, in a list."""
    message = OutgoingMessage("c-0", CANARY, "HUB", BODY, "GSM-7", (BODY,), Purpose.ALERT)
    structlog.get_logger("a_plugin").info("sent", message=message, messages=[message])
    logging.getLogger("a_library").warning("sent %r", message)
    assert (BODY in stream.getvalue(), CANARY in stream.getvalue()) == (False, False)


class _Request(BaseModel):
    text: int


def _sql() -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text("SELECT * FROM nothing WHERE t = :t AND n = :n"), {"t": BODY, "n": CANARY})


def _pydantic() -> None:
    _Request.model_validate({"text": BODY})


def _row() -> None:
    raise ValueError(f"null value violates a constraint\nDETAIL:  Failing row contains (1, {BODY}, {CANARY}).")


def _plain() -> None:
    raise ValueError(f"{CANARY} is not served: text={BODY!r}, token={SECRET!r}")


@pytest.mark.parametrize("fails", [_sql, _pydantic, _row, _plain])
def test_an_exception_shows_neither_text_nor_number(stream: io.StringIO, fails: Callable[[], None]) -> None:
    """Neither in its message nor in its cause, and its traceback shows no local names."""
    try:
        try:
            fails()
        except (SQLAlchemyError, ValidationError, ValueError) as error:
            raise RuntimeError("stumbled") from error
    except RuntimeError as error:
        structlog.get_logger("a_plugin").exception("failed", error=error)
        logging.getLogger("a_library").exception("failed")
    written = stream.getvalue()
    assert "stumbled" in written
    assert [canary for canary in (BODY, CANARY, SECRET) if canary in written] == []


TEXTS = [BODY, "L'analyse est positive,\nvenez \u00e0 l'h\u00f4pital lundi", '100 % s\u00fbr\\ "oui" d\u00e8s demain']
SPOKEN = ("rendez-vous", "positive", "lundi", "demain")


@pytest.mark.parametrize("words", TEXTS)
@pytest.mark.parametrize("quote", [repr, ascii, json.dumps, urllib.parse.quote, urllib.parse.quote_plus, str.strip])
def test_a_text_in_hand_is_left_out_however_it_is_quoted(
    stream: io.StringIO, words: str, quote: Callable[[str], str]
) -> None:
    """In an event, in an argument and in an error, until the block ends."""
    quoted = quote(words)
    with hiding(lambda: (one for one in TEXTS)):
        structlog.get_logger("a_plugin").info("sent", answer=f"500: {quoted}")
        error = OSError(f"no: {quoted}")
        logging.getLogger("a_library").error("failed over %s", quoted, exc_info=error)
    assert [word for word in SPOKEN if word in stream.getvalue()] == []


def test_a_text_no_longer_in_hand_is_no_secret_form(stream: io.StringIO) -> None:
    """What is hidden is hidden by who holds it, for as long as they do."""
    with hiding(lambda: ["a phrase of some length"]), hiding(lambda: ["another phrase"]):
        structlog.get_logger("a_plugin").info("said", words="a phrase of some length, another phrase")
    structlog.get_logger("a_plugin").info("said", words="another phrase")
    first, second = stream.getvalue().splitlines()
    assert ("phrase" in first, "another phrase" in second) == (False, True)


def line_of(texts: list[str], **fields: Any) -> dict[str, Any]:
    """What `redact` makes of an event while texts are in hand."""
    with hiding(lambda: texts):
        return dict(redact(None, "", fields))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timestamp", "2026-11-25T02:22:22.222222Z"),
        ("level", "warning"),
        ("event", "decision_failed"),
        ("logger", "hub.plugin_manager"),
        ("plugin", "a_plugin"),
        ("campaign", "01JCXYZ4S7QK3V9T2M8N5P6R1H"),
        ("message", "01JCXYZ4S7QK3V9T2M8N5P6R1H-222"),
        ("route", "/api/v1/campaigns"),
        ("count", 222),
    ],
)
def test_a_text_in_hand_spoils_nothing_of_the_hubs_own(name: str, value: object) -> None:
    """Whoever sends "2" or "warning" would choose what an operator can read."""
    texts = ["2", "02", "222", "warning", "decision_failed", "hub.plugin_manager", "a_plugin", "campaigns", str(value)]
    assert line_of(texts, **{name: value}) == {name: value}


def test_a_field_of_the_hubs_own_that_quotes_is_no_exception() -> None:
    """A plugin may put anything under any name."""
    assert line_of([BODY], event=BODY, plugin=BODY, account=[BODY]) == {
        "event": "***",
        "plugin": "***",
        "account": ["***"],
    }


def test_the_event_of_a_library_may_quote() -> None:
    """Though it looks like a name."""
    assert line_of(["tres_positive"], event="tres_positive", _record=None)["event"] == "***"


def test_texts_are_asked_for_once_however_much_is_logged() -> None:
    """A line must not cost what a campaign costs."""
    asked = []

    def texts() -> list[str]:
        asked.append(True)
        return [BODY]

    with hiding(texts):
        for _ in range(3):
            redact(None, "", {"event": f"no: {BODY}", "error": BODY, "detail": BODY})
    assert len(asked) == 1


def test_a_number_that_is_a_figure_is_shortened_too(stream: io.StringIO) -> None:
    """Small figures stay figures."""
    structlog.get_logger("a_plugin").info("sent", to=33639981742, also=33639981742.0, count=1500, took_s=12.345678)
    written = stream.getvalue()
    assert (HIDDEN_MIDDLE in written, "1500" in written, "12.345678" in written) == (False, True, True)


def test_a_warning_is_a_log_line_without_numbers(stream: io.StringIO) -> None:
    """Python's own warnings go through the same sieve."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(f"{CANARY} is old", UserWarning, stacklevel=1)
    assert ("is old" in stream.getvalue(), CANARY in stream.getvalue()) == (True, False)


def test_what_nobody_catches_is_a_log_line_without_numbers(stream: io.StringIO) -> None:
    """In the main thread, and in another."""

    def crash() -> None:
        raise ValueError(f"{CANARY} is odd")

    thread = threading.Thread(target=crash)
    thread.start()
    thread.join()
    try:
        crash()
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    assert (stream.getvalue().count("crashed"), CANARY in stream.getvalue()) == (2, False)


def test_json_lines_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """One object a line, with its level and its time, exceptions included."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging("info", "json")
    structlog.get_logger("a_plugin").info("sent", count=3, at={"a": (1, None)})
    try:
        _plain()
    except ValueError:
        logging.getLogger("a_library").exception("failed")
    lines: list[dict[str, Any]] = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["event"], line["level"], "timestamp" in line) for line in lines] == [
        ("sent", "info", True),
        ("failed", "error", True),
    ]


@pytest.mark.parametrize(("level", "heard"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_the_level_is_that_of_the_settings(monkeypatch: pytest.MonkeyPatch, level: str, heard: int) -> None:
    """For our logs and for the libraries'."""
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    configure_logging(level, "json")
    ours, theirs = structlog.get_logger(f"ours_{level}"), logging.getLogger("a_library")
    for name in ("debug", "info", "warning", "error"):
        getattr(ours, name)("said")
        getattr(theirs, name)("said")
    assert len(written.getvalue().splitlines()) == 2 * heard
