"""The keys of `[discreet]`."""

from __future__ import annotations

from pydantic import Field

from hub.plugin_kit import Section


class DiscreetSettings(Section):
    """How long the counts of what was sent and kept back are kept."""

    keep_days: int = Field(default=90, ge=1, le=3650, description="Days after which daily counts are cleared out.")
