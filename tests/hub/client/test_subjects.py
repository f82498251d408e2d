"""Every subject of the client on a hub that serves: what is asked for comes back as values."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest

from hub.client import Agreement, Changed, InConflict, Missing, NotPaid, Person, Refused, StillBusy, To
from hub.messages.model import DeliveryReceipt, ReceiptState
from hub.testing.connector import carrier_id_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hub.client import Client
    from hub.testing.hub import TestHub

NINA, EVE = "+33612345678", "eve@salon.example"
PASSWORD = "quatre mots bien longs"
NOTICE = "J'accepte de recevoir les offres du salon par SMS."


def work(hub: TestHub) -> None:
    """A background worker works off what waits."""
    while hub.core.import_work.work_next():
        pass


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], Path]:
    """Write a file; its path."""

    def write(text: str) -> Path:
        path = tmp_path / "clients.csv"
        path.write_text(text, "utf-8")
        return path

    return write


def rows(path: Path) -> list[list[str]]:
    """The lines of a CSV file of the hub's."""
    return list(csv.reader(path.read_text("utf-8-sig").splitlines(), delimiter=";"))


# --- imports ---


def test_a_file_is_uploaded_read_and_stored(client: Client, hub: TestHub, file: Callable[[str], Path]) -> None:
    """From its path; nothing is on the list before it is started."""
    kept = client.lists.create("Clients")
    sent = client.imports.upload(kept.id, file("mobile;prenom\n0612345678;Nina\n0142685300;Bureau\n"))
    work(hub)
    ready = client.imports.wait(sent.id)
    assert (sent.filename, ready.state, client.lists.get(kept.id).size) == ("clients.csv", "ready", 0)
    assert ready.tally is not None
    assert ready.shape is not None
    assert (ready.tally.new, ready.tally.landline, ready.shape.number_column) == (1, 1, 1)
    assert ready.samples["landline"][0].given == "0142685300"
    client.imports.start(sent.id)
    work(hub)
    assert (client.imports.wait(sent.id).added, client.lists.contact(kept.id, NINA).fields) == (1, {"prenom": "Nina"})
    assert [one.id for one in client.imports.all()] == [sent.id]


def test_what_was_guessed_wrongly_is_said(client: Client, hub: TestHub, file: Callable[[str], Path]) -> None:
    """And the report of the lines becomes a file."""
    path = file("Nina,0612345678\nEve,0142685300\n")
    sent = client.imports.upload(client.lists.create("Clients").id, path)
    work(hub)
    client.imports.read_as(sent.id, header=False, columns=["prenom", None], number_column=2)
    work(hub)
    shape = client.imports.wait(sent.id).shape
    assert shape is not None
    assert (shape.header, shape.columns) == (False, ("prenom", None))
    saved = client.imports.save_report(sent.id, path.parent / "report.csv")
    assert [row[:2] for row in rows(saved)[1:]] == [["2", "0142685300"]]
    assert client.imports.cancel(sent.id).state == "cancelled"


def test_who_waits_too_long_is_told(client: Client, file: Callable[[str], Path]) -> None:
    """Nobody works here; the import goes on existing."""
    sent = client.imports.upload(client.lists.create("Clients").id, file("0612345678\n"))
    client.wire.sleep = lambda _: None
    with pytest.raises(StillBusy, match="still reading"):
        client.imports.wait(sent.id, longest_s=2)


def test_a_file_that_is_not_there_is_not_sent(client: Client, tmp_path: Path) -> None:
    """The error is that of the machine."""
    with pytest.raises(FileNotFoundError):
        client.imports.upload(client.lists.create("Clients").id, tmp_path / "none.csv")


# --- lists and segments ---


def test_a_segment_is_counted_saved_and_read(client: Client) -> None:
    """Of a list, by a rule."""
    kept = client.lists.rename(client.lists.create("Clients").id, "Tous")
    client.lists.bring(kept.id, [Person(NINA, fields={"ville": "Lyon"}), Person("+33612345679")])
    rule = {"field": "ville", "op": "is", "value": "Lyon"}
    saved = client.segments.create(kept.id, "Lyon", rule)
    assert (client.segments.count_rule(kept.id, rule), client.segments.count(saved.id)) == (1, 1)
    assert client.segments.get(saved.id) == saved == next(client.segments.all())
    assert (saved.rule, [one.number for one in client.segments.contacts(saved.id)]) == (rule, [NINA])
    client.segments.delete(saved.id)
    with pytest.raises(Missing):
        client.segments.get(saved.id)


