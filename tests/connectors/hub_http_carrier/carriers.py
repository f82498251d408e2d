"""Four carriers, as their documentation has them: they check who asks, keep a book, and report to the hub's address.

They compute signatures by themselves, and know nothing of the connector's code.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import queue
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode

from .served import Answer, Asked, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

ACCOUNT, USER, PASSWORD, TOKEN = "AC0123456789", "a-user", "a-password", "a-token"
SIGNING = "the-signing-secret"
SECRET = "0123456789abcdefghij"


@dataclass
class Taken:
    """A message in a carrier's book."""

    id: str
    to: str
    text: str
    sender: str | None
    reference: str | None = None
    report_to: str | None = None


@dataclass
class FakeCarrier:
    """What all four have in common: a book, numbers that it refuses, a postman who reports on what was taken.

    `urls` are the addresses it was told to call, as in its dashboard. `refuses` has a carrier's own code by number.
    `fault` says of a request by its number whether it is taken, and what is answered instead of the truth.
    """

    urls: dict[str, str] = field(default_factory=dict)
    refuses: dict[str, str] = field(default_factory=dict)
    book: list[Taken] = field(default_factory=list)
    wrong_keys: int = 0
    requests: int = 0
    answers: Counter[int] = field(default_factory=Counter)
    reports: bool = True
    fault: Callable[[int], tuple[bool, Answer] | None] = lambda _: None
    _due: queue.Queue[tuple[Taken, str] | None] = field(default_factory=queue.Queue)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(4711))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    preset = ""
    keys: Mapping[str, str] = field(default_factory=dict)

    def serve(self) -> AbstractContextManager[str]:
        """Listen while the block lasts."""
        return serving(self.answer)

    def start(self) -> threading.Thread:
        """Begin to report."""
        thread = threading.Thread(target=self._deliver)
        thread.start()
        return thread

    def stop(self, thread: threading.Thread) -> None:
        """Report no more."""
        self.forget()
        self._due.put(None)
        thread.join()

    def forget(self) -> None:
        """Leave out what is still to be reported."""
        while not self._due.empty():
            self._due.get_nowait()

    @property
    def counts(self) -> Counter[str]:
        """How often each number was texted."""
        return Counter(one.to for one in self.book)

    def answer(self, asked: Asked) -> Answer:
        """Take a request."""
        with self._lock:
            self.requests += 1
            if not self.knows(asked):
                self.wrong_keys += 1
                return self.stranger()
            fault = self.fault(self.requests)
            if fault is None:
                return self.take(asked)
            takes, answer = fault
            if takes:
                self.take(asked)
            return answer

    def keep(self, one: Taken) -> None:
        """Write a message into the book, and report on it soon."""
        self.book.append(one)
        if self.reports:
            self._due.put((one, "delivered"))

    def report(self, one: Taken, state: str) -> None:
        """Report on a message by hand."""
        self._due.put((one, state))

    def text_in(self, **words: str) -> int:
        """Hand over a text from a phone: the status of the answer."""
        return self.call(self.urls["inbound"], self.inbound(**words))

    def call(self, url: str, words: Mapping[str, Any]) -> int:
        """Call the hub: the status of the answer."""
        made = urllib.request.Request(*self.written(url, words))  # noqa: S310 - an address of this test
        made.method = self.method
        try:
            with urllib.request.urlopen(made, timeout=10) as answer:  # noqa: S310
                status = int(answer.status)
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        self.answers[status] += 1
        return status

    method = "POST"

    def _deliver(self) -> None:
        while (due := self._due.get()) is not None:
            one, state = due
            url = one.report_to or self.urls.get("receipts")
            if url:
                self.call(url, self.receipt(one, state))

    def next_id(self) -> str:
        """A new id."""
        return str(next(self._numbers))

    # what each of them has its own way of

    def knows(self, asked: Asked) -> bool:
        """Whether the right keys are shown."""
        raise NotImplementedError

    def stranger(self) -> Answer:
        """What somebody with wrong keys hears."""
        raise NotImplementedError

    def take(self, asked: Asked) -> Answer:
        """Take what a request brings."""
        raise NotImplementedError

    def receipt(self, one: Taken, state: str) -> dict[str, Any]:
        """A report in this carrier's words."""
        raise NotImplementedError

    def inbound(self, **words: str) -> dict[str, Any]:
        """A text from a phone in this carrier's words."""
        raise NotImplementedError

    def written(self, url: str, words: Mapping[str, Any]) -> tuple[str, bytes | None, dict[str, str]]:
        """A call as address, body and headers."""
        raise NotImplementedError


