"""Templates: texts under a name, used by campaigns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.hub.web.conftest import Caller

TEMPLATES = "/api/v1/templates"
WORDING = {"name": "Rendez-vous", "text": "Bonjour #prenom#, à demain [info1].", "purpose": "alert"}


def make_one(caller: Caller, **changes: Any) -> TestResponse:
    """Make a template."""
    return caller.client.post(TEMPLATES, json=WORDING | changes, headers=caller.bearer)


def edit(caller: Caller, template_id: str, tag: str | None = None, **changes: Any) -> TestResponse:
    """Edit one, perhaps only where it is what was read."""
    headers = caller.bearer | ({"If-Match": tag} if tag else {})
    return caller.client.patch(f"{TEMPLATES}/{template_id}", json=changes, headers=headers)


def test_what_is_made_can_be_looked_at_where_it_says(caller: Caller) -> None:
    """With the fields that its recipients are to bring."""
    made = make_one(caller)
    found = caller.get(made.headers["Location"]).get_json()
    assert made.status_code == 201
    assert found == made.get_json()
    assert found["fields"] == ["prenom", "info1"]


def test_a_name_is_given_once(caller: Caller) -> None:
    """A second template of it is refused, made or renamed."""
    make_one(caller)
    other = make_one(caller, name="Autre").get_json()["id"]
    assert (make_one(caller).status_code, edit(caller, other, name="Rendez-vous").status_code) == (409, 409)
    assert make_one(caller).get_json()["code"] == "name_taken"


def test_an_edit_changes_what_it_names_and_nothing_else(caller: Caller) -> None:
    """And null forgets what may be missing."""
    one = make_one(caller, sender="Salon").get_json()
    changed = edit(caller, one["id"], text="Bonsoir", sender=None).get_json()
    assert (changed["text"], changed["sender"], changed["name"], changed["purpose"]) == (
        "Bonsoir",
        None,
        "Rendez-vous",
        "alert",
    )


def test_an_edit_of_what_was_changed_meanwhile_is_refused(caller: Caller) -> None:
    """Its ETag is that of an older wording; so is a deletion."""
    one = make_one(caller).get_json()["id"]
    tag = caller.get(f"{TEMPLATES}/{one}").headers["ETag"]
    assert edit(caller, one, tag, text="Bonsoir").status_code == 200
    assert edit(caller, one, tag, text="Bonne nuit").status_code == 412
    gone = caller.client.delete(f"{TEMPLATES}/{one}", headers=caller.bearer | {"If-Match": tag})
    assert gone.status_code == 412


def test_what_was_taken_away_is_not_found(caller: Caller) -> None:
    """Like what never was."""
    one = make_one(caller).get_json()["id"]
    assert caller.client.delete(f"{TEMPLATES}/{one}", headers=caller.bearer).status_code == 204
    assert caller.get(f"{TEMPLATES}/{one}").status_code == 404


def test_templates_of_others_are_not_found(caller: Caller) -> None:
    """Neither looked at, nor used, nor listed."""
    one = make_one(caller).get_json()["id"]
    _, token = caller.hub.core.accounts.create("Autre", "FR", credits_=10)
    caller.hub.token = token.secret
    assert caller.get(f"{TEMPLATES}/{one}").status_code == 404
    assert caller.get(TEMPLATES).get_json() == {"items": [], "next": None}
    used = caller.client.post(
        "/api/v1/campaigns", json={"template": one, "recipients": ["0612345678"]}, headers=caller.bearer
    )
    assert (used.status_code, used.get_json()["code"]) == (422, "unknown_template")


def test_they_are_listed_page_by_page(caller: Caller) -> None:
    """Each once, in the order in which they were made."""
    names = [f"Texte {number}" for number in range(5)]
    for name in names:
        make_one(caller, name=name)
        caller.hub.clock.advance(seconds=1)
    page = caller.get(TEMPLATES, limit=2).get_json()
    found = [one["name"] for one in page["items"]]
    while page["next"]:
        page = caller.get(TEMPLATES, limit=2, cursor=page["next"]).get_json()
        found += [one["name"] for one in page["items"]]
    assert found == names


def test_a_preview_fills_the_fields_and_counts_segments(caller: Caller) -> None:
    """With the opt-out mention where one is due, and what was left empty."""
    one = make_one(caller, purpose="marketing", sender="SALON").get_json()["id"]
    body = {"fields": {"prenom": "Nina"}}
    shown = caller.client.post(f"{TEMPLATES}/{one}/preview", json=body, headers=caller.bearer).get_json()
    assert shown["text"].startswith("Bonjour Nina, à demain . - STOP au 36180")
    assert (shown["segments"], shown["missing"], shown["encoding"]) == (1, ["info1"], "GSM-7")


def test_a_campaign_says_what_its_template_says(caller: Caller) -> None:
    """Text and purpose; what the request names itself goes before."""
    one = make_one(caller).get_json()["id"]
    person = {"to": "0612345678", "fields": {"prenom": "Nina", "info1": "9 h"}}
    sent = caller.client.post(
        "/api/v1/campaigns", json={"template": one, "recipients": [person]}, headers=caller.bearer
    ).get_json()
    assert sent["messages"][0]["text"] == "Bonjour Nina, à demain 9 h."
    assert caller.get(f"/api/v1/campaigns/{sent['id']}").get_json()["purpose"] == "alert"


def test_without_a_text_and_without_a_template_nothing_can_be_said(caller: Caller) -> None:
    """The problem names the field."""
    asked = caller.client.post("/api/v1/campaigns", json={"recipients": ["0612345678"]}, headers=caller.bearer)
    assert (asked.status_code, asked.get_json()["errors"][0]["field"]) == (422, "text")


def test_a_wording_that_cannot_be_kept_is_refused(caller: Caller) -> None:
    """An empty text, a long name, a long text."""
    assert make_one(caller, text="  ").get_json()["errors"][0]["code"] == "empty_body"
    assert make_one(caller, name="x" * 65).status_code == 422
    assert make_one(caller, text="x" * 2001).get_json()["code"] == "too_long"
