"""Which of the world's verbs say what a learner achieved, and which are known to say something else."""

from __future__ import annotations

import re

from shared.contracts.events import Verb

_OURS = {
    "adlnet.gov/expapi/verbs": {
        "completed": Verb.COMPLETED,
        "passed": Verb.PASSED,
        "failed": Verb.FAILED,
        "mastered": Verb.MASTERED,
        "scored": Verb.SCORED,
        "progressed": Verb.PROGRESSED,
    },
    # cmi5: the roll-up of a course or block, and a unit that the LMS lets the learner off
    "w3id.org/xapi/adl/verbs": {"satisfied": Verb.COMPLETED, "waived": Verb.COMPLETED},
    "id.tincanapi.com/verb": {"earned": Verb.COMPLETED},
    "activitystrea.ms/schema/1.0": {"complete": Verb.COMPLETED},
}
_MEANING = {f"{namespace}/{name}": verb for namespace, verbs in _OURS.items() for name, verb in verbs.items()}
EARNED = "id.tincanapi.com/verb/earned"
VOIDED = "adlnet.gov/expapi/verbs/voided"

_OTHERS_OF_ADL = (
    "answered asked attempted attended commented exited experienced imported initialized interacted launched "
    "logged-in logged-out preferred registered responded resumed shared suspended terminated voided"
)
_FAMILIAR = re.compile(
    rf"(www\.)?(adlnet\.gov/expapi/verbs/({_OTHERS_OF_ADL.replace(' ', '|')})"
    r"|w3id\.org/xapi/(?!adl/verbs/).+|w3id\.org/xapi/adl/verbs/(abandoned|logged-in|logged-out|viewed)"
    r"|activitystrea\.ms/(schema/1\.0/)?.+|id\.tincanapi\.com/verb/.+|vocab\.xapi\.fr/verbs/.+)"
)
_SCHEME = re.compile(r"^https?://(www\.)?")


def plain(iri: str) -> str:
    """One spelling of a verb: with and without TLS, and with and without a last slash, they are met."""
    return _SCHEME.sub("", iri).rstrip("/")


def meaning(verb: str) -> Verb | None:
    """What a verb, in its one spelling, says in Laurel's words."""
    return _MEANING.get(verb)


def is_familiar(verb: str) -> bool:
    """It is ours, or one of those that the common profiles use for what is none of ours."""
    return verb in _MEANING or _FAMILIAR.fullmatch(verb) is not None
