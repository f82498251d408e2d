"""A carrier that speaks SMPP 3.4 over TCP, and misbehaves as asked: what hub_smpp is proved with.

    python -m hub_smpp.testing --folder FOLDER [--port N] [--set KEY=VALUE ...] [--cert FILE --key FILE]

It keeps a book of its own, which outlives its SIGKILL: what it took, which receipts and texts it still owes. Tests
hold it as a thread (`SmscThread`) or as a process (`SmscProcess`) that can be frozen and killed.
"""

from hub_smpp.testing.behaviour import Behaviour, Fate
from hub_smpp.testing.book import Book, Owed, Taken
from hub_smpp.testing.phone import Phone
from hub_smpp.testing.process import SmscProcess
from hub_smpp.testing.smsc import Smsc
from hub_smpp.testing.thread import SmscThread

__all__ = ["Behaviour", "Book", "Fate", "Owed", "Phone", "Smsc", "SmscProcess", "SmscThread", "Taken"]
