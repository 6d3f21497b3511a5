"""What each of Moodle's events means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from services.intake.dialects.moodle.shape import Event, Other
from services.intake.dialects.shapes import address, distinct, invalid
from services.intake.translation import Fact, Kind, Person, Profile, Translation, irrelevant
from shared.contracts.events import ActivityObject, ObjectKind, Verb

_STATES = {
    "0": (Verb.COMPLETED, 0),
    "1": (Verb.COMPLETED, 1),
    "2": (Verb.PASSED, 3),
    "3": (Verb.FAILED, 2),
    "4": (Verb.FAILED, 2),
}
"""`completionstate`: not complete (any more), complete, passed, failed, failed with the grade hidden. A quiz is handed
in and passed in one second, and Moodle counts no smaller ones: then the state with the higher number is the newer"""


@dataclass(frozen=True, slots=True)
class Told:
    """An event in its parts."""

    kind: str
    at: str
    """where in the message it stood"""
    event: Event
    other: Other

    @property
    def course_ids(self) -> tuple[str, ...]:
        """Every name of the course, where a workflow looked up that course. A Moodle course is a run."""
        event = self.event
        looked_up = (event.course_idnumber, event.course_shortname) if event.course_id == event.courseid else ()
        return distinct(event.courseid, *looked_up)

    @property
    def course(self) -> ActivityObject:
        """The course as the thing that was completed or graded."""
        ids, event = self.course_ids, self.event
        if not ids:
            raise invalid(f"{self.at}courseid: missing")
        name = event.course_fullname if event.course_id == event.courseid else None
        return ActivityObject(kind=ObjectKind.COURSE, ids=ids, name=name, course=ids[0], run=ids[0])

    def part(self, kind: ObjectKind, id_: str | None, field: str) -> ActivityObject:
        """A thing inside the course."""
        if id_ is None:
            raise invalid(f"{self.at}{field}: missing")
        course = self.event.courseid
        return ActivityObject(kind=kind, ids=(id_,), course=course, run=course)

    def person(self) -> Person:
        """The learner, never who acted. What a workflow looked up of a user counts only if it looked up the learner."""
        event, id_ = self.event, self.event.relateduserid or self.other.relateduserid
        known = event.user_id is not None and event.user_id == id_
        return Person(
            fields={
                "id": f"{self.at}relateduserid",
                "sis_id": f"{self.at}user_idnumber (of the learner)",
                "email": f"{self.at}user_email (of the learner)",
            },
            id=id_,
            sis_id=event.user_idnumber if known else None,
            email=address(event.user_email) if known else None,
            name=event.user_fullname if known else None,
            locale=event.user_lang.replace("_", "-") if known and event.user_lang else None,
            profile_follows=True,
        )

    def fact(self, verb: Verb, of: ActivityObject, *unique: str) -> Fact:
        """What the learner did when the event says, known by what is `unique`."""
        return Fact(
            person=self.person(),
            verb=verb,
            object=of,
            occurred_at=self.event.timecreated,
            unique=unique,
            course_ids=self.course_ids,
        )

    def relevant(self, fact: Fact) -> Translation:
        """The event, understood."""
        return Translation(facts=(fact,), kinds=(Kind(self.kind),))

    def corrected(self, fact: Fact, rank: int = 0) -> Translation:
        """The event, of a kind that Moodle sends again when things change: what it said last counts. Among those of one
        second the `rank` decides.
        """
        return self.relevant(replace(fact, version=self.event.timecreated + timedelta(milliseconds=rank)))


Reading = Callable[[Told], Translation]


def _course_completed(told: Told) -> Translation:
    when = told.event.timecreated.isoformat()
    return told.relevant(told.fact(Verb.COMPLETED, told.course, "course completed", told.course.ids[0], when))


def _module_completion(told: Told) -> Translation:
    """It is sent whenever the state is set, to *not complete* too."""
    state = told.other.completionstate
    if state is None:  # some plugins leave it out, and then nobody knows
        return irrelevant(f"{told.kind} without completionstate", familiar=False)
    if state not in _STATES:
        raise invalid(f"{told.at}other.completionstate: should be 0 to 4")
    module = told.part(ObjectKind.MODULE, told.event.contextinstanceid, "contextinstanceid")
    verb, rank = _STATES[state]
    fact = told.fact(verb, module, "module", *module.ids)
    return told.corrected(replace(fact, withdrawn=state == "0"), rank)


def _graded(told: Told) -> Translation:
    """A grade that is taken back has no `finalgrade`. Moodle's own event has no maximum: then there is no fraction."""
    item = told.part(ObjectKind.ASSIGNMENT, told.other.itemid, "other.itemid")
    of = told.course if told.other.itemtype == "course" else item
    score, raw_score = _score(told)
    fact = told.fact(Verb.SCORED, of, "grade", *item.ids)
    return told.corrected(replace(fact, score=score, raw_score=raw_score, withdrawn=raw_score is None))


def _rated(told: Told) -> Translation:
    """A rating is a position in one of the site's scales. Whether that is proficient, Moodle's own event doesn't say:
    it counts as a score where the source's `scale` tells its worth, and for nothing else.
    """
    other = told.other
    if other.competencyid is None:  # it names the learner's rating only, not what was rated
        return irrelevant(told.kind)
    outcome = told.part(ObjectKind.OUTCOME, other.competencyid, "other.competencyid")
    verb = Verb.MASTERED if other.proficiency else Verb.PROGRESSED
    where = (told.event.courseid or "", other.planid or "")
    fact = told.fact(verb, outcome, "rating", told.kind, other.competencyid, *where)
    withdrawn = other.grade is None and other.proficiency is None
    return told.corrected(
        replace(fact, letter=other.grade, letter_at="other.grade", succeeded=other.proficiency, withdrawn=withdrawn)
    )


def _profile(told: Told) -> Translation:
    """Moodle's own event says no more than an id; a workflow that looks the user up says the rest."""
    person = told.person()
    if person.id is None or not (person.sis_id or person.email or person.name):
        return irrelevant(told.kind)
    return Translation(profiles=(Profile(person, told.event.timecreated),), kinds=(Kind(told.kind),))


def _score(told: Told) -> tuple[float | None, str | None]:
    other = told.other
    if other.finalgrade is None:
        return None, None
    low, high = other.grademin or 0.0, other.grademax
    if high is None:
        return None, f"{other.finalgrade:g}"
    if high <= low:
        raise invalid(f"{told.at}other.grademax: should be more than grademin")
    score = (other.finalgrade - low) / (high - low)
    return min(max(score, 0.0), 1.0), f"{other.finalgrade:g}/{high:g}"


READINGS: Mapping[str, Reading] = {
    "\\core\\event\\course_completed": _course_completed,
    "\\core\\event\\course_module_completion_updated": _module_completion,
    "\\core\\event\\user_graded": _graded,
    "\\core\\event\\competency_user_competency_rated": _rated,
    "\\core\\event\\competency_user_competency_rated_in_course": _rated,
    "\\core\\event\\competency_user_competency_rated_in_plan": _rated,
    "\\core\\event\\user_created": _profile,
    "\\core\\event\\user_updated": _profile,
}