# --- who may be texted ---


def test_consents_are_registered_listed_and_withdrawn(client: Client, hub: TestHub, tmp_path: Path) -> None:
    """The same again changes nothing."""
    agreed = Agreement("06 12 34 56 78", NOTICE, hub.clock.now() - timedelta(days=1), "website", ip="192.0.2.7")
    added = [client.consents.register([agreed]).added for _ in range(2)]
    (found,) = client.consents.all(source="website", in_force=True)
    assert (added, found.number, found.notice, found.ip) == ([1, 0], NINA, NOTICE, "192.0.2.7")
    assert rows(client.consents.save(tmp_path / "register.csv"))[1][1] == NOTICE
    assert client.consents.withdraw([NINA]) == 1
    assert [one.withdrawn_at is None for one in client.consents.all(number=NINA)] == [False]


def test_a_file_of_consents_is_registered(client: Client, file: Callable[[str], Path]) -> None:
    """Lines that cannot be read are named."""
    text = f"number;notice;given_at;source\n0612345678;{NOTICE};2026-01-04T09:30:00+01:00;till\nx;y;z;t\n"
    taken = client.consents.upload(file(text))
    assert (taken.lines, taken.added, [one.line for one in taken.faults]) == (2, 1, [3])


def test_suppressions_are_added_looked_up_and_saved(client: Client, tmp_path: Path) -> None:
    """With a reason of one's own."""
    added = client.suppressions.add(["06 12 34 56 78"], reason="Par téléphone")
    assert (added.added, client.suppressions.add([NINA]).already) == (1, 1)
    assert [one.kind for one in client.suppressions.of(NINA)] == ["opt_out"]
    assert client.suppressions.of("+33612345679") == ()
    assert list(client.suppressions.all(until=datetime(2020, 1, 1, tzinfo=UTC))) == []
    assert len(rows(client.suppressions.save(tmp_path / "all.csv"))) == 2


def test_a_file_of_numbers_is_suppressed(client: Client, file: Callable[[str], Path]) -> None:
    """Of the kind that is said."""
    taken = client.suppressions.upload(file("numero\n0612345678\n123\n"), kind="opt_out", reason="Liste noire")
    assert (taken.added, taken.refused, taken.faults[0].given) == (1, 1, "123")
    assert [one.number for one in client.suppressions.all(kinds=["opt_out"])] == [NINA]


# --- campaigns, templates, test texts ---


def test_a_campaign_is_followed_to_its_report(client: Client, hub: TestHub, tmp_path: Path) -> None:
    """By country, and as a file."""
    hub.core.accounts.add_credits(hub.account.id, 1)
    sent = client.campaigns.send("Bonjour #name#", [To(NINA, {"name": "Nina"})], purpose="alert")
    hub.drain()
    hub.core.settler.receipts("carrier", [DeliveryReceipt(carrier_id_of(sent.messages[0].id), ReceiptState.DELIVERED)])
    told = client.campaigns.report(sent.id)
    assert (told.received, told.frozen, [one.country for one in told.countries]) == (1, None, ["FR"])
    assert [(one.id, one.source) for one in client.campaigns.all()] == [(sent.id, "api")]
    assert list(client.campaigns.replies(sent.id)) == []
    assert NINA in client.campaigns.save_messages(sent.id, tmp_path / "messages.csv").read_text("utf-8-sig")


def test_a_campaign_leaves_at_another_time(client: Client, hub: TestHub) -> None:
    """As long as it has not left; a later edit by an old look is refused."""
    first, then = (hub.clock.now() + timedelta(hours=hours) for hours in (2, 5))
    sent = client.campaigns.send("Bonjour", [NINA], purpose="alert", send_at=first)
    assert client.campaigns.reschedule(sent.id, then).send_at == then
    client.campaigns.cancel(sent.id)
    with pytest.raises(InConflict):
        client.campaigns.reschedule(sent.id, first)


def test_a_simulation_says_what_sending_would_cost(client: Client) -> None:
    """And stores nothing."""
    found = client.campaigns.simulate("Bonjour", [NINA], purpose="alert")
    assert (found.credits, found.suffices, list(client.campaigns.all())) == (1, True, [])


