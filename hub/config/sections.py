"""The core's own sections of hub.ini: each key with its type, its bounds, its default and its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from hub.config.addresses import (
    as_database_url,
    as_domain,
    as_domains,
    as_host,
    as_link_domain,
    as_mail_address,
    as_networks,
    as_public_url,
    as_redis_url,
)
from hub.config.schema import (
    AnyCase,
    Countries,
    Country,
    LocalPath,
    OptionalNumber,
    Section,
    SpacedText,
    TextList,
    split_list,
)
from hub.sms.model import EncodingMode

PurposeName = Annotated[Literal["marketing", "alert"], AnyCase]
"""A member of hub.compliance.model.Purpose by its value: the settings stand below the rooms that read them."""

SenderName = Annotated[str, Field(min_length=1, max_length=15)]
"""A sender as a carrier takes it at most: 15 digits or 11 letters; each country's own rule comes later."""


def as_mention(text: str) -> str:
    """Check a template whose one field is `{shortcode}`."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise ValueError("has a brace without its partner; write {shortcode} where the number belongs") from None
    if any(name is not None and (name, form, how) != ("shortcode", "", None) for _, name, form, how in parts):
        raise ValueError("has a field that nothing fills; write {shortcode} where the number belongs")
    if not text.strip():
        raise ValueError('says nothing; write it as in " - STOP au {shortcode}"')
    return text


def as_relay(host: str) -> str:
    """A host's name or address, or empty."""
    return as_host(host) if host else ""


def plugin_name(name: str) -> str:
    """A plugin's name as entry points have it: `Mail-to-SMS` is `mail_to_sms`."""
    return name.lower().replace("-", "_")


class HubSection(Section):
    """What holds everywhere: where the data lives, who is reached how, what the log looks like."""

    data_dir: LocalPath = Field(
        default=Path("data"),
        description="Folder of the database, keys and files; a relative path starts at the folder of this file.",
    )
    database_url: Annotated[str, AfterValidator(as_database_url)] = Field(
        default="",
        repr=False,
        description="Database: empty for SQLite (hub.db in data_dir), else sqlite:///... or postgresql+psycopg://...",
    )
    redis_url: Annotated[str, AfterValidator(as_redis_url)] = Field(
        default="",
        repr=False,
        description="Redis: empty for a private server, none to do without and poll, else redis://, rediss://, unix://",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key that secrets are sealed with; empty for secret.key in data_dir, made at the first start.",
    )
    public_url: Annotated[str, AfterValidator(as_public_url)] = Field(
        default="",
        description="Web address under which the public reaches the hub, as in https://sms.example.net.",
    )
    mail_domain: Annotated[str, AfterValidator(as_domain)] = Field(
        default="sms.localhost",
        description="Domain of the hub's mail addresses: mail from people's phones comes from it, answers go to it.",
    )
    region: Country = Field(
        default="FR", description="Country whose way of writing numbers is understood without a leading +."
    )
    log_format: Annotated[Literal["auto", "console", "json"], AnyCase] = Field(
        default="auto", description="Form of the log; auto is console on a terminal and json elsewhere."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], AnyCase] = Field(
        default="info", description="Least weight of what is logged."
    )
    timezone: ZoneInfo = Field(
        default=ZoneInfo("Europe/Paris"), description="Time zone of times that are written without one."
    )


class WebSection(Section):
    """The web process: the console, the API, short links."""

    host: Annotated[str, AfterValidator(as_host)] = Field(
        default="127.0.0.1", description="Address to listen on; 0.0.0.0 is every address of the machine."
    )
    port: int = Field(default=8080, ge=1, le=65535, description="Port to listen on.")
    threads: int = Field(default=12, ge=1, le=256, description="Requests that are worked on at once.")
    max_body_kb: int = Field(default=1024, ge=1, le=102400, description="Largest request that is read, in kilobytes.")
    requests_per_minute: int = Field(
        default=600, ge=1, le=1_000_000, description="Most API requests per minute and token; 429 says when to go on."
    )
    wrong_tokens_per_minute: int = Field(
        default=30, ge=1, le=1_000_000, description="Wrong tokens a minute after which an address must wait."
    )
    wrong_passwords_per_hour: int = Field(
        default=10, ge=1, le=1_000_000, description="Wrong passwords and codes an hour after which a person must wait."
    )
    proxies: int = Field(
        default=0,
        ge=0,
        le=8,
        description="Proxies in front of the hub, each of which adds the client's address to X-Forwarded-For.",
    )


