"""Letter grades in criteria: each source whose scores are asked about needs a scale that has the letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from shared.catalogue.model import Source
from shared.catalogue.problems import nearest
from shared.catalogue.scales import folded
from shared.catalogue.tree import Bound, Criterion, Score, walk


def letter_problems(
    criterion: Criterion, sources: Iterable[Source], scales: Mapping[str, Mapping[str, float]]
) -> Iterator[tuple[Bound, str]]:
    """The bound, and what is wrong with its letter. A scale that isn't in `scales` is told as such elsewhere."""
    # a registrar decides, and grades nothing
    known = [each for each in sources if each.dialect != "registrar"]
    for leaf in walk(criterion):
        if isinstance(leaf, Score):
            asked = [each for each in known if leaf.thing.source in (None, each.name)]
            for bound in leaf.bounds:
                if bound.value is None:
                    yield from ((bound, message) for message in _problems(bound.written, asked, scales))


def _problems(letter: str, asked: list[Source], scales: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    without = [each.name for each in asked if each.scale is None]
    if without and len(without) == len(asked):
        yield f'"{letter}" is a letter grade, and {_named(without)} no scale: letters are worth nothing without one'
    elif without:
        yield f'"{letter}" is a letter grade, and {_named(without)} no scale: say by "from" whose grades are meant'
    for name in dict.fromkeys(each.scale for each in asked if each.scale in scales):
        letters = scales[name or ""]
        if folded(letter) not in {folded(each) for each in letters}:
            yield f'"{letter}" is not a letter of the scale "{name}"{nearest(letter, letters)}'


def _named(sources: list[str]) -> str:
    return f"the source {sources[0]} has" if len(sources) == 1 else f"the sources {', '.join(sources)} have"
