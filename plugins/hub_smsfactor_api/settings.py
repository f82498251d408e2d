"""The keys of `[smsfactor_api]`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hub.plugin_kit import Section


class SmsfactorSettings(Section):
    """The endpoints for software that was written for SMSFactor."""

    mount: Literal["/smsfactor", "/"] = Field(
        default="/smsfactor", description="Where they are: under /smsfactor, or with / at the root as well."
    )
