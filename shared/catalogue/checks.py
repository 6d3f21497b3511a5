"""What only shows when files are seen together: names given twice, names that lead nowhere, badges nobody can earn."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass

from shared.catalogue import source_checks
from shared.catalogue.evaluation import evaluate
from shared.catalogue.facts import Facts
from shared.catalogue.files import Placed, WrittenAchievement, WrittenIssuer
from shared.catalogue.letter_checks import letter_problems
from shared.catalogue.patterns import is_glob
from shared.catalogue.problems import Location, Problem, nearest
from shared.catalogue.tree import All, AnyOf, AtLeast, Criterion, During, Holds, Not, Sequence, holds, things, walk
from shared.catalogue.webhooks import webhook_problems

DIALECTS = ("auto", "caliper", "canvas", "cloudevents", "moodle", "openedx", "registrar", "rows", "xapi")
_RESERVED = re.compile(r"(learning|achievement|credential|status|status-list)\..+\.v\d+|.*\.dlq|webhook")


@dataclass(frozen=True, slots=True)
class Seen:
    """Something with a name, and where it was given first."""

    name: str
    placed: Placed
    location: Location


def across(issuers: Iterable[WrittenIssuer]) -> Iterator[Problem]:
    """Between tenants: names, addresses and topics belong to one."""
    known = [each for each in issuers if each.issuer is not None]
    yield from _twice(
        (Seen(each.issuer.tenant, each.placed, ("issuer", "tenant")) for each in known if each.issuer),
        lambda name, first: f'the tenant "{name}" is already described in {first}',
    )
    yield from _twice(
        (Seen(each.issuer.id, each.placed, ("issuer", "id")) for each in known if each.issuer),
        lambda name, first: f"{name} is already the address of another issuer, in {first}",
    )
    yield from _twice(
        (
            Seen(source.topic, each.placed, ("sources", at, "topic"))
            for each in known
            for at, source in each.sources
            if source.topic
        ),
        lambda name, first: f'the topic "{name}" already belongs to a source in {first}: each needs its own',
    )


def of_issuer(written: WrittenIssuer) -> Iterator[Problem]:
    """Its time zone, told even if the rest can't be read yet, and its sources."""
    placed = written.placed
    raw = placed.text.value.get("issuer")
    zone = raw.get("timezone") if isinstance(raw, dict) else None
    if isinstance(zone, str) and (wrong := _zone_problem(zone)):
        yield placed.at(("issuer", "timezone"), wrong)
    yield from _twice(
        (Seen(source.name, placed, ("sources", at, "name")) for at, source in written.sources),
        lambda name, _first: f'the source "{name}" is given twice',
    )
    for at, source in written.sources:
        if source.topic and _RESERVED.fullmatch(source.topic):
            yield placed.at(("sources", at, "topic"), f'"{source.topic}" is a topic of Laurel\'s own')
        if not source.topic and not source.webhook:
            yield placed.at(("sources", at), f'the source "{source.name}" needs "topic" or "webhook: true"')
        for below, message in webhook_problems(source):
            yield placed.at(("sources", at, *below), message)
        if source.dialect not in DIALECTS:
            near = nearest(source.dialect, DIALECTS)
            yield placed.at(("sources", at, "dialect"), f'"{source.dialect}" is not a dialect{near}')
        for finding in source_checks.of_source(source, ("sources", at), written.scale_names):
            yield placed.problem(finding)


def of_achievements(
    achievements: SequenceOf[WrittenAchievement], names: set[str], issuer: WrittenIssuer
) -> Iterator[Problem]:
    """All of one tenant's, together; `names` are those of achievements that can't be read yet, too."""
    yield from _twice(
        (
            Seen(f"{each.achievement.id} version {each.achievement.version}", each.placed, ("achievement", "version"))
            for each in achievements
        ),
        lambda name, first: f"{name} is already in {first}",
    )
    for each in achievements:
        if each.achievement.supersedes is not None and each.achievement.supersedes >= each.achievement.version:
            yield each.placed.at(("achievement", "supersedes"), "supersedes names an earlier version")
        if each.criterion is not None:
            yield from _criterion_problems(each, each.criterion, names, issuer)
    yield from _unreachable(achievements)


def _criterion_problems(
    each: WrittenAchievement, criterion: Criterion, names: set[str], issuer: WrittenIssuer
) -> Iterator[Problem]:
    at: Location = ("earned_when",)
    sources = {source.name for _, source in issuer.sources}
    for source in dict.fromkeys(thing.source for thing in things(criterion) if thing.source):
        if source not in sources:
            place = _find(each, at, "from", source)
            yield each.placed.at(place, f'"{source}" is not a source here{nearest(source, sources)}')
    for wanted in holds(criterion):
        text = wanted.achievement.text
        place = _find_holds(each, text)
        matching = sum(wanted.achievement.matches((name,)) for name in names)
        if not matching:
            yield each.placed.at(place, f'no achievement of this issuer is called "{text}"{nearest(text, names)}')
        elif matching < wanted.at_least:
            yield each.placed.at(place, f'asks for {wanted.at_least} badges, and only {matching} match "{text}"')
    for bound, message in letter_problems(criterion, (source for _, source in issuer.sources), issuer.scales):
        yield each.placed.at(_find(each, at, bound.how, bound.written), message)
    if evaluate(criterion, Facts.of(())).met:
        yield each.placed.at(at, "this is true of someone who has done nothing: it would be awarded to everyone")