class ContactsSection(Section):
    """Contact lists and the files that they are filled from."""

    max_import_mb: int = Field(default=50, ge=1, le=1024, description="Largest file of contacts, in megabytes.")
    max_import_lines: int = Field(default=2_000_000, ge=1, le=50_000_000, description="Most lines of such a file.")


class WorkersSection(Section):
    """How many worker processes `hub serve` runs on this machine."""

    dispatch: int = Field(default=1, ge=0, le=64, description="Processes that hand messages to carriers.")
    background: int = Field(default=1, ge=0, le=64, description="Processes that do everything else.")


class MessagesSection(Section):
    """How messages are written, cut, queued and given up on."""

    encoding: Annotated[EncodingMode, AnyCase] = Field(
        default=EncodingMode.AUTO,
        description="Alphabet of a text that asks for none: the cheapest that keeps every letter, or a fixed one.",
    )
    smart: bool = Field(
        default=True,
        description="Rewrite typographic marks where that keeps a text in the 7-bit alphabet, and report it.",
    )
    max_segments: int = Field(default=6, ge=1, le=255, description="Most segments that one message may cost.")
    inline_recipients: int = Field(
        default=2000, ge=0, le=100_000, description="Largest campaign that is expanded before it is answered."
    )
    chunk: int = Field(
        default=1000, ge=1, le=10_000, description="Recipients that a larger campaign expands in one transaction."
    )
    batch: int = Field(default=500, ge=1, le=5000, description="Messages that a worker claims at once.")
    lease_s: float = Field(
        default=60.0, ge=5, le=3600, description="Seconds after which a silent worker's messages go back."
    )
    no_receipt_hours: float = Field(
        default=48.0, ge=1, le=720, description="Hours after which a message without a receipt is closed."
    )
    default_purpose: PurposeName = Field(default="marketing", description="Purpose of a request that names none.")
    repeat_minutes: float = Field(
        default=10.0, ge=0, le=1440, description="Minutes in which the same campaign is refused once more; 0: never."
    )


class ComplianceSection(Section):
    """The law as this hub applies it, on top of the table of countries."""

    country_keys: ClassVar[str] = "profiles"

    outside_window: Annotated[Literal["defer", "reject"], AnyCase] = Field(
        default="defer", description="What becomes of marketing outside the lawful hours."
    )
    max_defer_hours: float = Field(
        default=96.0, gt=0, le=720, description="Longest wait for a lawful hour; what would wait longer is refused."
    )
    close_margin_s: float = Field(
        default=300.0, ge=0, le=7200, description="Seconds before the lawful hours end at which sending stops."
    )
    mention: Annotated[SpacedText, AfterValidator(as_mention)] = Field(
        default=" - STOP au {shortcode}",
        description="Opt-out mention put after a text; the double quotes keep the space it begins with.",
    )
    allowed_countries: Countries = Field(
        default=(), description="Countries that may be texted; empty for all that the table enables."
    )
    profiles: Mapping[Country, str] = Field(
        default_factory=dict,
        description="A country's code names the profile of rules that it follows, as in `FR = FR-af2m-2026`.",
    )


class SendersSection(Section):
    """Who a text is from when its author does not say."""

    country_keys: ClassVar[str] = "by_country"

    default: Annotated[str, Field(max_length=15)] = Field(
        default="", description="Sender in countries that have no line of their own; empty leaves it to the carrier."
    )
    registered: TextList = Field(default=(), description="Senders registered with the countries that ask for it.")
    by_country: Mapping[Country, SenderName] = Field(
        default_factory=dict,
        description="A country's code names its sender, as in `FR = 36180` or `BE = 8850`.",
    )