def _json(http: int, /, **content: Any) -> Answer:
    return Answer(http, json.dumps(content).encode())


def parts_of(text: str) -> int:
    """How many segments a text takes, for texts without GSM's extensions."""
    is_gsm = all(letter < "\u0100" or letter == "€" for letter in text)
    units = len(text) if is_gsm else len(text.encode("utf-16-le")) // 2
    one, more = (160, 153) if is_gsm else (70, 67)
    return 1 if units <= one else -(-units // more)


class Twilio(FakeCarrier):
    """Twilio: basic authentication, one message per request, calls signed over the address."""

    preset = "twilio"
    STATES: ClassVar = {
        "delivered": ("delivered", ""),
        "absent": ("undelivered", "30003"),
        "unknown": ("failed", "30005"),
    }

    def knows(self, asked: Asked) -> bool:
        """By account and token."""
        wanted = base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()
        return asked.headers.get("authorization") == f"Basic {wanted}"

    def stranger(self) -> Answer:
        """Code 20003."""
        return _json(401, code=20003, message="Authenticate", status=401)

    def take(self, asked: Asked) -> Answer:
        """A form."""
        if asked.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return _json(404, code=20404, message="The requested resource was not found", status=404)
        form = asked.form
        if code := self.refuses.get(form["To"]):
            status = 429 if code == "20429" else 400
            return _json(status, code=int(code), message=f"Refused: {code}", status=status)
        if not form.get("From"):
            return _json(400, code=21603, message="A 'From' phone number is required.", status=400)
        sid = f"SM{int(self.next_id()):032x}"
        self.keep(Taken(sid, form["To"], form["Body"], form["From"], report_to=form.get("StatusCallback")))
        return _json(201, sid=sid, status="queued", to=form["To"], error_code=None, error_message=None)

    def receipt(self, one: Taken, state: str) -> dict[str, Any]:
        """MessageStatus and ErrorCode."""
        word, code = self.STATES[state]
        said = {"MessageSid": one.id, "SmsSid": one.id, "MessageStatus": word, "To": one.to, "AccountSid": ACCOUNT}
        return said | ({"ErrorCode": code} if code else {})

    def inbound(self, **words: str) -> dict[str, Any]:
        """From, To and Body."""
        return {"MessageSid": "SM1", "From": words["number"], "To": words["to"], "Body": words["text"], "NumMedia": "0"}

    def written(self, url: str, words: Mapping[str, Any]) -> tuple[str, bytes | None, dict[str, str]]:
        """A form, and its signature."""
        content = url + "".join(name + words[name] for name in sorted(words))
        signature = base64.b64encode(hmac.new(PASSWORD.encode(), content.encode(), "sha1").digest()).decode()
        return url, urlencode(words).encode(), {"X-Twilio-Signature": signature}


class Vonage(FakeCarrier):
    """Vonage: keys in the form, an id for each part, calls signed by a hash of their parameters."""

    preset = "vonage"
    STATES: ClassVar = {"delivered": ("delivered", "0"), "absent": ("failed", "2"), "unknown": ("failed", "9")}

    def knows(self, asked: Asked) -> bool:
        """By key and secret."""
        return (asked.form.get("api_key"), asked.form.get("api_secret")) == (USER, PASSWORD)

    def stranger(self) -> Answer:
        """Status 4, with HTTP 200."""
        return _json(200, **{"message-count": "1", "messages": [{"status": "4", "error-text": "Bad Credentials"}]})

    def take(self, asked: Asked) -> Answer:
        """A form."""
        form = asked.form
        if code := self.refuses.get(f"+{form['to']}"):
            return _json(200, **{"message-count": "1", "messages": [{"status": code, "error-text": "Refused"}]})
        if not form.get("from"):
            lacking = {"status": "2", "error-text": "Missing from param"}
            return _json(200, **{"message-count": "1", "messages": [lacking]})
        made = []
        for _ in range(parts_of(form["text"])):
            one = Taken(f"0A0000{self.next_id()}", f"+{form['to']}", form["text"], form["from"], form["client-ref"])
            one.report_to = form.get("callback")
            self.keep(one)
            made.append({"to": form["to"], "message-id": one.id, "status": "0", "remaining-balance": "3.14"})
        return _json(200, **{"message-count": str(len(made)), "messages": made})

    def receipt(self, one: Taken, state: str) -> dict[str, Any]:
        """Status and err-code."""
        word, code = self.STATES[state]
        said = {"msisdn": one.to.lstrip("+"), "to": "HUB", "messageId": one.id, "status": word, "err-code": code}
        return said | {"client-ref": one.reference, "price": "0.03", "scts": "2601011200"}

    def inbound(self, **words: str) -> dict[str, Any]:
        """Msisdn, to and text."""
        return {
            "msisdn": words["number"].lstrip("+"),
            "to": words["to"],
            "messageId": "0B1",
            "text": words["text"],
            "type": "text",
            "keyword": words["text"].split()[0].upper(),
        }

    def written(self, url: str, words: Mapping[str, Any]) -> tuple[str, bytes | None, dict[str, str]]:
        """JSON, with its `sig` in it."""
        words = {**words, "timestamp": str(int(time.time())), "nonce": "n-1"}
        content = "".join(f"&{name}={words[name].replace('&', '_').replace('=', '_')}" for name in sorted(words))
        sig = hashlib.md5(f"{content}{SIGNING}".encode()).hexdigest()  # noqa: S324 - it is what they do
        return url, json.dumps({**words, "sig": sig}).encode(), {"Content-Type": "application/json"}


class Ovh(FakeCarrier):
    """OVHcloud: signed requests, many numbers for one text, calls by GET with everything in the address."""

    preset = "ovh"
    STATES: ClassVar = {"delivered": "4", "absent": "24", "unknown": "23"}
    method = "GET"
    base = ""

    def knows(self, asked: Asked) -> bool:
        """By its signature."""
        stamp = asked.headers.get("x-ovh-timestamp", "")
        whole = "+".join((PASSWORD, TOKEN, asked.method, self.base + asked.target, asked.body.decode(), stamp))
        wanted = "$1$" + hashlib.sha1(whole.encode()).hexdigest()  # noqa: S324 - it is what they do
        shown = (asked.headers.get("x-ovh-application"), asked.headers.get("x-ovh-consumer"))
        return shown == (USER, TOKEN) and asked.headers.get("x-ovh-signature") == wanted

    def stranger(self) -> Answer:
        """INVALID_CREDENTIAL."""
        return _json(403, errorCode="INVALID_CREDENTIAL", message="This credential is not valid")

    def take(self, asked: Asked) -> Answer:
        """JSON."""
        said = json.loads(asked.body)
        if ("sender" in said) is said["senderForResponse"]:
            return _json(400, **{"class": "Client::BadRequest", "message": "sender or senderForResponse"})
        good = [number for number in said["receivers"] if number not in self.refuses]
        bad = [number for number in said["receivers"] if number in self.refuses]
        made = [Taken(self.next_id(), number, said["message"], said.get("sender")) for number in good]
        for one in made:
            self.keep(one)
        return _json(
            200,
            totalCreditsRemoved=len(made),
            ids=[int(one.id) for one in made],
            invalidReceivers=bad,
            validReceivers=good,
        )

    def receipt(self, one: Taken, state: str) -> dict[str, Any]:
        """A ptt code."""
        return {"id": one.id, "ptt": self.STATES[state], "date": "20260101120000", "description": "1"}

    def inbound(self, **words: str) -> dict[str, Any]:
        """Senderid, shortcode and message."""
        said = {"id": "99", "keyword": "k", "message": words["text"], "senderid": words["number"]}
        return said | {"shortcode": words["to"], "tag": ""}

    def written(self, url: str, words: Mapping[str, Any]) -> tuple[str, bytes | None, dict[str, str]]:
        """In the address."""
        return f"{url}?{urlencode(words)}", None, {}


class Smsfactor(FakeCarrier):
    """SMSFactor: HTTP 200 whatever happens, one ticket for many numbers, its secret in a header."""

    preset = "smsfactor"
    STATES: ClassVar = {"delivered": 3, "absent": 11, "unknown": 5}

    def knows(self, asked: Asked) -> bool:
        """By its token."""
        return asked.headers.get("authorization") == f"Bearer {TOKEN}"

    def stranger(self) -> Answer:
        """Status -1."""
        message = "Le login et le mot de passe ne correspondent pas"
        return _json(200, status=-1, message=message, details="Token invalide")

    def take(self, asked: Asked) -> Answer:
        """JSON."""
        said = json.loads(asked.body)["sms"]
        message, everyone = said["message"], said["recipients"]["gsm"]
        ticket = self.next_id()
        counts = dict.fromkeys(("blacklisted", "duplicated", "npai", "invalid", "not_allowed", "flood"), 0)
        sent = 0
        for one in everyone:
            number = f"+{one['value']}"
            if why := self.refuses.get(number):
                counts[why] += 1
                continue
            sent += 1
            self.keep(Taken(ticket, number, message["text"], message.get("sender"), one["gsmsmsid"]))
        return _json(200, status=1, message="OK", ticket=ticket, cost=sent, total=len(everyone), sent=sent, **counts)

    def receipt(self, one: Taken, state: str) -> dict[str, Any]:
        """A number as status."""
        return {
            "date": "2027-01-04T09:31:12+01:00",
            "status": self.STATES[state],
            "destination": one.to.lstrip("+"),
            "message_id": one.reference,
            "campaign_id": one.id,
            "country_code": "FR",
        }

    def inbound(self, **words: str) -> dict[str, Any]:
        """From and message; what it was sent to is not said."""
        said = {"date": "2027-01-04T09:40:00+01:00", "message": words["text"], "from": words["number"].lstrip("+")}
        return said | {"account_id": "1234", "last_message_id": "x"}

    def written(self, url: str, words: Mapping[str, Any]) -> tuple[str, bytes | None, dict[str, str]]:
        """JSON, and the secret as it is."""
        headers = {"Content-Type": "application/json", "X-SMSFactor-Signature": SIGNING}
        return url, json.dumps(words).encode(), headers


KEYS: dict[str, dict[str, str]] = {
    "twilio": {"account": ACCOUNT, "password": PASSWORD},
    "vonage": {"user": USER, "password": PASSWORD, "signing_secret": SIGNING},
    "ovh": {"account": "sms-ab12345-1", "user": USER, "password": PASSWORD, "token": TOKEN, "callback_secret": SECRET},
    "smsfactor": {"token": TOKEN, "signing_secret": SIGNING, "callback_secret": SECRET, "number": "36180"},
}
"""What hub.ini has of each."""

PATHS = {
    "twilio": "/2010-04-01/Accounts/{account}/Messages.json",
    "vonage": "/sms/json",
    "ovh": "/1.0/sms/{account}/jobs",
    "smsfactor": "/send",
}

KINDS: dict[str, type[FakeCarrier]] = {kind.preset: kind for kind in (Twilio, Vonage, Ovh, Smsfactor)}
