"""The evaluator's use case: activities are stored, then every learner of the batch is judged from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from services.evaluator.addresses import Addresses
from services.evaluator.arriving import Delivered, conflict_of, document_of, united
from services.evaluator.awards import OwnAward, arrived_of, award_of, held_of, placed, told
from services.evaluator.compiled import Compiled
from services.evaluator.correcting import Corrections
from services.evaluator.judging import Judgement, judge
from services.evaluator.lately import Lately
from services.evaluator.merging import Merges
from services.evaluator.places import Places
from services.evaluator.ports import Activities, Awards, Clock, Issued, Learner, Publish, Tally, Timer
from services.evaluator.rechecking import Turn
from services.evaluator.rounds import rounds
from services.evaluator.rules import Rule
from services.evaluator.touches import Tagged, tagged_anew, tagging
from shared.catalogue.facts import fact_of
from shared.contracts import identity
from shared.contracts.events import CredentialState, CredentialStatusChanged, LearningActivity
from shared.errors import Rejected

TOLD_LATELY = 20_000
"""awards that this process remembers to have told; forgetting one only means telling it again"""
MOST_TURNS = 50
"""of one learner's awards at one arrival; badges that need each other in a ring could turn for ever"""
Badge = tuple[str, str, str]
"""tenant, learner and achievement"""
Mails = Mapping[Learner, Mapping[str, Any]]
"""what new awards of these learners say about their e-mail"""
_AS_USUAL: Mails = MappingProxyType({})


