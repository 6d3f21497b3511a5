"""How an award stands, in sentences for people who don't know the system. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from shared.catalogue.durations import Duration
from shared.catalogue.facts import WAITS_FOR_ADDRESS, WAITS_FOR_APPROVAL
from shared.catalogue.model import LiveAchievement, Tenant
from shared.catalogue.words import of_duration
from shared.contracts.documents import StatusFact
from shared.contracts.identity import first_award_key
from shared.openbadges.status import Status, status_of

ONCE = "once"


class State(StrEnum):
    """What a badge comes to, in a word or three."""

    HELD = "holds it"
    EXPIRED = "held it, and it has expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"
    DUE_LATER = "earned, will be issued later"
    WAITS_FOR_ADDRESS = "earned, waits for an address"
    WAITS_FOR_APPROVAL = "earned, waits for approval"
    WITHDRAWN = "was earned, and didn't hold until it was due"
    DECLINED = "declined by a registrar"
    NOT_YET = "not earned"


_WAITS = {WAITS_FOR_ADDRESS: State.WAITS_FOR_ADDRESS, WAITS_FOR_APPROVAL: State.WAITS_FOR_APPROVAL}


@dataclass(frozen=True, slots=True)
class Told:
    """One award, and how it stands."""

    award_id: str
    version: int
    run: str | None
    state: State
    earned_at: datetime
    sentences: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "award": self.award_id,
            "version": self.version,
            "run": self.run,
            "state": self.state.value,
            "earned_at": self.earned_at.isoformat(),
            "sentences": list(self.sentences),
        }


@dataclass(frozen=True, slots=True)
class Stands:
    """What is stored about one award, apart from what it is for."""

    award: Mapping[str, Any]
    tenant: Tenant
    live: LiveAchievement | None
    """the version that it was earned under"""
    earnable: Sequence[int]
    """versions that can be earned today"""
    now: datetime
    facts: Sequence[StatusFact] = ()
    signed: bool | None = None
    """whether there is a credential; None: nobody looked"""

    @property
    def status(self) -> Status:
        """What was said of the credential; where nobody looked, what the evaluator was told."""
        if self.facts:
            return status_of(self.facts)
        return Status(self.award.get("credential_state", "active"))

    @property
    def expires(self) -> datetime | None:
        """When it ends by itself."""
        valid_for = self.live.achievement.valid_for if self.live else None
        return Duration.parse(valid_for).after(self.award["due_at"], self._zone) if valid_for else None

    @property
    def state(self) -> State:
        """In a word."""
        by_state = {"withdrawn": State.WITHDRAWN, "declined": State.DECLINED}
        kept = str(self.award["state"])
        if kept in by_state:
            return by_state[kept]
        if kept != "earned":
            return self._waits()
        if self.status.state != "active":
            return State.SUSPENDED if self.status.state == "suspended" else State.REVOKED
        return State.EXPIRED if self.expires is not None and self.expires <= self.now else State.HELD

    def told(self) -> Told:
        """For people and for scripts."""
        award = self.award
        key = first_award_key(str(award["award_key"]))
        run = None if key == ONCE else key
        return Told(
            str(award["_id"]), award["version"], run, self.state, award["earned_at"], tuple(self._sentences(run))
        )

    def _waits(self) -> State:
        return _WAITS.get(str(self.award.get("waits_for")), State.DUE_LATER)

    def _sentences(self, run: str | None) -> Iterator[str]:
        award, version = self.award, self.award["version"]
        for_run = f" for the course run {run}" if run else ""
        again = " again" if first_award_key(award["award_key"]) != award["award_key"] else ""
        when = f"{for_run} on {self._day(award['earned_at'])}"
        yield f"Earned{again}{when}, by the rules of version {version}: {award['why']}."
        yield from self._ruling()
        yield from self._state_sentences()
        if version not in self.earnable:
            yield (
                f"{_versions(self.earnable)} can be earned today. What was earned under version {version} stays as "
                "it is."
            )

    def _ruling(self) -> Iterator[str]:
        """What a registrar who confirms each award said."""
        ruling = self.award.get("ruling")
        if ruling:
            did = {"approve": "approved it", "decline": "decided against it"}[str(ruling["decision"])]
            said = f": {ruling['reason'].rstrip('.')}." if ruling["reason"] else "."
            yield f"A registrar {did} on {self._time(ruling['at'])}{said}"

    def _state_sentences(self) -> Iterator[str]:
        award, status = self.award, self.status
        match self.state:
            case State.DUE_LATER:
                wait = self.live.achievement.issue_after if self.live else None
                after = f", {of_duration(Duration.parse(wait))} after it was earned" if wait else ""
                yield f"It will be issued on {self._time(award['due_at'])}{after}, if it still holds then."
            case State.WAITS_FOR_ADDRESS:
                yield (
                    "Nobody has told Laurel an e-mail address of the learner yet. It will be issued as soon as one is "
                    f"known, and on {self._time(award['waits_until'])} at the latest."
                )
            case State.WAITS_FOR_APPROVAL:
                yield "A registrar confirms each award of this badge, and hasn't decided about this one yet."
            case State.WITHDRAWN:
                yield "It was to be issued later, and when that day came the criteria were no longer met: it never was."
            case State.DECLINED:
                yield "It is not issued."
            case State.SUSPENDED | State.REVOKED:
                since = f" on {self._time(status.since)}" if status.since else ""
                said = f": {status.reason.rstrip('.')}." if status.reason else "."
                final = " That is final." if self.state is State.REVOKED else " For the time being it doesn't count."
                yield f"Its credential was {self.state.value}{since}{said}{final}"
            case _:
                yield from self._issued()

    def _issued(self) -> Iterator[str]:
        if self.signed is False:
            yield "Its credential is being signed, which takes seconds; if it stays so, `laurel doctor` says why."
        else:
            yield f"Its credential is valid from {self._day(self.award['due_at'])}{self._end()}."
        if self.status.reason and self.status.since:
            yield f"It was reinstated on {self._time(self.status.since)}: {self.status.reason.rstrip('.')}."

    def _end(self) -> str:
        if self.expires is None:
            return ", without an end"
        ended = ", which is over" if self.state is State.EXPIRED else ""
        return f" until {self._day(self.expires)}{ended}"

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.tenant.issuer.timezone)

    def _day(self, moment: datetime) -> str:
        return moment.astimezone(self._zone).date().isoformat()

    def _time(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._zone):%Y-%m-%d %H:%M} ({self._zone.key})"


def _versions(numbers: Sequence[int]) -> str:
    """`Version 2`, `Versions 2 and 3`, `No version`."""
    said = " and ".join(map(str, sorted(numbers)))
    return f"Version{'s' if numbers[1:] else ''} {said}" if numbers else "No version"
