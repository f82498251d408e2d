"""A process of its own that spends one account's credits: `spender_process.py FOLDER DATABASE_URL ACCOUNT_ID TRIES`.

It says `ready`, waits for a line, sends TRIES texts of two segments to one number as fast as it can, and writes
how each ended: `accepted`, `held`, or the code of the refusal.
"""

from __future__ import annotations

import os
import sys

from hub.bootstrap import build
from hub.compliance.model import Purpose
from hub.errors import RequestRefused
from hub.messages.model import CampaignRequest, Recipient
from hub.observe import configure_logging


def main(folder: str, database_url: str, account_id: str, tries: str) -> None:
    """Spend."""
    configure_logging("error", "json")  # standard output is for the test
    settings = {"HUB_HUB_DATA_DIR": folder, "HUB_HUB_DATABASE_URL": database_url, "HUB_HUB_REDIS_URL": "none"}
    core = build(None, environ=settings | {name: one for name, one in os.environ.items() if name.startswith("HUB_G")})
    request = CampaignRequest(int(account_id), "x" * 200, (Recipient("+33612345678"),), Purpose.ALERT)
    core.accounts.get(request.account_id)
    print("ready", flush=True)  # noqa: T201 - the test waits for it
    sys.stdin.readline()
    for _ in range(int(tries)):
        try:
            ended = str(core.accept(request).state)
        except RequestRefused as error:
            ended = error.code
        print(ended, flush=True)  # noqa: T201 - and counts these
    core.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