class Evaluator:
    """Judges learners. Holds nothing that isn't in the store, but the compiled catalogue."""

    def __init__(
        self,
        activities: Activities,
        awards: Awards,
        issued: Issued,
        places: Places,
        tally: Tally,
        publish: Publish,
        live: Callable[[], Awaitable[Compiled]],
        clock: Clock,
        *,
        addresses: Addresses,
        corrections: Corrections,
        tagged: Tagged,
        merges: Merges,
        timer: Timer,
        secret: bytes,
    ) -> None:
        self._activities = activities
        self._awards = awards
        self._places = places
        self._tally = tally
        self._publish = publish
        self._live = live
        self._clock = clock
        self._addresses = addresses
        self._corrections = corrections
        self._tagged = tagged
        self._merges = merges
        self._timer = timer
        self._secret = secret
        self._issued = issued
        self._told = Lately(TOLD_LATELY)

    async def receive(self, batch: Sequence[Delivered]) -> list[Rejected | None]:
        """A verdict for each. Twins are counted, and judged as well: their first delivery may have died half-way."""
        live = await self._live()
        await self._merges.fresh()
        documents = [document_of(each, self._owner(each.activity), live) for each in batch]
        refused: set[int] = set()
        for places in rounds(documents, live):
            refused |= await self._take({place: documents[place] for place in places}, live)
        return [conflict_of(each.activity) if at in refused else None for at, each in enumerate(batch)]

    async def _take(self, documents: Mapping[int, Mapping[str, Any]], live: Compiled) -> set[int]:
        """Stored, then judged. Answers the places of those whose id is taken."""
        places, batch = list(documents), list(documents.values())
        outcome = await self._activities.insert(batch)
        self._tally.received("duplicate", outcome.duplicates)
        self._tally.received("conflict", len(outcome.conflicts))
        self._tally.received("accepted", len(batch) - outcome.duplicates - len(outcome.conflicts))
        stored = [each for at, each in enumerate(batch) if at not in outcome.conflicts]
        voided = await united(self._activities, stored)
        if (newer := await self._live()) is not live:
            # whoever awards those who earned it before may have looked before these were stored
            live = newer
            await self._activities.tag([{**each, **tagging(each, live)} for each in stored if each["learner"]])
        touched = _touched([*batch, *voided], live)
        self._tally.touched({(of.tenant, of.achievement) for some in touched.values() for of in some}, self._clock())
        await self.judge(touched, live)
        return {places[each] for each in outcome.conflicts}

    async def status_changed(self, changes: Sequence[CredentialStatusChanged]) -> None:
        """Recorded on the awards; badges that need them, and what may be earned again, are judged."""
        live = await self._live()
        await self._merges.fresh()
        await self._awards.record_states(changes)
        owners = {each.award_id: self._merges.into(each.tenant, each.learner) for each in changes}
        badges = [(each.tenant, owners[each.award_id], each.achievement) for each in changes]
        over = [badge for each, badge in zip(changes, badges, strict=True) if each.state is CredentialState.REVOKED]
        await self.judge_dependants(badges, live, over=over)

    async def judge_everything(
        self, learners: Collection[Learner], live: Compiled, *, mails: Mails = _AS_USUAL
    ) -> None:
        """By every rule that anything known of them touches; then all of it counts as judged under what is live.

        `mails`: what the awards that it brings say about their e-mail.
        """
        known = await self._activities.of_learners(learners)
        touched = _touched([each for found in known.values() for each in found], live)
        for learner, awards in (await self.awards_of(learners)).items():
            needing = [rule for each in awards for rule in live.rules.needing(each.tenant, each.achievement)]
            touched.setdefault(learner, []).extend(needing)
        await self.judge(touched, live, mails=mails)
        await self._activities.tag([each for found in known.values() for each in tagged_anew(found, live)])

    async def judge_dependants(self, badges: Iterable[Badge], live: Compiled, *, over: Iterable[Badge] = ()) -> None:
        """These badges came, or went: others may depend on them. Those that are over may be earned again."""
        touched: dict[Learner, list[Rule]] = {}
        for tenant, learner, achievement in badges:
            if rules := live.rules.needing(tenant, achievement):
                touched.setdefault((tenant, learner), []).extend(rules)
        for tenant, learner, achievement in over:
            touched.setdefault((tenant, learner), []).extend(live.rules.of(tenant, achievement))
        await self.judge(touched, live)

    async def judge(
        self, touched: Mapping[Learner, Sequence[Rule]], live: Compiled, *, mails: Mails = _AS_USUAL
    ) -> None:
        """Judges, stores, and tells what the store holds; and again for as long as something was taken back by it."""
        if not touched:
            return
        affected = {learner: live.rules.with_dependants(rules) for learner, rules in touched.items()}
        for _ in range(MOST_TURNS):
            if not await self._judged(affected, live, mails):
                break

    async def _judged(self, affected: Mapping[Learner, Sequence[Rule]], live: Compiled, mails: Mails) -> bool:
        """Whether something turned: then what is stored has to be looked at once more."""
        activities = await self._tagged.activities_of(affected)
        awards = await self.awards_of(affected)
        earned, known = await asyncio.to_thread(self._judge_all, affected, activities, awards, live)
        earned = await self._addresses.awaited(await self._still_theirs(earned), activities, live)
        earned = [each.model_copy(update=dict(mails.get((each.tenant, each.learner), {}))) for each in earned]
        existing = {each.id for each in known}
        stored = await self._store([each for each in earned if each.id not in existing], live)
        revived = await self._awards.revive([each for each in earned if each.id in existing])
        turned: list[Turn] = []
        if live.rules.corrects:
            together = _together(awards, [*stored, *revived])
            turned = await asyncio.to_thread(self._corrections.turns, affected, activities, together, live)
            await self._corrections.mark(turned)
        await self.tell([*await self._untold(known), *(each for each in (*stored, *revived) if each.is_earned)])
        await self._corrections.tell(known)
        return bool(turned)

    async def _still_theirs(self, awards: Sequence[OwnAward]) -> list[OwnAward]:
        """Of an account that was merged meanwhile nothing is earned: the merge judges everything of both."""
        if awards:
            await self._merges.fresh()
        return [each for each in awards if self._merges.into(each.tenant, each.learner) == each.learner]

    async def awards_of(self, learners: Iterable[Learner]) -> dict[Learner, list[OwnAward]]:
        """Theirs, and those of accounts that were given up for them: what a merge that isn't carried out yet will bring
        must not be earned once more meanwhile.
        """
        accounts = [(tenant, each) for tenant, learner in learners for each in self._merges.accounts(tenant, learner)]
        together: dict[Learner, list[OwnAward]] = {}
        for (tenant, account), theirs in (await self._awards.of_learners(accounts)).items():
            together.setdefault((tenant, self._merges.into(tenant, account)), []).extend(theirs)
        return together

    def _owner(self, activity: LearningActivity) -> str:
        return self._merges.into(activity.tenant, activity.learner)

    async def tell(self, awards: Sequence[OwnAward]) -> None:
        """Publishes awards as the store holds them."""
        if awards:
            await self._publish([told(each) for each in awards])
            self._told.add(each.id for each in awards)

    async def _untold(self, awards: Sequence[OwnAward]) -> list[OwnAward]:
        """Whoever stored them may have died before telling: told again, unless a credential came of it."""
        doubtful = [each for each in awards if each.is_earned and each.id not in self._told]
        seen = await self._issued.which([each.id for each in doubtful])
        return [each for each in doubtful if each.id not in seen]

    async def _store(self, awards: Sequence[OwnAward], live: Compiled) -> list[OwnAward]:
        if not awards:
            return []

        def placing(award: OwnAward, attempt: int) -> OwnAward:
            return placed(award, self._secret, attempt, self._places.first(award.tenant))

        stored, new = await self._awards.insert(awards, placing)
        now = self._clock()
        for each in stored:
            self._places.used(each.tenant, each.status_list)
            if each.id in new:
                type_ = live.rules.type_of(each.tenant, each.achievement)
                self._tally.awarded(each.tenant, each.achievement, type_, now)
        return stored

    def _judge_all(
        self,
        rules: Mapping[Learner, Sequence[Rule]],
        activities: Mapping[Learner, Sequence[Mapping[str, Any]]],
        awards: Mapping[Learner, Sequence[OwnAward]],
        live: Compiled,
    ) -> tuple[list[OwnAward], list[OwnAward]]:
        begun, now = self._timer(), self._clock()
        found: list[OwnAward] = []
        known: list[OwnAward] = []
        met = unmet = 0
        for learner, affected in rules.items():
            names = {each.achievement for each in affected}
            have = awards.get(learner, [])
            known += [each for each in have if each.achievement in names]
            judgement = self._judge_one(learner, affected, activities.get(learner, ()), have, live)
            met += judgement.met
            unmet += judgement.unmet
            found += [award_of(each, learner[1], now=now) for each in judgement.earned]
        self._tally.judged(met, unmet, self._timer() - begun)
        return found, known

    def _judge_one(
        self,
        learner: Learner,
        rules: Sequence[Rule],
        activities: Sequence[Mapping[str, Any]],
        awards: Sequence[OwnAward],
        live: Compiled,
    ) -> Judgement:
        tenant, who = learner

        def award_id(rule: Rule, key: str) -> str:
            return identity.award_id(tenant, rule.achievement, who, key)

        def expiry(rule: Rule, valid_from: datetime) -> datetime | None:
            return live.expiry(tenant, rule.achievement, rule.version, valid_from, rule)

        return judge(
            rules,
            [arrived_of(each) for each in activities],
            [held_of(each, live.catalogue) for each in awards],
            award_id=award_id,
            expiry=expiry,
            now=self._clock(),
        )


def _touched(documents: Iterable[Mapping[str, Any]], live: Compiled) -> dict[Learner, list[Rule]]:
    touched: dict[Learner, list[Rule]] = {}
    for each in documents:
        # a parked void is nobody's
        if each["learner"] and (rules := live.index.touched_by(each["tenant"], fact_of(each))):
            touched.setdefault((each["tenant"], each["learner"]), []).extend(rules)
    return touched


def _together(awards: Mapping[Learner, Sequence[OwnAward]], newer: Iterable[OwnAward]) -> dict[Learner, list[OwnAward]]:
    """By learner; what was stored meanwhile counts."""
    found = {learner: {each.id: each for each in some} for learner, some in awards.items()}
    for each in newer:
        found.setdefault((each.tenant, each.learner), {})[each.id] = each
    return {learner: list(some.values()) for learner, some in found.items()}
