"""The composition root: the one place where settings, store, rules, plugins and services are joined.

Each floor stands on the one before: `foundation.py`, `office.py`, `engine.py`, `core.py`. `building.py` puts a hub
together from hub.ini, `telling.py` is how its rooms reach the plugins.
"""

from hub.bootstrap.building import build, build_from, redis_url_of
from hub.bootstrap.core import Core

__all__ = ["Core", "build", "build_from", "redis_url_of"]
