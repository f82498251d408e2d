"""Orders to a carrier: the same for one in a thread and one in a process, as values that JSON has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub_smpp.codec import encode
from hub_smpp.testing.behaviour import Fate
from hub_smpp.testing.phone import Phone
from hub_smpp.testing.smsc import deliver_sm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hub_smpp.pdu import DeliverSm, Pdu
    from hub_smpp.testing.smsc import Smsc


_UCS2 = 8


class Control:
    """What tests say to a carrier; `perform` carries it out where the carrier is."""

    def order(self, name: str, value: Any = None) -> Any:
        """Have an order carried out, and wait for what comes of it."""
        raise NotImplementedError

    def set(self, **values: object) -> None:
        """Behave otherwise from now on; see Behaviour."""
        self.order("set", values)

    def script(self, *fates: Fate) -> None:
        """These strike the next submit_sm, one each."""
        self.order("script", [fate.value for fate in fates])

    def deliver(self, pdus: Sequence[DeliverSm]) -> None:
        """Give these to a hub until it has them."""
        self.order("deliver", [encode(pdu).hex() for pdu in pdus])

    def phone(self, number: str, to: str, text: str) -> None:
        """Let a phone write a text."""
        self.order("phone", [number, to, text])

    def drop(self) -> None:
        """End every connection."""
        self.order("drop")

    def write(self, octets: bytes) -> None:
        """Write octets as they are on every connection that is bound."""
        self.order("write", octets.hex())

    def send(self, pdu: Pdu) -> None:
        """Write a PDU on every connection that is bound."""
        self.write(encode(pdu))

    def said(self) -> dict[str, int]:
        """How often which fate struck, which kind of PDU was heard, and how many are bound now."""
        found: dict[str, int] = self.order("said")
        return found

    def bound(self) -> int:
        """How many connections are bound now."""
        return self.said().get("bound", 0)


def perform(smsc: Smsc, name: str, value: Any) -> Any:
    """Carry out an order, in the carrier's own loop."""
    return _ORDERS[name](smsc, value)


def _said(smsc: Smsc, _: None) -> dict[str, int]:
    return {str(name): times for name, times in smsc.said.items()} | {
        "bound": sum(one.is_bound for one in smsc.sessions)
    }


def _phone(smsc: Smsc, said: Sequence[str]) -> None:
    number, to, text = said
    smsc.deliver([Phone(number, to).text(text.encode("utf-16-be"), data_coding=_UCS2)])


_ORDERS: dict[str, Callable[[Smsc, Any], Any]] = {
    "set": lambda smsc, values: smsc.set(**values),
    "script": lambda smsc, fates: smsc.dice.script.extend(Fate(one) for one in fates),
    "deliver": lambda smsc, pdus: smsc.deliver(deliver_sm(bytes.fromhex(one)) for one in pdus),
    "phone": _phone,
    "drop": lambda smsc, _: smsc.drop(),
    "write": lambda smsc, octets: smsc.write(bytes.fromhex(octets)),
    "said": _said,
}
