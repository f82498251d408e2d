"""Mail is handed to a relay: every mail once, over few connections, and what is refused is tried again in time."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hub.config.sections import SmtpSection
from hub.mailing import postman as postman_module
from hub.mailing import relay as relay_module
from hub.mailing.model import MailState
from hub.mailing.postman import LEASE, Postman
from hub.switches import Way
from hub.testing.relay import HANG_UP, Relay

from .conftest import put

if TYPE_CHECKING:
    from hub.mailing.model import MailView
    from hub.testing.hub import TestHub
    from tests.conftest import HubMaker

TLS = Path(__file__).parents[2] / "plugins" / "hub_mail_to_sms" / "tls"
EVERY = tuple(MailState)
BUSY = "451 4.7.1 Greylisted, come back"
NOBODY = "550 5.1.1 No such user"


def views(hub: TestHub) -> list[MailView]:
    """Every mail, the oldest first."""
    return list(reversed(hub.core.mails.all(states=EVERY)))


def states(hub: TestHub) -> list[str]:
    """The state of every mail, the oldest first."""
    return [one.state for one in views(hub)]


def with_a_relay(hub: TestHub, relay: Relay) -> Postman:
    """The hub's postman, once somebody has named a relay."""
    section = SmtpSection(host="localhost", port=relay.port, security="none")
    return replace(hub.core.postman, relay=relay_module.Relay(section))


def certificate() -> ssl.SSLContext:
    """The context of a server that is called localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "test_only.crt", TLS / "test_only.key")
    return context


@pytest.fixture
def hub(make: HubMaker, relay: Relay) -> TestHub:
    """A hub with a relay."""
    return make(settings={**relay.environ(), "HUB_HUB_MAIL_DOMAIN": "sms.example.org"})


def test_what_waits_is_sent(hub: TestHub, relay: Relay) -> None:
    """To whom it is for, as it was written."""
    put(hub, "1", body="Oui, à demain !\n")
    assert hub.core.postman.send_due() == 1
    (mail,) = relay.mails
    assert (mail.to, mail.message["To"], mail.text) == (
        ("accueil@salon.example",),
        "accueil@salon.example",
        "Oui, à demain !\n",
    )


def test_a_sent_mail_is_not_sent_again(hub: TestHub, relay: Relay) -> None:
    """However often somebody looks."""
    put(hub)
    hub.core.postman.send_due()
    assert (hub.core.postman.send_due(), hub.core.postman.has_due(), len(relay.mails)) == (0, False, 1)


def test_mails_share_a_connection(hub: TestHub, relay: Relay) -> None:
    """Thirty of them need two: a batch each."""
    put(hub, *map(str, range(30)))
    assert (hub.core.postman.send_due(), relay.connections) == (30, 2)


def test_a_notice_is_from_the_hub_itself(hub: TestHub, relay: Relay) -> None:
    """In the header and on the envelope."""
    put(hub)
    hub.core.postman.send_due()
    assert (relay.mails[0].sender, relay.mails[0].message["From"]) == ("hub@sms.example.org",) * 2


def test_a_persons_mail_is_from_their_number_and_fails_to_the_hub(hub: TestHub, relay: Relay) -> None:
    """A person's phone takes no bounce."""
    put(hub, person="+33612345678", sender="36180", from_name="+33 6 12 34 56 78")
    hub.core.postman.send_due()
    (mail,) = relay.mails
    assert mail.message["From"].addresses[0].addr_spec == "33612345678@sms.example.org"
    assert mail.sender == "hub@sms.example.org"


def test_a_persons_mail_is_answered_to_an_address_that_proves_itself(hub: TestHub, relay: Relay) -> None:
    """The hub knows it again."""
    put(hub, person="+33612345678", sender="36180")
    hub.core.postman.send_due()
    local_part = relay.mails[0].message["Reply-To"].addresses[0].username
    known = hub.core.conversation(local_part)
    assert known is not None
    assert (known.account_id, known.number, known.sender) == (hub.account.id, "+33612345678", "36180")


def test_a_mail_that_is_put_off_is_tried_again_in_a_while(hub: TestHub, relay: Relay) -> None:
    """Greylisting asks for that."""
    relay.will_say("RCPT", BUSY)
    put(hub)
    hub.core.postman.send_due()
    assert (states(hub), hub.core.postman.has_due(), views(hub)[0].fault) == (["waiting"], False, BUSY)
    hub.clock.advance(timedelta(minutes=1))
    assert (hub.core.postman.send_due(), states(hub)) == (1, ["sent"])