class GuardSection(Section):
    """What an account may do before a person looks at it: more is held for review, see `hub held`."""

    enabled: bool = Field(default=True, description="Watch for fraud and runaway spending.")
    recipient_per_hour: int = Field(
        default=5, ge=0, le=10_000, description="Most texts per hour from one account to one number; 0: no limit."
    )
    message_credits: int = Field(
        default=6, ge=0, le=255, description="Credits that one message may cost without review; 0: no limit."
    )
    day_credits: int = Field(
        default=10_000, ge=0, le=10**12, description="Credits per account and day that go without review; 0: no limit."
    )
    hour_credits: int = Field(
        default=5_000, ge=0, le=10**12, description="Credits per account and hour that go without review; 0: no limit."
    )
    abroad_day_credits: int = Field(
        default=1_000,
        ge=0,
        le=10**12,
        description="Credits per account, day and foreign country that go without review; 0: no limit.",
    )
    abroad_hour_credits: int = Field(
        default=200,
        ge=0,
        le=10**12,
        description="Credits per account, hour and foreign country that go without review; 0: no limit.",
    )
    low_balance: int = Field(
        default=0, ge=0, le=10**12, description="Credits that must be left, or it is held; 0: all may be used."
    )
    watched: int = Field(
        default=100,
        ge=0,
        le=10_000,
        description="Alerts to so many recipients or fewer are watched for rows of numbers; 0: none are.",
    )
    number_run: int = Field(
        default=5,
        ge=0,
        le=10,
        description="Numbers out of ten consecutive ones, within an hour, that are held; 0: any.",
    )
    prefix_per_hour: int = Field(
        default=50,
        ge=0,
        le=100_000,
        description="Most numbers per hour that share six digits, where they are a tenth of all; 0: no limit.",
    )
    jump_factor: float = Field(
        default=10.0, ge=0, le=10_000, description="Times the mean of seven days that raise the alarm; 0: none do."
    )
    jump_credits: int = Field(
        default=500, ge=0, le=10**12, description="Credits per day below which nothing raises that alarm."
    )


class SmtpSection(Section):
    """The relay that mail of the hub's own is handed to; without one it waits."""

    host: Annotated[str, AfterValidator(as_relay)] = Field(
        default="", description="Mail server that takes the hub's mail; empty: none, and mail waits for a week."
    )
    port: int = Field(default=587, ge=1, le=65535, description="Its port: 587 for starttls, 465 for tls, 25 for none.")
    security: Annotated[Literal["starttls", "tls", "none"], AnyCase] = Field(
        default="starttls",
        description="How the connection is kept private; the certificate is checked. none: it is not.",
    )
    user: str = Field(default="", description="Name to sign in with; empty to send without signing in.")
    password: SecretStr = Field(default=SecretStr(""), description="Password of that name.")
    from_address: Annotated[str, AfterValidator(as_mail_address)] = Field(
        default="", description="Address that notices come from and failures go back to; empty: hub@ and mail_domain."
    )
    timeout_s: float = Field(default=30.0, ge=1, le=300, description="Seconds that the server may stay silent.")


class BillingSection(Section):
    """What accounts are told of credits that they do not use."""

    validity_months: int = Field(
        default=12,
        ge=0,
        le=120,
        description="Months without a text after which an account gets a notice; 0: none does.",
    )
    credits_expire: bool = Field(
        default=False, description="Whether it says that credits may be taken back; the hub itself never takes any."
    )


