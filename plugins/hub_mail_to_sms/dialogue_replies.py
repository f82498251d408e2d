"""What the listener says in the course of a dialogue: its own sentences, and better ones for aiosmtpd's."""

from __future__ import annotations

import re

UNKNOWN_ADDRESS = "550 5.1.1 This address belongs to nobody here; ask the hub for your account's address."
NO_RELAY = "550 5.7.1 This server takes mail for {domain} only and relays nothing."
SIGN_IN_FIRST = "530 5.7.0 Sign in first: the account's name and an API token, over TLS."
NOT_SIGNED_IN = "535 5.7.8 The account or the token is not right."
SIGN_IN_LATER = "454 4.7.0 Signing in does not work just now; please try again."
ONE_ACCOUNT = "452 4.5.3 One account per mail, please; send the others a mail of their own."
ONE_SENDER = "452 4.5.3 These people are answered from different numbers; a mail of its own for each, please."
NUMBER_ALONE = "550 5.7.1 A number alone proves nothing: answer that person's mail, or sign in."
ENOUGH_ADDRESSES = "452 4.5.3 That is enough addresses; phone numbers go into the subject."
NOT_ASCII = "553 5.6.7 An address with letters beyond ASCII needs SMTPUTF8."
TOO_BIG = "552 5.3.4 This mail is too big; the most is {kb} kilobytes."
TLS_ALREADY = "503 5.5.1 This connection has TLS already."
LINE_TOO_LONG = "500 5.5.2 This line is too long."
SENDER_TAKEN = "250 2.1.0 Ok"
RECIPIENT_TAKEN = "250 2.1.5 Ok"
VERIFY_NOTHING = "252 2.5.1 Send the mail and you will see."
HELP = "214 2.0.0 Mail to your account's address: phone numbers as the subject, the text as the body."

HTTP = "421 4.7.0 This is a mail server."
TOO_MANY_CONNECTIONS = "421 4.7.0 Too many connections; try again in a minute."
TOO_MANY_FAILURES = "421 4.7.0 Too many failed sign-ins; try again in a quarter of an hour."
TOO_MANY_MISTAKES = "421 4.7.0 Too many mistakes; goodbye."
SILENT = "421 4.4.2 No word from you for too long; goodbye."
DAWDLING = "421 4.4.2 This mail takes too long; goodbye."
NO_MORE = "421 4.4.2 You say no more; goodbye."
STOPPING = "421 4.3.2 The hub is stopping; try again in a minute."

_BETTER = (
    ("552 Error: message size", TOO_BIG),
    ("500 Command line too long", LINE_TOO_LONG),
    ("500 Error: bad syntax", "500 5.5.2 This is no command."),
    ("500 Error: command", "500 5.5.1 There is no such command."),
    ("501 Syntax: MAIL", "501 5.5.4 Write MAIL FROM:<address> and its parameters."),
    ("501 Syntax: RCPT", "501 5.5.4 Write RCPT TO:<address> and its parameters."),
    ("502 5.5.1 Too many", TOO_MANY_MISTAKES),
    ("502 ", "502 5.5.1 This command is not for you."),
    ("221 Bye", "221 2.0.0 Goodbye."),
    ("250 OK", "250 2.0.0 Ok"),
)
"""What aiosmtpd says of its own accord, and what to say instead; the first match holds."""

_ENHANCED = {"454": "4.7.0", "501": "5.5.4", "503": "5.5.1", "504": "5.5.4", "554": "5.7.0", "555": "5.5.4"}
"""Enhanced codes for the rest of what it says (RFC 3463)."""
_WITHOUT_ENHANCED = re.compile(r"(\d{3}) (?!\d\.\d{1,3}\.\d{1,3} )(?:Error: )?(.*)", re.DOTALL)


def improved(status: str, size_limit: int) -> str:
    """A reply with an enhanced code and, where there is one, a better sentence; `size_limit` is in bytes.

    Always one line without control characters: some of aiosmtpd's replies repeat what the client said.
    """
    for beginning, better in _BETTER:
        if status.startswith(beginning):
            return better.format(kb=size_limit // 1024)
    bare = _WITHOUT_ENHANCED.fullmatch(status)
    if bare and bare[1] in _ENHANCED:
        status = f"{bare[1]} {_ENHANCED[bare[1]]} {bare[2]}"
    return "".join(character if character.isprintable() else "?" for character in status)
