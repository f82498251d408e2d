"""A client for the REST API of a hub: typed, patient, and safe to repeat.

    from hub.client import Client

    with Client("https://sms.example.org", token) as hub:
        sent = hub.campaigns.send("Bonjour #name#", [To("06 12 34 56 78", {"name": "Nina"})], purpose="alert")
        for message in hub.campaigns.messages(sent.id):
            print(message.to, message.state)

It stands alone: it knows nothing of the hub but its API.
"""

from hub.client.access import Enrolment, SubAccount, User
from hub.client.billing import BalanceAlert, Consumed, Order, PayLink, Statement, Used
from hub.client.campaigns import CampaignLine, CountryOutcomes, Hour, InboundText, Outcomes, Report
from hub.client.client import Client
from hub.client.contacts import Segment
from hub.client.imports import Import, Line, Shape, Tally
from hub.client.permissions import Added, Agreement, Consent, RefusedLine, TakenFile
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
    StillBusy,
    Stumbled,
    TooOften,
    Unknown,
)
from hub.client.templates import Preview, Template, TestNumber
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
from hub.client.webhooks import Attempt, NewWebhook, Webhook
from hub.client.wire import Patience

__all__ = [
    "Acceptance",
    "Account",
    "Added",
    "Agreement",
    "Attempt",
    "Balance",
    "BalanceAlert",
    "Brought",
    "Campaign",
    "CampaignLine",
    "Changed",
    "Client",
    "ClientError",
    "Consent",
    "Consumed",
    "Contact",
    "ContactList",
    "CountryOutcomes",
    "Enrolment",
    "Forbidden",
    "Hour",
    "Import",
    "InConflict",
    "InDoubt",
    "InboundText",
    "Line",
    "Message",
    "Missing",
    "NewToken",
    "NewWebhook",
    "NoHub",
    "Nobody",
    "NotPaid",
    "Order",
    "Outcomes",
    "Patience",
    "PayLink",
    "Person",
    "Preview",
    "Problem",
    "ProblemFault",
    "Refused",
    "RefusedContact",
    "RefusedLine",
    "Report",
    "Segment",
    "Settings",
    "Shape",
    "Simulation",
    "Statement",
    "StillBusy",
    "Stumbled",
    "SubAccount",
    "Suppression",
    "TakenFile",
    "Tally",
    "Template",
    "TestNumber",
    "To",
    "Token",
    "TooOften",
    "Unknown",
    "Used",
    "User",
    "Webhook",
]
