"""What is no SMPP, or none that makes sense: a balancer, a wrong port and a broken gateway say such things."""

from __future__ import annotations

from hub_smpp.codec import encode
from hub_smpp.pdu import HEADER, EnquireLink, GenericNack

RUBBISH = {
    "a length of 4": HEADER.pack(4, 0x15, 0, 1),
    "a length of 2 GB": HEADER.pack(0x7FFFFFFF, 0x80000004, 0, 1),
    "an unknown command": HEADER.pack(16, 0x0ABC, 0, 1),
    "HTTP": b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    "octets of nothing": bytes(64),
    "a generic_nack of nothing": encode(GenericNack(sequence=0, status=0x03)),
    "a body that ends within a field": HEADER.pack(20, 0x05, 0, 7) + b"\1\2\3\4",
}
TRUNCATED = encode(EnquireLink(sequence=1))[:10]
"""The beginning of a PDU whose rest never comes."""
