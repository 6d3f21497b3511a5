"""Which achievements a stored activity can make a difference to: written on it, so that no other is read for them.

An activity is tagged under the revision that it was judged under. A rule that is live since a later one finds it only
once it is tagged anew, which judging its learner on request does; until every activity is, all of a learner is read
for such a rule. `Tagged` knows up to which revision that is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from services.evaluator.compiled import Compiled
from services.evaluator.ports import Activities, Learner
from services.evaluator.rules import Rule
from shared.catalogue.facts import fact_of


def tag_of(learner: str, achievement: str) -> str:
    """By both, for one index over one field."""
    return f"{learner} {achievement}"


def version_tag(fact: str) -> str:
    """Every version of a fact has it: which of them counts is told by all of them together."""
    return f"={fact}"


def tags_of(document: Mapping[str, Any], live: Compiled) -> list[str]:
    """Of one activity."""
    rules = live.index.touched_by(document["tenant"], fact_of(document))
    tags = {tag_of(document["learner"], each.achievement) for each in rules}
    return sorted(tags | {version_tag(document["fact"])} if document.get("fact") else tags)


def tagging(document: Mapping[str, Any], live: Compiled) -> dict[str, Any]:
    """What is stored with an activity that has a learner: a parked void gets it from what it voids."""
    return {"touches": tags_of(document, live), "judged_under": live.rules.revision}


def adopted(voided: Mapping[str, Any]) -> dict[str, Any]:
    """What a void gets of what it voids: from now on it is seen wherever that is."""
    touches = [*voided.get("touches", ()), version_tag(voided["_id"])]
    return {
        "learner": voided["learner"],
        "origin": voided["origin"],
        "touches": touches,
        "judged_under": voided.get("judged_under", 0),
    }


def handed_over(document: Mapping[str, Any], learner: str, into: str) -> dict[str, Any]:
    """What changes on an activity that becomes another learner's."""
    old, new = tag_of(learner, ""), tag_of(into, "")
    touches = [new + each.removeprefix(old) if each.startswith(old) else each for each in document.get("touches", ())]
    return {"learner": into, "touches": touches}


def tagged_anew(documents: Iterable[Mapping[str, Any]], live: Compiled) -> list[Mapping[str, Any]]:
    """Those of a learner's activities, all of which are given, that were tagged under an older revision."""
    revision = live.rules.revision
    together: dict[str, set[str]] = {}
    everything = list(documents)
    for each in everything:
        together.setdefault(fact_of(each).one, set()).update(tags_of(each, live))
    return [
        {**each, "touches": sorted(together[fact_of(each).one]), "judged_under": revision}
        for each in everything
        if each.get("judged_under", 0) < revision
    ]


class Tagged:
    """How far activities are tagged: a cache of what is stored, and being late with it costs reading and nothing else.

    That none is left is true for good once it was seen while the revision was live: whoever judges by an older one
    looks, after storing an activity, whether a newer one has become live, and tags it anew.
    """

    def __init__(self, activities: Activities) -> None:
        self._activities = activities
        self._revision = 0

    async def look(self, live: Compiled) -> None:
        """Whether every activity is tagged under what is live now."""
        revision = live.rules.revision
        known = await self._activities.tagged_under()
        if known < revision and not await self._activities.any_under(revision):
            await self._activities.all_tagged(revision)
            known = revision
        self._revision = max(self._revision, known)

    async def activities_of(self, rules: Mapping[Learner, Sequence[Rule]]) -> dict[Learner, list[Mapping[str, Any]]]:
        """What these rules can see of each learner, or more."""
        whole = [learner for learner, some in rules.items() if any(each.since > self._revision for each in some)]
        bounded = {
            learner: {each.achievement for each in some} for learner, some in rules.items() if learner not in whole
        }
        found = await self._activities.of_learners(whole) if whole else {}
        return found | await self._activities.touching(bounded) if bounded else found