def test_a_template_is_made_changed_shown_and_deleted(client: Client) -> None:
    """What is not named stays."""
    made = client.templates.create("Rendez-vous", "Bonjour #prenom#", purpose="alert")
    changed = client.templates.change(made.id, text="Bonsoir #prenom#")
    assert (made.fields, changed.text, changed.purpose) == (("prenom",), "Bonsoir #prenom#", "alert")
    assert client.templates.change(made.id, purpose=None).purpose is None
    shown = client.templates.preview(made.id, prenom="Nina")
    assert (shown.text, shown.segments, [one.id for one in client.templates.all()]) == ("Bonsoir Nina", 1, [made.id])
    client.templates.delete(made.id)
    with pytest.raises(Missing):
        client.templates.get(made.id)


def test_test_texts_go_to_the_number_that_was_proved(client: Client, hub: TestHub) -> None:
    """By the code that it was sent."""
    asked = client.trials.ask("06 12 34 56 78")
    hub.drain()
    code = re.search(r"\d{6}", hub.carrier.taken[-1].text)
    assert code
    proved = client.trials.confirm(code[0])
    assert (asked.number, asked.asked, proved.number) == (None, NINA, NINA)
    assert (client.trials.send("Bonjour").to, client.trials.number().number) == (NINA, NINA)


# --- webhooks ---


def test_a_webhook_is_made_tried_changed_and_deleted(client: Client) -> None:
    """Its secret is shown when it is made, and in no text of the value."""
    made = client.webhooks.create("https://salon.example/hook", ["balance.low"])
    assert made.secret.startswith("whsec_")
    assert made.secret not in repr(made)
    event = client.webhooks.test(made.id)
    client.webhooks.replay(made.id, event)
    assert client.webhooks.rotate(made.id).secret != made.secret
    assert client.webhooks.change(made.id, types=["message.settled"], state="disabled").types == ("message.settled",)
    assert (client.webhooks.get(made.id).state, list(client.webhooks.attempts(made.id))) == ("disabled", [])
    client.webhooks.delete(made.id)
    assert client.webhooks.all() == []


# --- billing ---


def test_an_order_is_made_once_and_called_off(client: Client) -> None:
    """By its reference; another order of that reference is refused."""
    made, again = (client.billing.order(5000, "BC-17", price="245.00", currency="EUR") for _ in range(2))
    assert (made.id, made.state, made.price) == (again.id, "open", "245.00")
    with pytest.raises(InConflict) as refused:
        client.billing.order(6000, "BC-17")
    assert refused.value.code == "reference_taken"
    assert [one.id for one in client.billing.orders(state="open")] == [made.id]
    assert client.billing.cancel_order(made.id).state == client.billing.get_order(made.id).state == "cancelled"


def test_a_month_is_read_and_kept_on_paper(client: Client, hub: TestHub, tmp_path: Path) -> None:
    """Once it is over."""
    month = hub.clock.now().strftime("%Y-%m")
    with pytest.raises(Refused):
        client.billing.statement(month)
    hub.clock.advance(days=40)
    hub.core.counting.count_entries()
    told = client.billing.statement(month)
    assert (told.month, told.closing) == (month, 1000)
    assert client.billing.save_statement(month, tmp_path / "month.pdf").read_bytes()[:5] == b"%PDF-"
    assert [path.name for path in tmp_path.glob("month*")] == ["month.pdf"]


def test_what_was_used_is_told_apart(client: Client, hub: TestHub) -> None:
    """By country here."""
    client.campaigns.send("Bonjour", [NINA], purpose="alert")
    hub.drain()
    hub.core.counting.count_entries()
    today = hub.clock.now().date()
    (used,) = client.billing.consumption(today, today, by=["country"])
    assert (used.country, used.texts, used.day) == ("FR", 1, None)


def test_the_balance_alert_is_set(client: Client) -> None:
    """And forgotten."""
    kept = client.billing.set_alert(200, emails=["compta@salon.example"], phone="06 12 34 56 78")
    assert (kept.threshold, kept.emails, kept.phone, kept.armed) == (200, ("compta@salon.example",), NINA, True)
    assert client.billing.set_alert(None).threshold is client.billing.alert().threshold is None


# --- access ---