def test_every_try_has_the_same_name(hub: TestHub, relay: Relay) -> None:
    """A mail that came twice after all can be told."""
    relay.will_say("DATA", HANG_UP)
    put(hub)
    hub.core.postman.send_due()
    hub.clock.advance(timedelta(minutes=1))
    hub.core.postman.send_due()
    assert list(relay.times.values()) == [2]


def test_a_recipient_that_is_refused_for_good_is_not_tried_again(hub: TestHub, relay: Relay) -> None:
    """Why is kept; the mail beside it goes."""
    relay.will_say("RCPT", NOBODY)
    put(hub, "1", "2")
    assert hub.core.postman.send_due() == 1
    assert [(one.state, one.fault) for one in views(hub)] == [("failed", NOBODY), ("sent", None)]


def test_a_mail_that_is_refused_for_what_it_says_is_not_tried_again(hub: TestHub, relay: Relay) -> None:
    """It would say the same."""
    relay.will_say("DATA", "554 5.6.0 Refused")
    put(hub)
    hub.core.postman.send_due()
    assert states(hub) == ["failed"]


def test_a_sender_that_is_refused_is_tried_again(hub: TestHub, relay: Relay) -> None:
    """That is a matter of set-up, which somebody may mend."""
    relay.will_say("MAIL", "553 5.7.1 Not your address")
    put(hub)
    hub.core.postman.send_due()
    assert states(hub) == ["waiting"]


def test_a_connection_that_breaks_keeps_no_other_mail_waiting(hub: TestHub, relay: Relay) -> None:
    """The rest goes over the next one."""
    relay.will_say("DATA", HANG_UP)
    put(hub, "1", "2", "3")
    assert (hub.core.postman.send_due(), states(hub), relay.connections) == (2, ["waiting", "sent", "sent"], 2)


def test_a_relay_that_closes_is_called_again(hub: TestHub, relay: Relay) -> None:
    """421 ends the connection, not the mail."""
    relay.will_say("RCPT", "421 4.3.2 Shutting down")
    put(hub, "1", "2")
    assert (hub.core.postman.send_due(), states(hub)) == (1, ["waiting", "sent"])


def test_a_relay_that_is_away_costs_a_try(make: HubMaker) -> None:
    """Its mail waits, and says why."""
    with Relay() as gone:
        environ = gone.environ()
    hub = make(settings=environ)
    put(hub, "1", "2")
    assert (hub.core.postman.send_due(), states(hub)) == (0, ["waiting", "waiting"])
    assert all(one.tries == 1 and one.fault and one.fault.startswith("localhost:") for one in views(hub))


def test_after_two_days_a_mail_is_given_up(make: HubMaker) -> None:
    """With the last fault beside it."""
    with Relay() as gone:
        environ = gone.environ()
    hub = make(settings=environ)
    put(hub)
    for _ in range(20):
        hub.core.postman.send_due()
        hub.clock.advance(timedelta(hours=12))
    assert (states(hub), views(hub)[0].tries) == (["failed"], 13)


def test_without_a_relay_mail_waits(make: HubMaker) -> None:
    """Nothing is due, and nothing is lost."""
    hub = make()
    put(hub)
    assert (hub.core.postman.has_due(), hub.core.postman.send_due(), states(hub)) == (False, 0, ["waiting"])


def test_what_waited_for_a_relay_is_sent_once_there_is_one(make: HubMaker, relay: Relay) -> None:
    """Days later."""
    without = make()
    put(without)
    without.clock.advance(timedelta(days=6))
    assert with_a_relay(without, relay).send_due() == 1


def test_what_waited_for_a_week_is_not_sent(make: HubMaker, relay: Relay) -> None:
    """Old news would surprise people."""
    without = make()
    put(without)
    without.clock.advance(timedelta(days=8))
    postman = with_a_relay(without, relay)
    assert (postman.has_due(), postman.send_due(), relay.mails) == (False, 0, [])


def test_mail_waits_while_what_goes_out_is_paused(hub: TestHub, relay: Relay) -> None:
    """A hub out of a backup may have sent it before."""
    put(hub)
    hub.core.switches.pause([Way.OUT])
    assert (hub.core.postman.has_due(), hub.core.postman.send_due(), relay.mails) == (False, 0, [])


def test_a_mail_in_hand_is_nobody_elses(hub: TestHub, relay: Relay) -> None:
    """Until its lease has run out."""
    put(hub)
    hub.core.postman._claim()
    assert hub.core.postman.send_due() == 0
    hub.clock.advance(LEASE)
    assert (hub.core.postman.send_due(), len(relay.mails)) == (1, 1)


