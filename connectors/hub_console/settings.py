"""The keys of `[connector.NAME] type = console`."""

from __future__ import annotations

from pydantic import Field

from hub.plugin_kit import Section


class ConsoleSettings(Section):
    """How the console plays a carrier."""

    receipts: bool = Field(
        default=True,
        description="Whether each text is reported as delivered at once; without, it ends as no_receipt after 48 h.",
    )
    batch_size: int = Field(default=100, ge=1, le=10_000, description="Texts that one call may hand over.")
