"""The hub's answer to a campaign, as it is kept beside it and given again to a repeated request."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from hub.guard.model import Hold, HoldReason
from hub.messages.model import Acceptance, CampaignState, Deferral
from hub.sms.model import Change

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hub.messages.model import MessageView
    from hub.messages.planning import PlannedMessage, Planner
    from hub.store.bulk import AnyRow


_UNTIL_RELEASED = "What has not left by then waits until the operator of the hub has released it."


def hold_of(campaign: AnyRow) -> Hold | None:
    """Why a stored campaign waits for review, if it does."""
    if campaign.held_at is None:
        return None
    return Hold(HoldReason(campaign.hold_reason), campaign.hold_detail, campaign.held_at)


@dataclass(frozen=True, slots=True)
class Summary:
    """What was decided of a campaign, or of a part of it; `repeated` counts the duplicates left out."""

    accepted: int = 0
    blocked: int = 0
    deferred: int = 0
    segments: int = 0
    repeated: int = 0
    blocked_by: dict[str, int] = field(default_factory=dict)
    deferrals: tuple[Deferral, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    field_names: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, planner: Planner, planned: Sequence[PlannedMessage], repeated: int, notes: tuple[str, ...] = ()
    ) -> Summary:
        """Sum up what was planned."""
        going = [message for message in planned if message.violation is None]
        waiting = Counter((message.country, message.due_at) for message in going if message.deferred)
        return cls(
            accepted=len(going),
            blocked=len(planned) - len(going),
            deferred=sum(waiting.values()),
            segments=sum(message.segments for message in going),
            repeated=repeated,
            blocked_by=dict(Counter(message.violation.code for message in planned if message.violation)),
            deferrals=tuple(
                Deferral(country, count, until) for (country, until), count in waiting.items() if country and until
            ),
            notes=(*notes, *(plan.note for plan in planner.countries if plan.note)),
            changes=_as_changes(_rewritings_of(going)),
        )

    @classmethod
    def of_row(cls, row: AnyRow) -> Summary:
        """What is kept beside a campaign."""
        kept = json.loads(row.summary)
        return cls(
            accepted=row.accepted,
            blocked=row.blocked,
            deferred=row.deferred,
            segments=row.segments,
            repeated=kept["repeated"],
            blocked_by=kept["blocked_by"],
            deferrals=tuple(
                Deferral(country, count, datetime.fromisoformat(until)) for country, count, until in kept["deferrals"]
            ),
            notes=tuple(kept["notes"]),
            changes=tuple(Change(*change) for change in kept["changes"]),
            field_names=tuple(kept["field_names"]),
        )

    def plus(self, other: Summary) -> Summary:
        """Two parts of a campaign together."""
        waiting: Counter[tuple[str, datetime]] = Counter()
        for deferral in (*self.deferrals, *other.deferrals):
            waiting[deferral.country, deferral.until] += deferral.count
        changes = Counter({(c.found, c.replacement): c.count for c in self.changes})
        changes.update({(c.found, c.replacement): c.count for c in other.changes})
        return replace(
            self,
            accepted=self.accepted + other.accepted,
            blocked=self.blocked + other.blocked,
            deferred=self.deferred + other.deferred,
            segments=self.segments + other.segments,
            repeated=self.repeated + other.repeated,
            blocked_by=dict(Counter(self.blocked_by) + Counter(other.blocked_by)),
            deferrals=tuple(Deferral(country, count, until) for (country, until), count in waiting.items()),
            notes=tuple(dict.fromkeys((*self.notes, *other.notes))),
            changes=_as_changes(changes),
        )

    def columns(self) -> dict[str, Any]:
        """The columns of a campaign that say this; a segment costs one credit."""
        return {
            "accepted": self.accepted,
            "blocked": self.blocked,
            "deferred": self.deferred,
            "segments": self.segments,
            "credits": self.segments,
            "summary": self._to_json(),
        }

    def answer(
        self,
        campaign_id: str,
        state: CampaignState,
        messages: Sequence[MessageView],
        *,
        replayed: bool = False,
        hold: Hold | None = None,
    ) -> Acceptance:
        """What the sender hears."""
        held = (f"Held for review: {hold.message} {_UNTIL_RELEASED}",) if hold else ()
        repeated = (f"{self.repeated} duplicate recipient(s) left out.",) if self.repeated else ()
        return Acceptance(
            campaign_id=campaign_id,
            state=state,
            accepted=self.accepted,
            blocked=self.blocked,
            segments=self.segments,
            credits=self.segments,
            blocked_by=self.blocked_by,
            deferred=self.deferrals,
            notes=(*held, *self.notes, *repeated),
            changes=self.changes,
            messages=tuple(messages),
            replayed=replayed,
            hold=hold,
        )

    def _to_json(self) -> str:
        return json.dumps(
            {
                "repeated": self.repeated,
                "blocked_by": self.blocked_by,
                "deferrals": [[d.country, d.count, d.until.isoformat()] for d in self.deferrals],
                "notes": self.notes,
                "changes": [[c.found, c.replacement, c.count] for c in self.changes],
                "field_names": self.field_names,
            }
        )


def _rewritings_of(going: Sequence[PlannedMessage]) -> Counter[tuple[str, str]]:
    counted: Counter[tuple[str, str]] = Counter()
    for message in going:
        for change in message.prepared.changes if message.prepared else ():
            counted[change.found, change.replacement] += change.count
    return counted


def _as_changes(counted: Mapping[tuple[str, str], int]) -> tuple[Change, ...]:
    """The rewritings of a whole campaign, the most frequent first."""
    ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    return tuple(Change(found, replacement, count) for (found, replacement), count in ranked)
