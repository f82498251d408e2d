"""Three clients, written from SMSFactor's documentation alone: they know a base URL, and nothing of the hub."""

# ruff: noqa: D102 - each call does what its name says, and `Client` lists them
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from xml.etree import ElementTree as ET

import requests

PATIENCE_S = 30


class Client(Protocol):
    """What business software does; each call gives the reply's values as texts, with lists of such for lists."""

    def credits(self) -> str: ...
    def send(self, numbers: list[str], text: str, delay: str | None = None) -> dict[str, str]: ...
    def simulate(self, numbers: list[str], text: str) -> dict[str, str]: ...
    def cancel(self, ticket: str) -> dict[str, str]: ...
    def make_list(self, name: str, numbers: list[str]) -> str: ...
    def list_size(self, list_id: str) -> int: ...
    def send_to_list(self, list_id: str, text: str) -> dict[str, str]: ...
    def block(self, numbers: list[str]) -> str: ...
    def blocked(self) -> list[str]: ...
    def subscribe(self, kind: str, url: str, signature: str) -> str: ...
    def report(self, ticket: str) -> dict[str, str]: ...


@dataclass
class JsonClient:
    """Shows a token as a bearer, and speaks JSON."""

    url: str
    token: str

    def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", "X-application": "7"}
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=PATIENCE_S)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    def credits(self) -> str:
        return str(self.call("GET", "/credits")["credits"])

    def send(self, numbers: list[str], text: str, delay: str | None = None) -> dict[str, str]:
        return self._texts("/send", numbers, text, delay)

    def simulate(self, numbers: list[str], text: str) -> dict[str, str]:
        return self._texts("/send/simulate", numbers, text, None)

    def cancel(self, ticket: str) -> dict[str, str]:
        return _texts(self.call("DELETE", f"/send/{ticket}", []))

    def make_list(self, name: str, numbers: list[str]) -> str:
        gsm = [{"value": number, "info1": "Ana"} for number in numbers]
        return str(self.call("POST", "/list", {"list": {"name": name, "contacts": {"gsm": gsm}}})["id"])

    def list_size(self, list_id: str) -> int:
        return len(self.call("GET", f"/list/{list_id}")["list"])

    def send_to_list(self, list_id: str, text: str) -> dict[str, str]:
        body = {"sms": {"message": {"text": text}, "lists": [{"value": list_id}]}}
        return _texts(self.call("POST", "/send/lists", body))

    def block(self, numbers: list[str]) -> str:
        contacts = {"gsm": [{"value": number} for number in numbers]}
        return str(self.call("POST", "/blacklist", {"blacklist": {"contacts": contacts}})["added_contacts"])

    def blocked(self) -> list[str]:
        return [one["destination"] for one in self.call("GET", "/blacklist")["list"]]

    def subscribe(self, kind: str, url: str, signature: str) -> str:
        body = {"webhook": {"type": kind, "url": url, "signature": signature}}
        return str(self.call("POST", "/webhook", body)["webhook"]["webhook_id"])

    def report(self, ticket: str) -> dict[str, str]:
        (found,) = self.call("GET", f"/campaign/{ticket}")["campaign"]
        return dict(found)

    def _texts(self, path: str, numbers: list[str], text: str, delay: str | None) -> dict[str, str]:
        message = {"text": text, "pushtype": "alert", "sender": "ACME"} | ({"delay": delay} if delay else {})
        gsm = [{"gsmsmsid": f"cmd-{number}", "value": number} for number in numbers]
        return _texts(self.call("POST", path, {"sms": {"message": message, "recipients": {"gsm": gsm}}}))


def _texts(reply: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in reply.items()}


