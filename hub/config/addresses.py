"""URLs in hub.ini: the database, Redis, where the public finds the hub, where to listen, and mail addresses.

Each function takes what was written and gives what the rest of the hub uses; a ValueError goes on from the
value, as `hub.config.schema` asks.
"""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hub.config.schema import folder_of

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from pydantic import ValidationInfo

POSTGRES = "postgresql+psycopg"
_DOMAIN = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*")
_MAIL_ADDRESS = re.compile(r"[!#-'*+/-9=?A-Z^-~-]+(?:\.[!#-'*+/-9=?A-Z^-~-]+)*@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_DATABASE_FORMS = f"write sqlite:///path/to/hub.db or {POSTGRES}://user:password@host:5432/name"
_REDIS_FORMS = "write redis://host:6379/0, rediss://..., unix:///path/to/socket, or none"


def as_database_url(url: str, info: ValidationInfo) -> str:
    """A URL for SQLAlchemy; SQLite's relative path starts at the folder of hub.ini. Empty stays empty."""
    scheme, slashes, rest = url.partition("://")
    if not url:
        return ""
    if slashes and scheme.lower() == "sqlite":
        return _sqlite(rest, info)
    if slashes and scheme.lower() in {POSTGRES, "postgresql", "postgres"}:
        return _postgres(f"{POSTGRES}://{rest}")
    raise ValueError(f"is not a database that the hub speaks to; {_DATABASE_FORMS}")


def as_redis_url(url: str) -> str:
    """A URL for redis-py, `none`, or empty for a private server."""
    if url.lower() in {"", "none"}:
        return url.lower()
    parts = _split(url, _REDIS_FORMS)
    if parts.scheme == "unix" and parts.path.strip("/"):
        return url
    if parts.scheme in {"redis", "rediss"} and parts.hostname and re.fullmatch(r"/?\d*", parts.path):
        return url
    raise ValueError(f"is not the address of a Redis; {_REDIS_FORMS}")


def as_public_url(url: str) -> str:
    """The hub's web address without a slash at its end, or empty."""
    form = "write it as in https://sms.example.net"
    if not url:
        return ""
    parts = _split(url, form)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError(f"is not a web address; {form}")
    if parts.query or parts.fragment:
        raise ValueError(f"goes on after the path; {form}")
    return url.rstrip("/")


def as_host(host: str) -> str:
    """An IP address or a host name."""
    if re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?", host):
        return host
    try:
        return str(ip_address(host))
    except ValueError:
        raise ValueError("is not an address to listen on; write one as in 127.0.0.1, ::, or a host's name") from None


def as_domain(domain: str) -> str:
    """A domain in small letters, as it stands on the wire (IDNA)."""
    try:
        domain = domain.strip().rstrip(".").lower().encode("idna").decode()
    except UnicodeError:
        domain = ""
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("is no domain; write it as sms.example.org")
    return domain


def as_link_domain(host: str) -> str:
    """The host of short links, perhaps with a port, without a scheme; empty stays empty."""
    if not host:
        return ""
    name, colon, port = host.strip().rstrip("/").partition(":")
    if colon and not port.isdecimal():
        raise ValueError("is no host; write it without https://, as in t.example.org")
    return as_domain(name) + colon + port


def as_domains(domains: tuple[str, ...]) -> tuple[str, ...]:
    """Several domains."""
    return tuple(map(as_domain, domains))


def as_networks(networks: tuple[str, ...]) -> tuple[str, ...]:
    """Several networks, as in 203.0.113.0/24."""
    try:
        return tuple(str(ip_network(one)) for one in networks)
    except ValueError:
        raise ValueError("has something that is no network; write them as in 203.0.113.0/24") from None


def as_mail_address(address: str) -> str:
    """An e-mail address, or empty."""
    if address and not _MAIL_ADDRESS.fullmatch(address):
        raise ValueError("is no e-mail address; write it as in hub@sms.example.org")
    return address


def _sqlite(rest: str, info: ValidationInfo) -> str:
    path, mark, query = rest.partition("?")
    if not path.startswith("/") or path.strip("/") in {"", ":memory:"} or path.startswith("/file:"):
        raise ValueError("names no file; write sqlite:///hub.db, or with four slashes sqlite:////srv/hub/hub.db")
    return f"sqlite:///{folder_of(info) / path[1:]}{mark}{query}"


def _postgres(url: str) -> str:
    parts = _split(url, f"{_DATABASE_FORMS}, with %40 for an @ and %2F for a / in the password")
    if not parts.path.strip("/"):
        raise ValueError(f"names no database; {_DATABASE_FORMS}")
    return url


def _split(url: str, form: str) -> SplitResult:
    if re.search(r"\s", url):
        raise ValueError(f"has a space in it; {form}")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError(f"has a host or port that cannot be read; {form}") from None
    return parts
