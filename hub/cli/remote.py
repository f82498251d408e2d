"""A hub far away, over its REST API: the client's answers and refusals as the command line says them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from hub.client import Client, ClientError, Patience, Problem
from hub.errors import Fault, HubError, RequestRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = Patience(tries=3, pause_s=0.3, longest_pause_s=5.0)
"""Somebody sits in front of it."""


@contextmanager
def far_away(url: str, token: str | None) -> Iterator[Client]:
    """A hub at a URL. Raises RequestRefused for its no, and HubError for anything else that goes wrong."""
    try:
        with Client(url, token, PATIENCE) as client:
            yield client
    except Problem as problem:
        faults = [Fault(one.field, one.code, one.message) for one in problem.faults]
        raise RequestRefused(str(problem), faults=faults, code=problem.code) from problem
    except ClientError as error:
        raise HubError(str(error)) from error
