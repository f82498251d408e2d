"""Logs without people in them: whatever is logged passes `redact` on its way out.

Numbers and secrets are known by their form. Texts have none: who has them in hand says so (`hiding`), for a library's
error quotes what it was given.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import structlog

from hub.sms.shorten import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping

_CHATTY = ("alembic", "mail.log", "rq", "_granian")

_HIDDEN = "text|body|parts|password|passwd|token|secret|authorization|cookie|api_key|raw"
_NEVER = frozenset(_HIDDEN.split("|"))

_NUMBER = re.compile(
    r"""
    (?P<kept> \d{4}-\d\d-\d\d (?:[T ]\d\d:\d\d (?: :\d\d (?:[.,]\d+)? )? )? (?!\d)    # a date
      | (?<![\d.]) \d{1,3} (?:\.\d{1,3}){3} (?![\d.]*\d) )                          # an address on the network
  | (?<!\d) (?:\+|%2[Bb])? \d                                                      # eight digits or more
    (?: (?: %20 | [\s./\u2010-\u2015\u00ad-] | [ \u00a0]?\( | \)[ \u00a0]? )? \d ){7,}
    """,
    re.VERBOSE,
)
_LIKE_A_NUMBER = 10**8
_URL_LOGIN = re.compile(r"(?<=://)[^\s'\"<>]*(?=@)")
_TOKEN = re.compile(r"hub_live_[\w-]+|(?<=\bBearer )[^\s'\",]+|(?<=\bBasic )[\w+/=-]{6,}")
_NAMED = re.compile(
    rf"""
    (?P<name>['"]?\b(?:{_HIDDEN})['"]?\s*[=:]\s*)
    (?:b?'(?:[^'\\]|\\.)*' | b?"(?:[^"\\]|\\.)*" | \((?:[^()\\]|\\.)*\) | [^\s,;&)}}\]]+)
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_PHRASE = re.compile(r"[\w .-]{6,}", re.ASCII)
"""What stands unchanged in every way of quoting a text: six plain characters or more in a row."""
_QUOTED_INPUT = (
    re.compile(r"(?<=\[parameters: ).*?(?=\]\s*(?:\n|$))", re.DOTALL),  # SQLAlchemy
    re.compile(r"(?<=input_value=).*?(?=, input_type=)", re.DOTALL),  # pydantic
    re.compile(r"(?<=Failing row contains ).*"),  # PostgreSQL
)


_in_hand: ContextVar[tuple[Callable[[], Iterable[str]], ...]] = ContextVar("in_hand", default=())


@contextmanager
def hiding(texts: Callable[[], Iterable[str]]) -> Iterator[None]:
    """Leave texts out of whatever this thread logs while the block lasts, however an error quotes them.

    `texts` is asked only when something is logged.
    """
    kept = _in_hand.set((*_in_hand.get(), texts))
    try:
        yield
    finally:
        _in_hand.reset(kept)


def configure_logging(level: str, form: str) -> None:
    """Send every log, ours and the libraries', to standard error: lines for people, or JSON for machines.

    Warnings and uncaught exceptions go the same way.
    """
    as_lines = form == "console" or (form == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer = structlog.dev.ConsoleRenderer(colors=as_lines) if as_lines else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Shorten phone numbers, hide secrets, and leave texts out, in whatever is about to be logged."""
    for name, value in event.items():
        if not name.startswith("_"):  # what structlog keeps for itself
            event[name] = "***" if name.lower() in _NEVER else _redacted_value(value)
    return event


def redacted(text: str) -> str:
    """The text with phone numbers shortened, and with secrets and quoted texts hidden."""
    for written in _quotations():
        text = text.replace(written, "***")
    for quoted in _QUOTED_INPUT:
        text = quoted.sub("***", text)
    text = _TOKEN.sub("***", _URL_LOGIN.sub("***", text))
    text = _NAMED.sub(lambda found: f"{found['name']}***", text)
    return _NUMBER.sub(lambda found: found["kept"] or shorten(found[0]), text)


def _quotations() -> list[str]:
    """Every way in which the texts in hand may stand in a line, whole ones before their phrases."""
    if not (sources := _in_hand.get()):
        return []
    texts = {text for source in sources for text in source() if text.strip()}
    whole = {form for text in texts for form in (text, repr(text)[1:-1], json.dumps(text)[1:-1])}
    phrases = {phrase.strip() for text in texts for phrase in _PHRASE.findall(text)}
    quoted = {phrase.replace(" ", space) for phrase in phrases for space in (" ", "+", "%20")}
    return sorted(whole | quoted - {""}, key=len, reverse=True)


def _redacted_value(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): "***" if str(key).lower() in _NEVER else _redacted_value(it) for key, it in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted_value(item) for item in value]
    if isinstance(value, (int, float)):
        return shorten(str(value)) if abs(value) >= _LIKE_A_NUMBER else value
    return redacted(value if isinstance(value, str) else repr(value))


def _log_crash(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("hub").critical("crashed", exc_info=(kind, error, trace))


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is not None and not isinstance(crash.exc_value, SystemExit):
        _log_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)
