"""The calls of the API by subject: `client.campaigns.send(...)`, `client.lists.bring(...)`."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from hub.client.problems import NoHub
from hub.client.values import (
    Acceptance,
    Account,
    Brought,
    Campaign,
    Contact,
    ContactList,
    Message,
    NewToken,
    Person,
    Settings,
    Simulation,
    Suppression,
    To,
    Token,
    read,
)
from hub.client.wire import Patience, Wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import Self

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Calls:
    """Calls over one wire."""

    wire: Wire

    def _ask(self, kind: type[T], method: str, path: str, **wishes: Any) -> T:
        return self._read(kind, self.wire.json(method, path, **wishes))

    def _pages(self, kind: type[T], path: str, **query: Any) -> Iterator[T]:
        """What a list has, page after page; the next one is asked for when it is needed."""
        cursor: Any = None
        while True:
            wanted = {name: value for name, value in {**query, "cursor": cursor}.items() if value is not None}
            page = self.wire.json("GET", path, query=wanted)
            yield from self._items(kind, page)
            cursor = page.get("next")
            if cursor is None:
                return

    def _items(self, kind: type[T], page: dict[str, Any]) -> list[T]:
        if not isinstance(page.get("items"), list):
            raise NoHub(f"{self.wire.url} does not answer as a hub does: there are no items.")
        return [self._read(kind, one) for one in page["items"]]

    def _read(self, kind: type[T], content: Any) -> T:
        try:
            return read(kind, content)
        except (KeyError, TypeError, ValueError) as error:
            message = f"{self.wire.url} does not answer as a hub does: no {kind.__name__} ({error})."
            raise NoHub(message) from error


class Campaigns(_Calls):
    """Send, follow, cancel."""

    def send(
        self,
        text: str,
        recipients: Iterable[str | To],
        *,
        purpose: str | None = None,
        sender: str | None = None,
        send_at: datetime | str | None = None,
        key: str | None = None,
        **more: Any,
    ) -> Acceptance:
        """Send one text. `key` makes it happen once: without one the client makes its own, for its further tries.

        `more` are fields of the body that have no argument of their own. Raises ClientError.
        """
        body = _campaign(text, recipients, purpose=purpose, sender=sender, send_at=send_at, **more)
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._ask(Acceptance, "POST", "/campaigns", body=body, headers=headers)

    def simulate(self, text: str, recipients: Iterable[str | To], **more: Any) -> Simulation:
        """Say what sending would do, and do none of it; arguments as of `send`, without a key."""
        return self._ask(Simulation, "POST", "/campaigns/simulate", body=_campaign(text, recipients, **more))

    def get(self, campaign: str) -> Campaign:
        """Look at a campaign."""
        return self._ask(Campaign, "GET", f"/campaigns/{_part(campaign)}")

    def cancel(self, campaign: str) -> Campaign:
        """Cancel what of it has not left."""
        return self._ask(Campaign, "POST", f"/campaigns/{_part(campaign)}/cancel")

    def messages(self, campaign: str, *, states: Sequence[str] = ()) -> Iterator[Message]:
        """Its messages, in the order of the request."""
        return self._pages(Message, "/messages", campaign=campaign, state=list(states) or None, limit=1000)


class Lists(_Calls):
    """Contact lists and who is on them."""

    def all(self) -> Iterator[ContactList]:
        """The account's lists."""
        return self._pages(ContactList, "/lists")

    def create(self, name: str) -> ContactList:
        """Make an empty list."""
        return self._ask(ContactList, "POST", "/lists", body={"name": name})

    def get(self, list_id: int) -> ContactList:
        """Look at a list."""
        return self._ask(ContactList, "GET", f"/lists/{list_id}")

    def delete(self, list_id: int) -> None:
        """Take it away, with its contacts."""
        self.wire.call("DELETE", f"/lists/{list_id}")

    def contacts(self, list_id: int) -> Iterator[Contact]:
        """Who is on it, in the order of their numbers."""
        return self._pages(Contact, f"/lists/{list_id}/contacts", limit=1000)

    def bring(self, list_id: int, people: Iterable[Person]) -> Brought:
        """Put people on it, a thousand at most; who is on it already is not doubled."""
        given = [{name: value for name, value in asdict(one).items() if value is not None} for one in people]
        return self._ask(Brought, "POST", f"/lists/{list_id}/contacts", body={"contacts": given})

    def remove(self, list_id: int, numbers: Iterable[str]) -> int:
        """Take numbers off it; how many there were."""
        content = self.wire.json("POST", f"/lists/{list_id}/remove", body={"numbers": list(numbers)})
        return int(content["removed"])


class Suppressions(_Calls):
    """Numbers that must not be texted."""

    def all(self) -> Iterator[Suppression]:
        """All of them, in their order."""
        return self._pages(Suppression, "/suppressions", limit=1000)

    def lift(self, number: str, proof: str, *, kind: str = "opt_out") -> None:
        """Let a number be texted again, on its person's consent, of which `proof` is kept."""
        self.wire.call("DELETE", f"/suppressions/{_part(number)}", body={"proof": proof, "kind": kind})


class Accounts(_Calls):
    """The account that the token belongs to."""

    def get(self) -> Account:
        """Its name and its credits."""
        return self._ask(Account, "GET", "/account")

    def settings(self) -> Settings:
        """What it says of itself."""
        return self._ask(Settings, "GET", "/account/settings")

    def change(self, **settings: str | None) -> Settings:
        """Change settings by name; None forgets one.

        Raises Changed where somebody else changed them between our look and our edit, and then changes nothing.
        """
        tag = self.wire.call("GET", "/account/settings").headers["ETag"]
        return self._ask(Settings, "PATCH", "/account/settings", body=settings, headers={"If-Match": tag})


class Tokens(_Calls):
    """API tokens of the account."""

    def all(self) -> list[Token]:
        """All that hold."""
        return self._items(Token, self.wire.json("GET", "/tokens"))

    def create(self, name: str, *, scope: str = "all") -> NewToken:
        """Make one; its secret is shown this once."""
        return self._ask(NewToken, "POST", "/tokens", body={"name": name, "scope": scope})

    def revoke(self, token_id: int) -> None:
        """Make it worthless at once."""
        self.wire.call("DELETE", f"/tokens/{token_id}")


@dataclass
class Client:
    """A hub at a URL, and a token for it; to be closed, or used in a `with`. Not for several threads at once."""

    url: str
    token: str | None = field(repr=False)
    patience: Patience = field(default_factory=Patience)
    wire: Wire = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.wire = Wire(self.url, self.token, self.patience)
        self.campaigns = Campaigns(self.wire)
        self.lists = Lists(self.wire)
        self.suppressions = Suppressions(self.wire)
        self.account = Accounts(self.wire)
        self.tokens = Tokens(self.wire)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the connections go."""
        self.wire.close()


def _campaign(text: str, recipients: Iterable[str | To], **more: Any) -> dict[str, Any]:
    given = [one if isinstance(one, str) else {"to": one.number, "fields": one.fields} for one in recipients]
    when = more.pop("send_at", None)
    more["send_at"] = when.isoformat() if hasattr(when, "isoformat") else when
    said = {name: value for name, value in more.items() if value is not None}
    return {"text": text, "recipients": given, **said}


def _part(value: str) -> str:
    """A value as one part of a path."""
    return quote(value, safe="")
