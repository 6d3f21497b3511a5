"""How much of a batch may be judged at once, so that nobody can see how it was cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.evaluator.compiled import Compiled
from services.evaluator.ports import Learner
from shared.catalogue.decisions import KIND as DECIDED
from shared.catalogue.facts import Fact, fact_of


def rounds(documents: Sequence[Mapping[str, Any]], live: Compiled) -> list[list[int]]:
    """Places in the batch, in the order of judging; one round, as long as no award can be taken back.

    What may end or restore an award is judged by itself among the activities of its learner: after what came before,
    and before what came later, as if each had come in a batch of its own. A void is, among all: it doesn't say whose
    it is.
    """
    if not live.rules.corrects or len(documents) == 1:
        return [[*range(len(documents))]]
    found: list[list[int]] = [[]]
    last: dict[Learner, tuple[int, bool]] = {}
    begin = 0
    for place, each in enumerate(documents):
        learner = (each["tenant"], each["learner"])
        fact = fact_of(each)
        if not each["learner"]:
            found.append([place])
            begin = len(found)
            continue
        turning = _may_turn(each["tenant"], fact, live)
        number, alone = last.get(learner, (begin, False))
        if number < begin:
            number, alone = begin, False
        elif learner in last and (turning or alone):
            number += 1
        last[learner] = (number, turning)
        while len(found) <= number:
            found.append([])
        found[number].append(place)
    return [each for each in found if each]


def _may_turn(tenant: str, fact: Fact, live: Compiled) -> bool:
    """It may make untrue what was true."""
    rules = live.rules.with_dependants(live.index.touched_by(tenant, fact))
    said_again = fact.fact is not None or fact.withdrawn or fact.kind == DECIDED
    return any(each.corrects and (said_again or not each.monotone) for each in rules)
