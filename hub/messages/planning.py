"""Decide what each message of a campaign will be, before anything is stored: pure, from values to values.

What depends only on the country (who may sign, how to opt out, when the window opens, which routes fit) is
decided once per country; what is left per recipient is a number, a text, the codes of its links and a look into a few
sets.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zlib import crc32

from hub.compliance.model import OptOut, OutsideWindow, Purpose, Violation
from hub.compliance.optout import append_mention, mention_for
from hub.compliance.senders import sender_violation
from hub.compliance.window import next_opening
from hub.contacts.model import SuppressionKind
from hub.links.model import Slot
from hub.messages.spreading import Ways, spread
from hub.messages.widths import LONGEST_RECIPIENT
from hub.sms.encoding import offending, prepare
from hub.sms.merge import compile_text
from hub.sms.model import EncodingMode, NumberRefusal, PhoneNumber, PreparedText
from hub.sms.zones import zones_of
from hub.store.storable import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from hub.compliance.model import CountryPolicy
    from hub.compliance.policies import PolicyBook
    from hub.messages.limits import Limits
    from hub.messages.routing import Route


@dataclass(frozen=True, slots=True)
class Candidate:
    """A recipient after parsing: where it stood in the request, what was typed, which number that is."""

    position: int
    given: str
    number: PhoneNumber | NumberRefusal
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a whole campaign is planned on: what was asked, the law, the operator's figures, the time.

    `countries` are those that the account may text, None for all that the hub does. `account`
    is what it goes by in the routes' lists, `draws_on` the account that pays what it lacks, `wellness` how well routes
    are (0 to 1; 1 where it is not said), `repeat_digest` what a campaign that repeats it has too, `links` where the
    `<-short->` of its text lead.
    """

    account_id: int
    campaign_id: str
    source: str
    purpose: Purpose
    text: str
    sender: str | None
    wanted_at: datetime
    outside_window: OutsideWindow
    encoding: EncodingMode
    field_names: frozenset[str]
    policies: PolicyBook
    routes: Sequence[Route]
    limits: Limits
    countries: frozenset[str] | None = None
    account: frozenset[str] = frozenset()
    draws_on: int | None = None
    wellness: Mapping[str, float] = field(default_factory=dict)
    repeat_digest: str | None = None
    require_consent: bool = False
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountryPlan:
    """What all messages to a country have in common, or why none may go there."""

    country: str
    violation: Violation | None = None
    sender: str | None = None
    mention: str | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    deferred: bool = False
    ways: Ways | None = None
    note: str | None = None
    has_link: bool = False


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message as it will be stored: on its way (`violation` is None), or blocked and why."""

    position: int
    recipient: str
    country: str | None
    violation: Violation | None
    sender: str | None = None
    prepared: PreparedText | None = None
    due_at: datetime | None = None
    expires_at: datetime | None = None
    deferred: bool = False
    routes: tuple[str, ...] = ()
    links: tuple[Slot, ...] = ()

    @property
    def segments(self) -> int:
        """How many segments will be billed; 0 when blocked."""
        return self.prepared.segmentation.segments if self.prepared and not self.violation else 0


_SUPPRESSED = {
    SuppressionKind.OPT_OUT: Violation("opted_out", "This person asked not to be texted any more."),
    SuppressionKind.UNALLOCATED: Violation("unallocated", "This number belongs to nobody: earlier texts came back."),
}
NO_CONSENT = Violation(
    "no_consent", "This person's consent is not in the register, or was withdrawn; POST /api/v1/consents records one."
)


@dataclass
class Planner:
    """Plans the messages of one campaign. Countries and texts met before are not worked out again.

    `draw` makes the code of a link; without it texts have samples of links, which are as long.
    """

    terms: Terms
    draw: Callable[[int], str] | None = None

    def __post_init__(self) -> None:
        self._words = self.terms.limits.links.worded(self.terms.text) if self.terms.links else self.terms.text
        self._template = compile_text(self._words, self.terms.field_names)
        self._seed = crc32(self.terms.campaign_id.encode())  # or campaigns to one person would all take one way
        self._countries: dict[str, CountryPlan] = {}
        self._texts: dict[tuple[str, str | None], PreparedText | Violation] = {}

    @property
    def countries(self) -> Collection[CountryPlan]:
        """What was decided for each country met so far."""
        return self._countries.values()

    def plan(self, candidate: Candidate, suppressed: Mapping[str, SuppressionKind]) -> PlannedMessage:
        """Decide about one recipient."""
        number = candidate.number
        if isinstance(number, NumberRefusal):
            return _refused_number(candidate, number)
        country = self._country(number)
        violation = country.violation or _SUPPRESSED.get(suppressed.get(number.e164))  # type: ignore[arg-type]  # None is no key
        if violation:
            return PlannedMessage(candidate.position, number.e164, _known_country(number.region), violation)
        prepared = self._text(candidate.fields, country.mention)
        if isinstance(prepared, Violation):
            return PlannedMessage(candidate.position, number.e164, country.country, prepared)
        links = self._links(prepared.text, country)
        if links:
            prepared = self.terms.limits.links.filled(prepared, links)
        return PlannedMessage(
            candidate.position,
            number.e164,
            country.country,
            None,
            country.sender,
            prepared,
            country.due_at,
            country.expires_at,
            country.deferred,
            country.ways.at(candidate.position + self._seed) if country.ways else (),
            links,
        )

    def _links(self, text: str, country: CountryPlan) -> tuple[Slot, ...]:
        """The links of one message, each with a code of its own."""
        if self.draw is None or not (self.terms.links or country.has_link):
            return ()
        shape = self.terms.limits.links
        places = shape.places_in(text, len(self.terms.links))
        return tuple(Slot(place, self.draw(shape.length)) for place in places)

    def _country(self, number: PhoneNumber) -> CountryPlan:
        known = self._countries.get(number.region)
        if known is None:
            policy = self.terms.policies.get(number.region)
            known = plan_country(self.terms, number.region, policy, zones_of(number.e164) if policy else ())
            if policy and policy.timezones:  # where zones come from the number, the next one may lie elsewhere
                self._countries[number.region] = known
        return known

    def _text(self, fields: Mapping[str, str], mention: str | None) -> PreparedText | Violation:
        rendered = self._template.render(fields) if self.terms.field_names else self._words
        known = self._texts.get((rendered, mention))
        if known is None:
            known = self._prepare(rendered, mention)
            if len(self._texts) < _TEXTS_KEPT:
                self._texts[rendered, mention] = known
        return known

    def _prepare(self, rendered: str, mention: str | None) -> PreparedText | Violation:
        if not rendered.strip():
            return Violation("empty_text", "There is no text left for this recipient: its fields are empty.")
        limits = self.terms.limits
        text = append_mention(rendered, mention) if mention else rendered
        prepared = prepare(text, self.terms.encoding, smart=limits.smart)
        segments = prepared.segmentation.segments
        if segments > limits.max_segments:
            return Violation(
                "too_many_segments",
                f"The text takes {segments} segments in {prepared.segmentation.alphabet}; the most is "
                f"{limits.max_segments}. {_how_to_shorten(prepared)}",
            )
        return prepared


_TEXTS_KEPT = 1000


def _how_to_shorten(prepared: PreparedText) -> str:
    """The remedy for a text of too many segments: the character that makes it dear, where one does."""
    dear = offending(prepared.text)
    return f"Shorten it, or do without {dear[0]} (U+{ord(dear[0]):04X})." if dear else "Shorten it."


def _refused_number(candidate: Candidate, refused: NumberRefusal) -> PlannedMessage:
    country = _known_country(refused.number.region) if refused.number else None
    violation = Violation(refused.reason, refused.message)
    return PlannedMessage(candidate.position, storable(candidate.given, LONGEST_RECIPIENT), country, violation)


def _known_country(region: str) -> str | None:
    return region if len(region) == len("FR") else None  # 001 is the world: satellites, premium services


_NOT_BY_THIS_HUB = (
    "This hub does not text numbers of {country}; its operator says which it does: [compliance] allowed_countries."
)


def plan_country(terms: Terms, country: str, policy: CountryPolicy | None, zones: Sequence[str]) -> CountryPlan:
    """What all messages to a country have in common: sender, mention, hours, routes - or why none may go."""
    limits = terms.limits
    if policy is None or (limits.allowed_countries and country not in limits.allowed_countries):
        return _refused(country, "country_not_allowed", _NOT_BY_THIS_HUB.format(country=country))
    if terms.countries is not None and country not in terms.countries:
        message = (
            f"This account may not text numbers of {policy.label}; the operator of the hub can change that with "
            f"`hub account countries ACCOUNT --add {country}`."
        )
        return _refused(country, "country_not_allowed", message)
    sender, custom, note, violation = choose_sender(terms, policy)
    routes = [route for route in terms.routes if route.takes(country, terms.purpose, terms.account, sender)]
    if not routes and not violation:
        signed = f" signed {sender}" if any(route.senders for route in terms.routes) and sender else ""
        return _refused(country, "no_route", f"No route takes {terms.purpose} texts to {country}{signed}.")
    if violation:
        return CountryPlan(country, violation)
    plan = CountryPlan(
        country,
        sender=sender,
        mention=None,
        due_at=terms.wanted_at,
        expires_at=terms.wanted_at + limits.alert_lifetime,
        ways=spread(routes, terms.wellness),
        note=note,
    )
    if terms.purpose is Purpose.MARKETING:
        plan = _in_the_window(terms, policy, zones, plan)
    if plan.violation or (terms.purpose is Purpose.ALERT and not policy.alert_optout_required):
        return plan
    return _with_a_way_out(terms, policy, plan, custom_sender=custom)


def choose_sender(terms: Terms, policy: CountryPolicy) -> tuple[str | None, bool, str | None, Violation | None]:
    """Who signs texts to a country: (sender, whether it is the business's own, a note, why not).

    A sender that the country does not let through gives way to the country's default one, and a note says so.
    """
    default = terms.limits.short_codes.get(policy.code, terms.limits.default_sender)
    wanted = terms.sender or default
    if wanted is None or (wanted == default and _takes_answers(wanted)):
        return default, False, None, None
    violation = sender_violation(
        policy,
        wanted,
        denylist=terms.policies.defaults.sender_denylist,
        registered=terms.limits.registered,
    )
    if violation is None:
        return wanted, True, None, None
    if default is None or not _takes_answers(default):
        return None, False, None, violation
    note = f"{policy.code}: texts are signed {default} instead of {terms.sender}. {violation.message}"
    return default, False, note, None


def _takes_answers(sender: str) -> bool:
    """Whether a person can answer STOP to it: a number can be answered, a name cannot."""
    return sender.removeprefix("+").isdecimal()


def _in_the_window(terms: Terms, policy: CountryPolicy, zones: Sequence[str], plan: CountryPlan) -> CountryPlan:
    limits, country = terms.limits, policy.code
    if not policy.marketing.enabled:
        return _refused(
            country, "marketing_disabled", f"Marketing texts to {policy.label} are switched off on this hub."
        )
    opening = next_opening(policy, terms.wanted_at, zones=zones or None, close_margin=limits.close_margin)
    if opening is None or opening - terms.wanted_at > limits.max_defer:
        hours = int(limits.max_defer.total_seconds() // 3600)
        message = f"No lawful hour for marketing to {policy.label} in the next {hours} hours."
        return _refused(country, "deferral_too_long", message)
    deferred = opening > terms.wanted_at
    if deferred and terms.outside_window is OutsideWindow.REJECT:
        message = (
            f"Marketing to {policy.label} may not leave now; the next lawful time is {opening:%Y-%m-%d %H:%M} UTC."
        )
        return _refused(country, "outside_window", message)
    return replace(plan, due_at=opening, expires_at=terms.wanted_at + limits.max_defer, deferred=deferred)


def _with_a_way_out(terms: Terms, policy: CountryPolicy, plan: CountryPlan, *, custom_sender: bool) -> CountryPlan:
    code = terms.limits.short_codes.get(policy.code)
    answer = mention_for(
        policy,
        custom_sender=custom_sender,
        shortcode=code if code and _takes_answers(code) else None,
        template=terms.limits.mention,
        link=terms.limits.links.opt_out,
    )
    if answer.violation:
        return CountryPlan(policy.code, answer.violation)
    return replace(plan, mention=answer.text, has_link=answer.way is OptOut.LINK)


def _refused(country: str, code: str, message: str) -> CountryPlan:
    return CountryPlan(country, Violation(code, message))
