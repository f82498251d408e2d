"""Logs without people in them: whatever is logged passes `redact` on its way out.

Numbers and secrets are known by their form. Texts have none: who has them in hand says so (`hiding`), for a library's
error quotes what it was given. They are looked for where something may be quoted, and not in what the hub itself says.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import structlog

from hub.quoting import HIDDEN, Texts
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
_QUOTED_INPUT = (
    re.compile(r"(?<=\[parameters: ).*?(?=\]\s*(?:\n|$))", re.DOTALL),  # SQLAlchemy
    re.compile(r"(?<=input_value=).*?(?=, input_type=)", re.DOTALL),  # pydantic
    re.compile(r"(?<=Failing row contains ).*"),  # PostgreSQL
)
_EVENT = re.compile(r"request|[a-z]+(?:_[a-z]+)+")
"""What the hub and its plugins call an event; a library's is a sentence that may quote anything."""
_NAMES = (
    "account|campaign|connector|duty|function|hook|job|level|logger|method|plugin|process|queue|request_id|ring|route"
)
_OURS = frozenset((*_NAMES.split("|"), "timestamp"))
"""Fields that hold a name, an id or a time of the hub's own, where they look like one."""
_LIKE_A_NAME = re.compile(r"[\w.:/<>+-]{1,100}")
_LIKE_AN_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}(?:-\d+)?")

_in_hand: ContextVar[tuple[Texts, ...]] = ContextVar("in_hand", default=())


@contextmanager
def hiding(texts: Callable[[], Iterable[str]]) -> Iterator[None]:
    """Leave texts out of whatever this thread logs while the block lasts, however an error quotes them.

    `texts` is asked only when something is logged, and once.
    """
    kept = _in_hand.set((*_in_hand.get(), Texts(texts)))
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
        if name.startswith("_"):  # what structlog keeps for itself
            continue
        clean = _without_secrets if _is_ours(name, value, event) else redacted
        event[name] = HIDDEN if name.lower() in _NEVER else _redacted_value(value, clean)
    return event


def redacted(text: str) -> str:
    """The text with phone numbers shortened, and with secrets and quoted texts hidden."""
    for texts in _in_hand.get():
        text = texts.left_out(text)
    return _without_secrets(text)


def _without_secrets(text: str) -> str:
    for quoted in _QUOTED_INPUT:
        text = quoted.sub(HIDDEN, text)
    text = _TOKEN.sub(HIDDEN, _URL_LOGIN.sub(HIDDEN, text))
    text = _NAMED.sub(lambda found: f"{found['name']}{HIDDEN}", text)
    return _NUMBER.sub(lambda found: found["kept"] or shorten(found[0]), text)


def _is_ours(name: str, value: Any, event: Mapping[str, Any]) -> bool:
    """Whether a field quotes nothing; `_record` tells the events of libraries."""
    if not isinstance(value, str):
        return False
    if name == "event":
        return "_record" not in event and _EVENT.fullmatch(value) is not None
    return bool(_LIKE_AN_ID.fullmatch(value) or (name in _OURS and _LIKE_A_NAME.fullmatch(value)))


def _redacted_value(value: Any, clean: Callable[[str], str]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return {
            str(key): HIDDEN if str(key).lower() in _NEVER else _redacted_value(it, clean) for key, it in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_redacted_value(item, clean) for item in value]
    if isinstance(value, (int, float)):
        return shorten(str(value)) if abs(value) >= _LIKE_A_NUMBER else value
    return clean(value if isinstance(value, str) else repr(value))


def _log_crash(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("hub").critical("crashed", exc_info=(kind, error, trace))


def _log_thread_crash(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is not None and not isinstance(crash.exc_value, SystemExit):
        _log_crash(crash.exc_type, crash.exc_value, crash.exc_traceback)
