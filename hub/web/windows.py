"""Counts within the last minute: in Redis, where every web process shares them, and in memory while it is away.

A Redis that hangs costs one request a tenth of a second, and is then left alone for a while.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import structlog
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import ConnectionPool, RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

    from limits import RateLimitItem

REDIS_WITHIN_S = 0.1
AWAY_S = 15.0
"""How long a Redis that did not answer is not asked again."""
_PREFIX = "hub:limits"

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass
class Windows:
    """Sliding windows. `redis_url` may be None; `now` is a monotonic clock, in seconds."""

    redis_url: str | None = None
    now: Callable[[], float] = time.monotonic
    _own: SlidingWindowCounterRateLimiter = field(
        default_factory=lambda: SlidingWindowCounterRateLimiter(MemoryStorage()), init=False
    )
    _shared: SlidingWindowCounterRateLimiter | None = field(default=None, init=False)
    _away_until: float = field(default=0.0, init=False)
    _away: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        if self.redis_url is not None:
            self._shared = SlidingWindowCounterRateLimiter(_redis_storage(self.redis_url))

    def hit(self, item: RateLimitItem, *names: str) -> bool:
        """Count one; False, and not counted, where the limit is reached."""
        return self._ask(lambda windows: windows.hit(item, *names))

    def test(self, item: RateLimitItem, *names: str) -> bool:
        """Whether one more would be counted."""
        return self._ask(lambda windows: windows.test(item, *names))

    def wait_s(self, item: RateLimitItem, *names: str) -> float:
        """Seconds after which there is room again."""
        resets_at = self._ask(lambda windows: windows.get_window_stats(item, *names).reset_time)
        return max(1.0, resets_at - time.time())

    def _ask(self, question: Callable[[SlidingWindowCounterRateLimiter], T]) -> T:
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

    def _without_redis(self, question: Callable[[SlidingWindowCounterRateLimiter], T], error: Exception) -> T:
        self._away_until = self.now() + AWAY_S
        if not self._away:
            log.warning("redis_away", error=str(error), meanwhile="limits are counted per process")
        self._away = True
        return question(self._own)


def _redis_storage(url: str) -> RedisStorage:
    pool = ConnectionPool.from_url(url, socket_timeout=REDIS_WITHIN_S, socket_connect_timeout=REDIS_WITHIN_S)
    return RedisStorage("redis://", connection_pool=pool, key_prefix=_PREFIX)
