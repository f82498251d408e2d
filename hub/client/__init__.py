"""A client for the REST API of a hub: typed, patient, and safe to repeat.

    from hub.client import Client

    with Client("https://sms.example.org", token) as hub:
        sent = hub.campaigns.send("Bonjour #name#", [To("06 12 34 56 78", {"name": "Nina"})], purpose="alert")
        for message in hub.campaigns.messages(sent.id):
            print(message.to, message.state)

It stands alone: it knows nothing of the hub but its API.
"""

from hub.client.client import Client
from hub.client.problems import (
    Changed,
    ClientError,
    Forbidden,
    InConflict,
    InDoubt,
    Missing,
    Nobody,
    NoHub,
    NotPaid,
    Problem,
    ProblemFault,
    Refused,
    Stumbled,
    TooOften,
    Unknown,
)
from hub.client.values import (
    Acceptance,
    Account,
    Balance,
    Brought,
    Campaign,
    Contact,
    ContactList,
    Message,
    NewToken,
    Person,
    RefusedContact,
    Settings,
    Simulation,
    Suppression,
    To,
    Token,
)
from hub.client.wire import Patience

__all__ = [
    "Acceptance",
    "Account",
    "Balance",
    "Brought",
    "Campaign",
    "Changed",
    "Client",
    "ClientError",
    "Contact",
    "ContactList",
    "Forbidden",
    "InConflict",
    "InDoubt",
    "Message",
    "Missing",
    "NewToken",
    "NoHub",
    "Nobody",
    "NotPaid",
    "Patience",
    "Person",
    "Problem",
    "ProblemFault",
    "Refused",
    "RefusedContact",
    "Settings",
    "Simulation",
    "Stumbled",
    "Suppression",
    "To",
    "Token",
    "TooOften",
    "Unknown",
]
