"""Counts within the last minute: in Redis, where every web process shares them, and in memory while it is away.

A Redis that hangs costs one request a tenth of a second, and is then left alone for a while.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import ceil, floor
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar, cast

import structlog
from limits.storage import MemoryStorage, RedisStorage
from redis import ConnectionPool, RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

    from limits import RateLimitItem

REDIS_WITHIN_S = 0.1
AWAY_S = 15.0
"""How long a Redis that did not answer is not asked again."""
_PREFIX = "hub:limits"
_TAKE = b"""
local expiry = tonumber(ARGV[2]) * 1000
local current_ttl = redis.call('pttl', KEYS[2])
if current_ttl > 0 and current_ttl < expiry then
    redis.call('rename', KEYS[2], KEYS[1])
    redis.call('set', KEYS[2], 0, 'PX', current_ttl + expiry)
end
local previous = tonumber(redis.call('get', KEYS[1])) or 0
local previous_ttl = math.max(0, redis.call('pttl', KEYS[1]))
local current = tonumber(redis.call('get', KEYS[2])) or 0
local counted = 0
if math.floor(previous * previous_ttl / expiry) + current < tonumber(ARGV[1]) then
    counted = 1
    current = current + 1
    if redis.call('exists', KEYS[2]) == 1 then
        redis.call('incr', KEYS[2])
    else
        redis.call('set', KEYS[2], 1, 'PX', expiry * 2)
    end
end
return {counted, previous, previous_ttl, current, math.max(0, redis.call('pttl', KEYS[2]))}
"""
"""Counts one as the script of `limits` does, on its keys; but says what stands there, which spares a round trip."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Room:
    """What a limit leaves: whether the request was counted, how many more are, and seconds until it opens again.

    Of a request that was not counted, `reset_s` is how long to wait; else it is the rest of the running window.
    """

    counted: bool
    limit: int
    remaining: int
    reset_s: int


class Counts(NamedTuple):
    """Two windows that follow each other: how many each counted, and the seconds until it no longer matters."""

    previous: int
    previous_s: float
    current: int
    current_s: float


def room_of(counts: Counts, limit: int, window_s: int, *, counted: bool = True) -> Room:
    """What a sliding window leaves: the part of the previous one that still reaches into it counts as well."""
    used = floor(counts.previous * counts.previous_s / window_s) + counts.current
    remaining = max(0, limit - used)
    rest_s = counts.current_s % window_s or window_s
    seconds = rest_s if counted else _wait_s(counts, limit, window_s, rest_s)
    return Room(counted, limit, remaining, min(window_s, max(1, ceil(seconds))))


def _wait_s(counts: Counts, limit: int, window_s: int, rest_s: float) -> float:
    """Seconds until one more fits: until enough of the previous window has slid out, or the current one begins to."""
    if counts.current < limit and counts.previous:
        return counts.previous_s - window_s * (limit - counts.current) / counts.previous
    return rest_s


class _Taking(Protocol):
    """What counts one and says what stands there."""

    def take(self, key: str, limit: int, window_s: int) -> tuple[bool, Counts]: ...

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]: ...


class _Memory(MemoryStorage):
    def take(self, key: str, limit: int, window_s: int) -> tuple[bool, Counts]:
        counted = self.acquire_sliding_window_entry(key, limit, window_s)
        return counted, Counts(*self.get_sliding_window(key, window_s))


class _Redis(RedisStorage):
    def __init__(self, pool: ConnectionPool) -> None:
        super().__init__("redis://", connection_pool=pool, key_prefix=_PREFIX)
        self._take = self.get_connection().register_script(_TAKE)

    def take(self, key: str, limit: int, window_s: int) -> tuple[bool, Counts]:
        keys = [self.prefixed_key(name(key)) for name in (self._previous_window_key, self._current_window_key)]
        counted, previous, previous_ms, current, current_ms = cast("list[int]", self._take(keys, [limit, window_s]))
        return bool(counted), Counts(previous, previous_ms / 1000, current, current_ms / 1000)


@dataclass
class Windows:
    """Sliding windows. `redis_url` may be None; `now` is a monotonic clock, in seconds."""

    redis_url: str | None = None
    now: Callable[[], float] = time.monotonic
    _own: _Taking = field(default_factory=_Memory, init=False)
    _shared: _Taking | None = field(default=None, init=False)
    _away_until: float = field(default=0.0, init=False)
    _away: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        if self.redis_url is not None:
            self._shared = _redis_storage(self.redis_url)

    def take(self, item: RateLimitItem, *names: str) -> Room:
        """Count one, unless the limit is reached; in one round trip."""
        key, window_s = item.key_for(*names), item.get_expiry()
        counted, counts = self._ask(lambda storage: storage.take(key, item.amount, window_s))
        return room_of(counts, item.amount, window_s, counted=counted)

    def look(self, item: RateLimitItem, *names: str) -> Room:
        """What there is room for, without counting; `counted` says whether one more would be."""
        key, window_s = item.key_for(*names), item.get_expiry()
        counts = Counts(*self._ask(lambda storage: storage.get_sliding_window(key, window_s)))
        room = room_of(counts, item.amount, window_s)
        return room if room.remaining else room_of(counts, item.amount, window_s, counted=False)

    def _ask(self, question: Callable[[_Taking], T]) -> T:
        if self._shared is None or self.now() < self._away_until:
            return question(self._own)
        if self._away:
            self._away_until = self.now() + AWAY_S  # one request finds out whether it is back; the others do not wait
        try:
            answer = question(self._shared)
        except (RedisError, OSError) as error:
            return self._without_redis(question, error)
        self._away, self._away_until = False, 0.0
        return answer

    def _without_redis(self, question: Callable[[_Taking], T], error: Exception) -> T:
        self._away_until = self.now() + AWAY_S
        if not self._away:
            log.warning("redis_away", error=str(error), meanwhile="limits are counted per process")
        self._away = True
        return question(self._own)


def _redis_storage(url: str) -> _Redis:
    pool = ConnectionPool.from_url(url, socket_timeout=REDIS_WITHIN_S, socket_connect_timeout=REDIS_WITHIN_S)
    return _Redis(pool)