def _find(each: WrittenAchievement, start: Location, field: str, value: str) -> Location:
    """Where a field with that value stands below; else the start."""
    for location in each.placed.text.places:
        if location[: len(start)] == start and location[-1] == field and _value_at(each, location) == value:
            return location
    return start


def _find_holds(each: WrittenAchievement, text: str) -> Location:
    for location in each.placed.text.places:
        if location[-1:] in {("holds",), ("achievement",)} and len(location) > 1 and _value_at(each, location) == text:
            return location
    return ("earned_when",)


def _value_at(each: WrittenAchievement, location: Location) -> object:
    value = each.placed.text.value
    for part in location:
        value = value[part]
    return value


def _unreachable(achievements: SequenceOf[WrittenAchievement]) -> Iterator[Problem]:
    """Badges that need each other, in a ring by name or so that none of them can be the first."""
    newest: dict[str, WrittenAchievement] = {}
    for each in sorted(achievements, key=lambda each: each.achievement.version):
        newest[each.achievement.id] = each
    told: set[str] = set()
    for slug, each in newest.items():
        ring = _ring(slug, newest)
        if ring and not told & set(ring):
            told |= set(ring)
            yield each.placed.at(_ring_place(each), f"these badges need each other: {' → '.join(ring)}")
    reachable = _reachable(newest)
    for slug, each in newest.items():
        if each.criterion is not None and slug not in reachable and slug not in told and _known_targets(each, newest):
            yield each.placed.at(_ring_place(each), "can never be earned: the badges that it needs need it")


def _ring_place(each: WrittenAchievement) -> Location:
    found = next((at for at in each.placed.text.places if at[-1:] == ("holds",)), None)
    return found or ("earned_when",)


def _ring(slug: str, newest: dict[str, WrittenAchievement]) -> list[str]:
    """The way from a badge back to itself, by names that are written out, or by anything under `not`."""
    paths: list[list[str]] = [[slug]]
    visited: set[str] = set()
    while paths:
        path = paths.pop()
        for target in _needs(path[-1], newest):
            if target == slug:
                return [*path, slug]
            if target not in visited:
                visited.add(target)
                paths.append([*path, target])
    return []


def _needs(slug: str, newest: dict[str, WrittenAchievement]) -> list[str]:
    criterion = newest[slug].criterion
    if criterion is None:
        return []
    denied = {held for part in walk(criterion) if isinstance(part, Not) for held in holds(part.of)}
    found: list[str] = []
    for held in holds(criterion):
        if not is_glob(held.achievement.text) or held in denied:
            found += [each for each in newest if held.achievement.matches((each,))]
    return found


def _known_targets(each: WrittenAchievement, newest: dict[str, WrittenAchievement]) -> bool:
    """Unknown targets are told as such."""
    wanted = holds(each.criterion) if each.criterion is not None else ()
    return all(sum(held.achievement.matches((slug,)) for slug in newest) >= held.at_least for held in wanted)


def _reachable(newest: dict[str, WrittenAchievement]) -> set[str]:
    """Who can be earned, if everything that isn't a badge is taken to be true."""
    found: set[str] = set()
    while True:
        more = {
            slug
            for slug, each in newest.items()
            if slug not in found and (each.criterion is None or _possible(each.criterion, found))
        }
        if not more:
            return found
        found |= more


def _possible(criterion: Criterion, held: set[str]) -> bool:
    match criterion:
        case Holds(achievement, at_least):
            return sum(achievement.matches((slug,)) for slug in held) >= at_least
        case All(of) | Sequence(of=of):
            return all(_possible(each, held) for each in of)
        case During(of=of):
            return _possible(of, held)
        case AnyOf(of):
            return any(_possible(each, held) for each in of)
        case AtLeast(n, of):
            return sum(_possible(each, held) for each in of) >= n
        case _:
            return True


def _twice(seen: Iterable[Seen], message: Callable[[str, str], str]) -> Iterator[Problem]:
    first: dict[str, Seen] = {}
    for each in seen:
        known = first.setdefault(each.name, each)
        if known is not each:
            yield each.placed.at(each.location, message(each.name, known.placed.file))


def _zone_problem(name: str) -> str | None:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        close = nearest(name, zoneinfo.available_timezones())
        return f'"{name}" is not a time zone{close}' + ("" if close else ": write Europe/Amsterdam or UTC")
    return None
