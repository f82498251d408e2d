"""The front door for plugins and connectors: the hook marker, the values, the errors, and `Hub`.

Pure: importing it opens nothing and reads nothing. What a plugin's tables, settings, routes and pages
build on is in `hub.plugin_kit`; what its tests build on is in `hub.testing`.
"""

from hub.accounts.model import Account
from hub.billing.model import LowBalance, PurchaseOrder
from hub.clock import Clock
from hub.compliance.model import OutsideWindow, Purpose, Violation
from hub.errors import (
    CommitInDoubt,
    Conflict,
    ConnectorError,
    Fault,
    HubError,
    NotAllowed,
    NotAuthenticated,
    NotEnoughCredits,
    NotFound,
    Paused,
    PermanentFailure,
    RequestRefused,
    StoreUnavailable,
    TemporaryFailure,
    Throttled,
    TooMany,
)
from hub.guard.model import Hold, HoldReason
from hub.hookspecs import API_VERSION, hookimpl
from hub.inbound.model import InboundKind, InboundMessage, OptOutNotice
from hub.inbound.reply_address import Conversation
from hub.messages.connector import (
    Capabilities,
    Connector,
    ConnectorContext,
    InboundText,
    NotSent,
    Outcome,
    Rejected,
    Sink,
    Submitted,
    Unknown,
)
from hub.messages.model import (
    Acceptance,
    CampaignRequest,
    CampaignState,
    CampaignView,
    DeliveryReceipt,
    Draft,
    FailureReason,
    Finding,
    MessageNotice,
    MessageState,
    MessageView,
    OutgoingMessage,
    ReceiptState,
    Recipient,
    Tally,
)
from hub.registry import Address, MigrationBranch, Registry, SealedColumn, Service
from hub.running import Hub
from hub.sms.model import Alphabet, EncodingMode, NumberRefusal, PhoneNumber
from hub.version import __version__

__all__ = [
    "API_VERSION",
    "Acceptance",
    "Account",
    "Address",
    "Alphabet",
    "CampaignRequest",
    "CampaignState",
    "CampaignView",
    "Capabilities",
    "Clock",
    "CommitInDoubt",
    "Conflict",
    "Connector",
    "ConnectorContext",
    "ConnectorError",
    "Conversation",
    "DeliveryReceipt",
    "Draft",
    "EncodingMode",
    "FailureReason",
    "Fault",
    "Finding",
    "Hold",
    "HoldReason",
    "Hub",
    "HubError",
    "InboundKind",
    "InboundMessage",
    "InboundText",
    "LowBalance",
    "MessageNotice",
    "MessageState",
    "MessageView",
    "MigrationBranch",
    "NotAllowed",
    "NotAuthenticated",
    "NotEnoughCredits",
    "NotFound",
    "NotSent",
    "NumberRefusal",
    "OptOutNotice",
    "Outcome",
    "OutgoingMessage",
    "OutsideWindow",
    "Paused",
    "PermanentFailure",
    "PhoneNumber",
    "PurchaseOrder",
    "Purpose",
    "ReceiptState",
    "Recipient",
    "Registry",
    "Rejected",
    "RequestRefused",
    "SealedColumn",
    "Service",
    "Sink",
    "StoreUnavailable",
    "Submitted",
    "Tally",
    "TemporaryFailure",
    "Throttled",
    "TooMany",
    "Unknown",
    "Violation",
    "__version__",
    "hookimpl",
]
