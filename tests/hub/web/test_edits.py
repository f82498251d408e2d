"""Edits of what may have changed meanwhile: ETag, If-None-Match and If-Match (RFC 9110, 8.8.3 and 13)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from hub.testing.databases import KINDS

from .conftest import Caller

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from hub.testing.databases import Databases
    from hub.testing.hub import TestHub

PATH = "/api/v1/account/settings"


def patch(caller: Caller, tag: str, **body: Any) -> TestResponse:
    """Change settings as they were when they had this tag."""
    return caller.client.patch(PATH, json=body, headers=caller.bearer | {"If-Match": tag})


def tag_of(caller: Caller) -> str:
    """The tag of the settings as they stand."""
    return caller.get(PATH).headers["ETag"]


def test_the_tag_changes_with_what_it_is_of(caller: Caller) -> None:
    """It is a strong one, the same as long as nothing changes, and the edit's answer has the next."""
    first, again = tag_of(caller), tag_of(caller)
    edited = patch(caller, "*", language="fr")
    assert first == again
    assert not first.startswith("W/")
    assert first != edited.headers["ETag"] == tag_of(caller)


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_it_already_is_not_sent_it_again(caller: Caller, form: str) -> None:
    """304 without a body, also by a weak tag, one of several, or any."""
    tag = tag_of(caller)
    answer = caller.client.get(PATH, headers=caller.bearer | {"If-None-Match": form.format(tag)})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)


@pytest.mark.parametrize("form", ["{}", '"other", {}', "*"])
def test_an_edit_of_what_stands_there_is_carried_out(caller: Caller, form: str) -> None:
    """By its tag, by one of several, or by any."""
    answer = patch(caller, form.format(tag_of(caller)), language="fr")
    assert (answer.status_code, answer.get_json()["language"]) == (200, "fr")


@pytest.mark.parametrize("form", ['"other"', "W/{}"])
def test_an_edit_of_something_else_changes_nothing(caller: Caller, form: str) -> None:
    """412, for another tag and for a weak one, which If-Match does not take."""
    answer = patch(caller, form.format(tag_of(caller)), language="fr")
    assert (answer.status_code, answer.get_json()["code"]) == (412, "changed_meanwhile")
    assert caller.get(PATH).get_json()["language"] is None


def test_an_edit_without_a_tag_is_carried_out(caller: Caller) -> None:
    """Who does not ask is not protected."""
    answer = caller.client.patch(PATH, json={"language": "fr"}, headers=caller.bearer)
    assert answer.status_code == 200


class TestTwoAtOnce:
    """On both databases."""

    @pytest.fixture(params=KINDS)
    def database_url(self, request: pytest.FixtureRequest, databases: Databases) -> str:
        """A fresh database of either kind."""
        return databases.fresh(request.param)

    def test_of_edits_with_one_tag_one_is_carried_out(self, hub: TestHub) -> None:
        """And what it wrote is what stands there: the others hear 412, and none is lost unawares."""
        caller = Caller(hub)
        tag, start = tag_of(caller), Barrier(4)

        def edit(name: str) -> tuple[str, int]:
            own = Caller(hub)
            start.wait()
            return name, patch(own, tag, identity=name).status_code

        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(edit, ("Nina", "Zoé", "Léa", "Anne")))
        (winner,) = [name for name, status in found if status == 200]
        assert sorted(status for _, status in found) == [200, 412, 412, 412]
        assert caller.get(PATH).get_json()["identity"] == winner