@dataclass
class XmlClient:
    """Shows a token as a bearer, says nothing of what it accepts, and speaks XML."""

    url: str
    token: str

    def call(self, method: str, path: str, body: ET.Element | None = None) -> ET.Element:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/xml"}
        data = None if body is None else ET.tostring(body)
        session = requests.Session()
        session.headers.pop("Accept")
        answer = session.request(method, self.url + path, data=data, headers=headers, timeout=PATIENCE_S)
        assert answer.status_code == 200
        return ET.fromstring(answer.content)  # noqa: S314 - what the hub wrote

    def credits(self) -> str:
        return self.call("GET", "/credits").findtext("credits", "")

    def send(self, numbers: list[str], text: str, delay: str | None = None) -> dict[str, str]:
        return self._texts("/send", numbers, text, delay)

    def simulate(self, numbers: list[str], text: str) -> dict[str, str]:
        return self._texts("/send/simulate", numbers, text, None)

    def cancel(self, ticket: str) -> dict[str, str]:
        return _values(self.call("DELETE", f"/send/{ticket}"))

    def make_list(self, name: str, numbers: list[str]) -> str:
        made = ET.Element("list")
        ET.SubElement(made, "name").text = name
        contacts = ET.SubElement(made, "contacts")
        for number in numbers:
            gsm = ET.SubElement(contacts, "gsm")
            ET.SubElement(gsm, "value").text = number
            ET.SubElement(gsm, "info1").text = "Ana"
        return self.call("POST", "/list", made).findtext("id", "")

    def list_size(self, list_id: str) -> int:
        return len(self.call("GET", f"/list/{list_id}").findall("list"))

    def send_to_list(self, list_id: str, text: str) -> dict[str, str]:
        made = ET.Element("sms")
        ET.SubElement(ET.SubElement(made, "message"), "text").text = text
        ET.SubElement(ET.SubElement(made, "lists"), "value").text = list_id
        return _values(self.call("POST", "/send/lists", made))

    def block(self, numbers: list[str]) -> str:
        made = ET.Element("blacklist")
        contacts = ET.SubElement(made, "contacts")
        for number in numbers:
            ET.SubElement(contacts, "gsm").text = number
        return self.call("POST", "/blacklist", made).findtext("added_contacts", "")

    def blocked(self) -> list[str]:
        return [one.findtext("destination", "") for one in self.call("GET", "/blacklist").findall("list")]

    def subscribe(self, kind: str, url: str, signature: str) -> str:
        made = ET.Element("webhook")
        for name, value in (("type", kind), ("url", url), ("signature", signature)):
            ET.SubElement(made, name).text = value
        return self.call("POST", "/webhook", made).findtext("webhook/webhook_id", "")

    def report(self, ticket: str) -> dict[str, str]:
        (found,) = self.call("GET", f"/campaign/{ticket}").findall("campaign")
        return _values(found)

    def _texts(self, path: str, numbers: list[str], text: str, delay: str | None) -> dict[str, str]:
        made = ET.Element("sms")
        message = ET.SubElement(made, "message")
        for name, value in (("text", text), ("pushtype", "alert"), ("sender", "ACME"), ("delay", delay)):
            if value is not None:
                ET.SubElement(message, name).text = value
        recipients = ET.SubElement(made, "recipients")
        for number in numbers:
            ET.SubElement(recipients, "gsm", gsmsmsid=f"cmd-{number}").text = number
        return _values(self.call("POST", path, made))


def _values(element: ET.Element) -> dict[str, str]:
    return {one.tag: one.text or "" for one in element}


@dataclass
class OldClient:
    """Signs in with name and password, as before there were tokens: in the query, in headers, in a form's document."""

    url: str
    username: str
    password: str

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        headers = {"sfusername": self.username, "sfpassword": self.password, "Accept": "json"}
        answer = requests.get(self.url + path, params=query, headers=headers, timeout=PATIENCE_S)
        found: dict[str, Any] = answer.json()
        return found

    def form(self, method: str, path: str, root: str, inner: str) -> ET.Element:
        """Post a form whose one field holds the document, with the login in it."""
        login = f"<username>{self.username}</username><password>{self.password}</password>"
        document = f"<{root}><authentification>{login}</authentification>{inner}</{root}>"
        answer = requests.request(
            method, self.url + path, data={"XML": document}, headers={"Accept": "application/xml"}, timeout=PATIENCE_S
        )
        return ET.fromstring(answer.content)  # noqa: S314 - what the hub wrote

    def credits(self) -> str:
        return str(self.get("/credits")["credits"])

    def send(self, numbers: list[str], text: str, delay: str | None = None) -> dict[str, str]:
        return self._send("/send", numbers, text, delay)

    def simulate(self, numbers: list[str], text: str) -> dict[str, str]:
        return self._send("/send/simulate", numbers, text, None)

    def cancel(self, ticket: str) -> dict[str, str]:
        return _values(self.form("DELETE", f"/send/{ticket}", "sms", ""))

    def make_list(self, name: str, numbers: list[str]) -> str:
        gsm = "".join(f'<gsm info1="Ana">{number}</gsm>' for number in numbers)
        return self.form("POST", "/list", "list", f"<name>{name}</name><contacts>{gsm}</contacts>").findtext("id", "")

    def list_size(self, list_id: str) -> int:
        return len(self.get(f"/list/{list_id}")["list"])

    def send_to_list(self, list_id: str, text: str) -> dict[str, str]:
        inner = f"<message><text><![CDATA[{text}]]></text></message><lists><value>{list_id}</value></lists>"
        return _values(self.form("POST", "/send/lists", "sms", inner))

    def block(self, numbers: list[str]) -> str:
        gsm = "".join(f"<gsm><value>{number}</value></gsm>" for number in numbers)
        found = self.form("POST", "/blacklist", "blacklist", f"<contacts>{gsm}</contacts>")
        return found.findtext("added_contacts", "")

    def blocked(self) -> list[str]:
        return [one["destination"] for one in self.get("/blacklist")["list"]]

    def subscribe(self, kind: str, url: str, signature: str) -> str:
        inner = f"<type>{kind}</type><url>{url}</url><signature>{signature}</signature>"
        return self.form("POST", "/webhook", "webhook", inner).findtext("webhook/webhook_id", "")

    def report(self, ticket: str) -> dict[str, str]:
        (found,) = self.get(f"/campaign/{ticket}")["campaign"]
        return dict(found)

    def _send(self, path: str, numbers: list[str], text: str, delay: str | None) -> dict[str, str]:
        query = {"text": text, "to": ",".join(numbers), "pushtype": "alert", "sender": "ACME"}
        signed = query | {"username": self.username, "password": self.password} | ({"delay": delay} if delay else {})
        answer = requests.get(self.url + path, params=signed, headers={"Accept": "*/*"}, timeout=PATIENCE_S)
        return _texts(answer.json())