def test_an_owner_whose_lease_ran_out_records_nothing(hub: TestHub, relay: Relay) -> None:
    """Another one has the mail."""
    put(hub)
    owner, rows = hub.core.postman._claim()
    hub.clock.advance(LEASE)
    hub.core.postman.send_due()
    hub.core.postman._record(owner, {rows[0].id: {"state": MailState.FAILED}})
    assert (states(hub), len(relay.mails)) == (["sent"], 1)


def test_a_worker_that_stops_gives_back_what_it_has_not_tried(hub: TestHub, relay: Relay) -> None:
    """No try is counted, and it is due at once."""
    put(hub, "1", "2", "3")
    asked = iter((False, False, False))
    hub.core.postman.send_due(lambda: next(asked, True))
    assert ([one.tries for one in views(hub)], len(relay.mails)) == ([1, 0, 0], 1)
    assert hub.core.postman.send_due() == 2


def test_a_slow_relay_keeps_no_mail_beyond_its_lease(
    hub: TestHub, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left when half of it is over goes back."""
    monkeypatch.setattr(postman_module, "STOP_SENDING_AFTER", timedelta(0))
    put(hub)
    owner, rows = hub.core.postman._claim()
    assert (hub.core.postman._send_all(owner, rows, lambda: False), relay.mails) == (0, [])
    assert hub.core.postman.has_due()


def test_a_mail_that_kills_every_worker_is_given_up(hub: TestHub, relay: Relay) -> None:
    """It does not take the others with it for ever."""
    put(hub)
    for _ in range(13):
        hub.core.postman._claim()
        hub.clock.advance(LEASE)
    hub.core.postman.send_due()
    assert (states(hub), relay.mails) == (["failed"], [])


def test_a_mail_that_cannot_be_written_fails_alone(hub: TestHub) -> None:
    """With the reason; the one behind it goes."""
    put(hub, "1", to="no address")
    put(hub, "2")
    assert (hub.core.postman.send_due(), states(hub)) == (1, ["failed", "sent"])


def test_an_address_beyond_ascii_goes_where_the_relay_takes_it(hub: TestHub, relay: Relay) -> None:
    """By SMTPUTF8."""
    put(hub, to="zoé@salon.example")
    hub.core.postman.send_due()
    assert relay.mails[0].to == ("zoé@salon.example",)


def test_an_address_beyond_ascii_fails_where_the_relay_does_not(make: HubMaker) -> None:
    """And it says so."""
    with Relay(smtputf8=False) as relay:
        hub = make(settings=relay.environ())
        put(hub, to="zoé@salon.example")
        hub.core.postman.send_due()
    assert "SMTPUTF8" in (views(hub)[0].fault or "")


def test_it_signs_in_over_starttls(make: HubMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """After it has looked at the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "test_only.crt"))
    with Relay(login=("hub", "geheim"), starttls=certificate()) as relay:
        hub = make(settings=relay.environ())
        put(hub)
        assert (hub.core.postman.send_due(), len(relay.mails)) == (1, 1), views(hub)


def test_it_speaks_tls_from_the_first_byte(make: HubMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """As port 465 wants it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "test_only.crt"))
    with Relay(tls=certificate()) as relay:
        hub = make(settings=relay.environ())
        put(hub)
        assert (hub.core.postman.send_due(), len(relay.mails)) == (1, 1), views(hub)


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(make: HubMaker) -> None:
    """Somebody may stand in between."""
    with Relay(starttls=certificate()) as relay:
        hub = make(settings=relay.environ())
        put(hub)
        hub.core.postman.send_due()
        assert relay.mails == []
    assert "certificate" in (views(hub)[0].fault or "").lower()


def test_a_wrong_password_is_said_and_tried_again(make: HubMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the password in what is said."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "test_only.crt"))
    with Relay(login=("hub", "geheim"), starttls=certificate()) as relay:
        hub = make(settings=relay.environ(password="falsch-und-lang"))
        put(hub)
        hub.core.postman.send_due()
    (one,) = views(hub)
    assert (one.state, "535" in (one.fault or ""), "falsch" in (one.fault or "")) == ("waiting", True, False)


def test_a_password_is_masked_wherever_settings_are_shown(make: HubMaker) -> None:
    """In the settings' own form."""
    hub = make(settings={"HUB_SMTP_PASSWORD": "geheim"})
    assert "geheim" not in repr(hub.core.settings)