class LinksSection(Section):
    """Short links in texts, and who follows them."""

    domain: Annotated[str, AfterValidator(as_link_domain)] = Field(
        default="", description="Host that short links begin with, as in t.example.net; empty for that of public_url."
    )
    code_length: int = Field(
        default=7, ge=5, le=7, description="Characters of a link's code: shorter ones are easier to guess."
    )
    keep_days: int = Field(
        default=365, ge=1, le=3660, description="Days after its campaign for which a link leads anywhere."
    )
    misses_per_minute: int = Field(
        default=60, ge=1, le=1_000_000, description="Links that lead nowhere after which an address must wait a minute."
    )
    max_file_kb: int = Field(default=2048, ge=1, le=51200, description="Largest file behind a link, in kilobytes.")
    account_mb: int = Field(
        default=200, ge=1, le=1_000_000, description="What an account's files may take, in megabytes."
    )
    deny: Annotated[TextList, AfterValidator(as_domains)] = Field(
        default=(), description="Hosts that no link may lead to, nor to what is below them."
    )
    data_centres: Annotated[TextList, AfterValidator(as_networks)] = Field(
        default=(), description="Networks of scanners, beside those that are known, as in 203.0.113.0/24."
    )


class EventsSection(Section):
    """Webhooks: how accounts are told what happens."""

    allow_private: bool = Field(
        default=False,
        description="Call receivers at private addresses, such as this machine: for development, never for a service.",
    )
    keep_days: int = Field(
        default=30, ge=1, le=366, description="Days for which events and attempts to deliver them are kept."
    )


class RetentionSection(Section):
    """How long words are kept: the hub keeps what its operator does not say otherwise."""

    texts_days: int = Field(
        default=0,
        ge=0,
        le=3660,
        description="Days after which the words of ended texts are emptied; 0: never.",
    )
    answers_days: int = Field(
        default=0, ge=0, le=3660, description="Days after which the words that people answered are emptied; 0: never."
    )


class PluginsSection(Section):
    """Which of the installed plugins stay out."""

    disabled: Annotated[tuple[Annotated[str, AfterValidator(plugin_name)], ...], BeforeValidator(split_list)] = Field(
        default=(), description="Plugins not to load; their sections of this file are passed over."
    )


class RouteSection(Section):
    """Which messages take which connector."""

    connector: Annotated[str, Field(min_length=1), AnyCase] = Field(
        description="Name of the connector that carries these messages."
    )
    countries: Countries = Field(default=(), description="Countries that this route serves; empty for all.")
    purposes: Annotated[tuple[PurposeName, ...], BeforeValidator(split_list)] = Field(
        default=("marketing", "alert"), min_length=1, description="Purposes that this route serves."
    )
    accounts: TextList = Field(default=(), description="Accounts that this route serves, by name or id; empty for all.")
    senders: TextList = Field(default=(), description="Senders that this route serves; empty for all.")
    rate: OptionalNumber = Field(
        default=None, gt=0, description="Most segments per second over all workers; empty for no limit."
    )
    priority: int = Field(
        default=10, ge=0, le=1000, description="Of the routes that serve a message, the lowest number takes it."
    )
    weight: int = Field(
        default=1, ge=1, le=1000, description="Part of the messages that it takes among routes of the same priority."
    )
    open_after: int = Field(
        default=3, ge=1, le=100, description="Failures in a row after which the route is left alone for a while."
    )
    slow_after_s: float = Field(
        default=30.0, gt=0, le=3600, description="Seconds that a call to the carrier may last; longer is a failure."
    )
    on_unknown: Annotated[Literal["hold", "resend"], AnyCase] = Field(
        default="hold",
        description="What to do when a crash hides whether a message left; to resend may text a person twice.",
    )


CORE_SECTIONS: Mapping[str, type[Section]] = MappingProxyType(
    {
        "hub": HubSection,
        "web": WebSection,
        "workers": WorkersSection,
        "messages": MessagesSection,
        "compliance": ComplianceSection,
        "senders": SendersSection,
        "guard": GuardSection,
        "contacts": ContactsSection,
        "smtp": SmtpSection,
        "billing": BillingSection,
        "events": EventsSection,
        "retention": RetentionSection,
        "links": LinksSection,
        "plugins": PluginsSection,
    }
)
