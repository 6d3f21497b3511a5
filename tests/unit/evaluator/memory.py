"""The evaluator's stores in memory: the same promises as in MongoDB, held to them by tests/contracts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from services.evaluator.awards import Correction, OwnAward, Ruling
from services.evaluator.known import Position
from services.evaluator.ports import Learner, Merge, Outcome, Placing
from services.evaluator.touches import adopted, handed_over, tag_of, version_tag
from shared.contracts.documents import AwardState
from shared.contracts.events import CredentialState, CredentialStatusChanged, Decision


class MemoryActivities:
    def __init__(self) -> None:
        self.documents: dict[str, Mapping[str, Any]] = {}
        self.tagged = 0

    async def insert(self, activities: Sequence[Mapping[str, Any]]) -> Outcome:
        before, known = len(self.documents), set(self.documents)
        conflicts = frozenset(
            at
            for at, each in enumerate(activities)
            if self.documents.setdefault(each["_id"], each)["content"] != each["content"]
        )
        twins = [each for at, each in enumerate(activities) if at not in conflicts and each["_id"] in known]
        await self.tag([each for each in twins if "judged_under" in each])
        return Outcome(conflicts, len(activities) - (len(self.documents) - before) - len(conflicts))

    async def of_learners(self, learners: Collection[Learner]) -> dict[Learner, list[Mapping[str, Any]]]:
        found: dict[Learner, list[Mapping[str, Any]]] = {}
        for each in self.documents.values():
            if (each["tenant"], each["learner"]) in learners:
                found.setdefault((each["tenant"], each["learner"]), []).append(each)
        return found

    async def touching(self, achievements: Mapping[Learner, Collection[str]]) -> dict[Learner, list[Mapping[str, Any]]]:
        everything = await self.of_learners(set(achievements))
        found: dict[Learner, list[Mapping[str, Any]]] = {}
        for learner, documents in everything.items():
            wanted = {tag_of(learner[1], each) for each in achievements[learner]}
            seen = [each for each in documents if wanted & set(each.get("touches", ()))]
            versions = {version_tag(each["fact"]) for each in seen if each.get("fact")}
            seen += [each for each in documents if versions & set(each.get("touches", ())) and each not in seen]
            if seen:
                found[learner] = seen
        return found

    async def tag(self, activities: Sequence[Mapping[str, Any]]) -> None:
        for each in activities:
            known = self.documents[each["_id"]]
            if known["learner"] == each["learner"] and known["judged_under"] < each["judged_under"]:
                tags = {name: each[name] for name in ("touches", "judged_under")}
                self.documents[each["_id"]] = {**known, **tags}

    async def any_under(self, revision: int) -> bool:
        return any(each.get("judged_under", revision) < revision for each in self.documents.values())

    async def tagged_under(self) -> int:
        return self.tagged

    async def all_tagged(self, revision: int) -> None:
        self.tagged = max(self.tagged, revision)

    async def find(self, ids: Collection[str]) -> list[Mapping[str, Any]]:
        return [self.documents[each] for each in ids if each in self.documents]

    async def adopt(self, voided: Sequence[Mapping[str, Any]]) -> None:
        owners = {each["_id"]: each for each in voided}
        for key, each in list(self.documents.items()):
            if owner := owners.get(each.get("parked", "")):
                kept = {name: value for name, value in each.items() if name != "parked"}
                self.documents[key] = {**kept, **adopted(owner)}

    async def move(self, tenant: str, learner: str, into: str) -> None:
        for key, each in list(self.documents.items()):
            if (each["tenant"], each["learner"]) == (tenant, learner):
                self.documents[key] = {**each, **handed_over(each, learner, into)}


class MemoryAwards:
    def __init__(self) -> None:
        self.awards: dict[str, OwnAward] = {}
        self.until = datetime(1970, 1, 1, tzinfo=UTC)

    async def insert(self, awards: Sequence[OwnAward], placing: Placing) -> tuple[list[OwnAward], set[str]]:
        new = set()
        for each in awards:
            attempt = 0
            while each.id not in self.awards:
                award = placing(each, attempt)
                attempt += 1
                if self._slot(award) not in {self._slot(other) for other in self.awards.values()}:
                    self.awards[each.id] = award
                    new.add(each.id)
        return [self.awards[each.id] for each in awards], new

    async def revive(self, awards: Sequence[OwnAward]) -> list[OwnAward]:
        for each in awards:
            was = self.awards[each.id]
            if was.state is AwardState.WITHDRAWN:
                slot = {"status_list": was.status_list, "status_index": was.status_index}
                self.awards[each.id] = each.model_copy(update=slot)
        return [self.awards[each.id] for each in awards]

    async def of_learners(self, learners: Collection[Learner]) -> dict[Learner, list[OwnAward]]:
        found: dict[Learner, list[OwnAward]] = {}
        for each in self.awards.values():
            if (each.tenant, each.learner) in learners:
                found.setdefault((each.tenant, each.learner), []).append(each)
        return found

    async def find(self, ids: Collection[str]) -> list[OwnAward]:
        return [self.awards[each] for each in ids if each in self.awards]

    async def to_look_at(self, now: datetime, limit: int) -> list[OwnAward]:
        found = [(each.look_at, each) for each in self.awards.values() if each.look_at and each.look_at <= now]
        return [each for _, each in sorted(found, key=lambda pair: pair[0])][:limit]

    async def settle(self, ids: Collection[str], *, withdrawn: bool) -> None:
        for each in ids:
            if self.awards[each].state is AwardState.PENDING:
                waits: dict[str, object] = {"waits_for": None, "waits_until": None, "tries": 0}
                if withdrawn:
                    self._change(each, state=AwardState.WITHDRAWN, look_at=None, **waits)
                else:
                    self._change(each, state=AwardState.EARNED, **waits)

    async def waiting_for_address(self, learners: Collection[Learner]) -> list[OwnAward]:
        return [each for some in (await self.of_learners(learners)).values() for each in some if each.waits_for_address]

    async def park(self, awards: Sequence[OwnAward]) -> None:
        for each in awards:
            if self.awards[each.id].state is AwardState.PENDING:
                fields = ("waits_for", "waits_until", "look_at")
                self._change(each.id, **{name: getattr(each, name) for name in fields})

    async def move(self, tenant: str, learner: str, into: str) -> None:
        for each in list(self.awards.values()):
            if (each.tenant, each.learner) == (tenant, learner):
                self._change(each.id, learner=into)

    async def postpone(self, looks: Mapping[str, datetime]) -> None:
        for each, look in looks.items():
            self._change(each, look_at=look, tries=self.awards[each].tries + 1)

    async def clear(self, looks: Mapping[str, datetime | None]) -> None:
        for each, look in looks.items():
            if self.awards[each].look_at == look:
                self._change(each, look_at=None)

    async def withdraw(self, positions: Mapping[str, Position]) -> None:
        for each, position in positions.items():
            if self.awards[each].state is AwardState.PENDING:
                waits: dict[str, object] = {"waits_for": None, "waits_until": None, "look_at": None}
                self._change(each, state=AwardState.WITHDRAWN, withdrawn_after=position, **waits)

    async def correct(self, marks: Mapping[str, tuple[int, Correction]], look_at: datetime) -> None:
        for each, (count, mark) in marks.items():
            known = self.awards[each]
            if known.is_earned and len(known.corrections) == count:
                corrections = (*known.corrections, mark)
                self._change(each, corrections=corrections, corrected=mark.takes_back, look_at=look_at)

    async def rule(self, rulings: Mapping[str, tuple[Ruling, datetime]]) -> None:
        for each, (ruling, look_at) in rulings.items():
            known = self.awards[each]
            if known.waits_for_approval and ruling.decision is Decision.APPROVE:
                self._change(each, ruling=ruling, waits_for=None, look_at=look_at)
            elif known.waits_for_approval:
                self._change(each, ruling=ruling, waits_for=None, state=AwardState.DECLINED)

    async def pending_approval(self) -> dict[str, int]:
        return dict(Counter(each.tenant for each in self.awards.values() if each.waits_for_approval))

    async def stored_since(self, since: datetime, until: datetime, limit: int) -> list[tuple[str, datetime]]:
        found = sorted((each.stored_at, each.id) for each in self.awards.values() if since < each.stored_at <= until)
        return [(name, at) for number, (at, name) in enumerate(found) if number < limit or at == found[limit - 1][0]]

    async def looked_through(self) -> datetime:
        return self.until

    async def look_through(self, until: datetime) -> None:
        self.until = max(self.until, until)

    async def record_states(self, changes: Sequence[CredentialStatusChanged]) -> None:
        for each in changes:
            known = self.awards.get(each.award_id)
            if known is not None and known.credential_facts < each.facts:
                self._change(each.award_id, credential_state=each.state, credential_facts=each.facts)
                if each.state is CredentialState.REVOKED:
                    self._change(each.award_id, ended_by=each.fact, ended_at=each.since)

    async def taken(self, tenant: str, status_list: int) -> int:
        return sum((each.tenant, each.status_list) == (tenant, status_list) for each in self.awards.values())

    def _change(self, award_id: str, **values: object) -> None:
        self.awards[award_id] = self.awards[award_id].model_copy(update=values)

    def _slot(self, award: OwnAward) -> tuple[str, int, int]:
        return award.tenant, award.status_list, award.status_index


class MemoryIssued:
    def __init__(self) -> None:
        self.ids: set[str] = set()

    async def which(self, ids: Collection[str]) -> set[str]:
        return self.ids & set(ids)


class MemoryDirectory:
    def __init__(self) -> None:
        self.addresses: set[Learner] = set()
        self.asked = 0

    async def reachable(self, learners: Collection[Learner]) -> set[Learner]:
        self.asked += 1
        return self.addresses & set(learners)


class MemoryMerges:
    def __init__(self) -> None:
        self.merges: dict[str, Merge] = {}

    async def add(self, merges: Sequence[Merge]) -> None:
        for each in merges:
            self.merges.setdefault(each.learner, each)

    async def since(self, moment: datetime) -> list[Merge]:
        return self._sorted(each for each in self.merges.values() if each.stored_at >= moment)

    async def to_look_at(self, now: datetime) -> list[Merge]:
        return self._sorted(each for each in self.merges.values() if each.look_at and each.look_at <= now)

    async def looked(self, merge: Merge, again: datetime | None) -> None:
        known = self.merges[merge.learner]
        if known.tries == merge.tries:
            self.merges[merge.learner] = replace(known, tries=known.tries + 1, look_at=again)

    def _sorted(self, merges: Iterable[Merge]) -> list[Merge]:
        return sorted(merges, key=lambda each: (each.stored_at, each.learner))


class MemoryTally:
    def __init__(self) -> None:
        self.counts = {"accepted": 0, "duplicate": 0, "conflict": 0, "met": 0, "unmet": 0, "awards": 0}
        self.seconds: list[float] = []
        self.free: dict[tuple[str, int], int] = {}
        self.rules_touched: set[tuple[str, str]] = set()

    def received(self, outcome: str, count: int) -> None:
        self.counts[outcome] += count

    def judged(self, met: int, unmet: int, seconds: float) -> None:
        self.counts["met"] += met
        self.counts["unmet"] += unmet
        self.seconds.append(seconds)

    def awarded(self, tenant: str, achievement: str, type_: str, at: datetime) -> None:
        self.counts["awards"] += 1

    def touched(self, rules: Collection[tuple[str, str]], at: datetime) -> None:
        self.rules_touched.update(rules)

    def pending_approval(self, counts: Mapping[str, int]) -> None:
        self.pending = dict(counts)

    def free_slots(self, tenant: str, status_list: int, free: int) -> None:
        self.free[tenant, status_list] = free
