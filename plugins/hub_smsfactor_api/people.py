"""Which of the tables are about people: an erasure, an export and the retention of words reach these rows."""

from __future__ import annotations

from hub import PersonTable

PEOPLE = (
    PersonTable(
        "smsfactor_references",
        key=("ticket_id", "number"),
        account="account_id",
        number="number",
        shown=("reference",),
        campaign="campaign_id",
    ),
    PersonTable(
        "smsfactor_unsent",
        key=("ticket_id",),
        account="account_id",
        number="number",
        shown=("report",),
        made_at="made_at",
    ),
    PersonTable(
        "smsfactor_infos",
        key=("account_id", "kind", "number"),
        account="account_id",
        number="number",
        shown=("kind", "info1", "info2", "info3", "info4"),
    ),
)
"""Names of recipients go with the words of their campaign, reports of what was not sent with words of their age; what
stands beside a blacklisted number stays as long as the entry does."""