def test_people_are_let_in_and_out(client: Client) -> None:
    """With a role."""
    owner = client.users.create("nina@salon.example", PASSWORD, "owner")
    eve = client.users.create(EVE, PASSWORD, "viewer")
    assert [one.email for one in client.users.all()] == [owner.email, EVE]
    assert client.users.set_role(eve.id, "sender").role == client.users.get(eve.id).role == "sender"
    client.users.reset_password(eve.id, f"{PASSWORD} encore")
    client.users.remove(eve.id)
    with pytest.raises(InConflict) as refused:
        client.users.remove(owner.id)
    assert refused.value.code == "last_owner"


def test_codes_of_a_telephone_are_set_up_and_taken_away(client: Client, hub: TestHub) -> None:
    """On a code that the app shows."""
    eve = client.users.create(EVE, PASSWORD, "owner")
    app = pyotp.TOTP(client.users.begin_totp(eve.id, PASSWORD).secret)
    recovery = client.users.confirm_totp(eve.id, app.at(hub.clock.now()))
    assert client.users.get(eve.id).has_totp
    client.users.remove_totp(eve.id, PASSWORD, recovery[0])
    assert not client.users.get(eve.id).has_totp


def test_a_sub_account_is_opened_given_credits_and_acted_for(client: Client) -> None:
    """A transfer happens once, by its key."""
    lyon = client.sub_accounts.create("Salon Exemple, Lyon", credits_=10)
    for _ in range(2):
        left = client.sub_accounts.transfer(lyon.id, 5, key="monday")
    assert left.available == 15
    with client.acting_for(lyon.id) as there:
        assert (there.account.get().name, there.account.get().balance.available) == ("Salon Exemple, Lyon", 15)
    assert client.sub_accounts.reset(lyon.id) == 15
    assert client.sub_accounts.change(lyon.id, locked=True).locked
    assert [one.locked for one in client.sub_accounts.all()] == [client.sub_accounts.get(lyon.id).locked] == [True]


def test_a_transfer_of_more_than_there_is_is_refused(client: Client) -> None:
    """As too dear."""
    lyon = client.sub_accounts.create("Salon Exemple, Lyon")
    with pytest.raises(NotPaid):
        client.sub_accounts.transfer(lyon.id, 5000)


def test_a_token_ends_and_is_for_some_networks(client: Client, hub: TestHub) -> None:
    """As it was asked for."""
    end = hub.clock.now().replace(microsecond=0) + timedelta(days=9)
    made = client.tokens.create("caisse", scope="send", expires_at=end, networks=["192.0.2.0/24"])
    assert (made.expires_at, made.networks, made.scope) == (end, ("192.0.2.0/24",), "send")


# --- the wire ---


def test_a_page_is_asked_for_when_it_is_needed(client: Client) -> None:
    """A list longer than a page comes whole, each once."""
    kept = client.lists.create("Clients")
    numbers = [f"+3361234{place:04}" for place in range(1005)]
    for begin in (0, 1000):
        client.lists.bring(kept.id, [Person(one) for one in numbers[begin : begin + 1000]])
    assert [one.number for one in client.lists.contacts(kept.id)] == numbers


def test_an_edit_between_the_look_and_the_change_is_refused(client: Client) -> None:
    """Each edit sends the tag of its look."""
    made = client.templates.create("A", "Bonjour")
    call = client.wire.call

    def quicker(method: str, path: str, **wishes: object) -> object:
        found = call(method, path, **wishes)  # type: ignore[arg-type]  # handed on as they come
        if method == "GET":
            call("PATCH", path, body={"text": "Bonsoir"})
        return found

    object.__setattr__(client.wire, "call", quicker)
    with pytest.raises(Changed):
        client.templates.change(made.id, text="Salut")


def test_a_file_that_cannot_be_had_leaves_nothing(client: Client, tmp_path: Path) -> None:
    """Neither whole nor in part."""
    with pytest.raises(Missing):
        client.imports.save_report(99, tmp_path / "report.csv")
    assert list(tmp_path.glob("report*")) == []


def test_a_refused_rule_says_where(client: Client) -> None:
    """With the page of the problem."""
    kept = client.lists.create("Clients")
    with pytest.raises(Refused) as refused:
        client.segments.count_rule(kept.id, {"field": "ville", "op": "is"})
    assert refused.value.faults
    assert "/problems/" in refused.value.type
