"""Draws a pathway as SVG: from left to right, each badge right of those that it needs. No scripts, no links."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from textwrap import wrap

from shared.catalogue.pathways import Need, Pathway

_WIDTH, _HEIGHT = 200, 56
_ACROSS, _DOWN = 300, 84
_MARGIN = 24
_LETTERS = 26
_STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#1d2733;text-anchor:middle;dominant-baseline:central}"
    ".small{font-size:12px;fill:#4a5868;paint-order:stroke;stroke:#fff;stroke-width:4px}"
    "rect{fill:#eef4f1;stroke:#2f6f5e;stroke-width:1.5}"
    "path{fill:none;stroke:#2f6f5e;stroke-width:1.5;marker-end:url(#tip)}.not{stroke-dasharray:5 4}"
)

_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z" style="fill:#2f6f5e;stroke:none;marker-end:none"/></marker></defs>'
)

Place = tuple[float, float]


def draw_pathway(way: Pathway, title: str) -> str:
    """One picture; the same pathway gives the same text."""
    places = _places(way)
    width = _MARGIN * 2 + max((x for x, _ in places.values()), default=0) + _WIDTH
    height = _MARGIN * 2 + max((y for _, y in places.values()), default=0) + _HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-_MARGIN} {-_MARGIN} {width:g} {height:g}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        _TIP,
        *(_arrow(each, places) for each in way.needs),
        *(part for slug, name in way.names.items() for part in _box(name, places[slug])),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _places(way: Pathway) -> dict[str, Place]:
    """Columns by level; in a column each badge stands about where those that it needs stand."""
    places: dict[str, Place] = {}
    for level in sorted({*way.levels.values()}):
        column = [slug for slug in way.names if way.levels[slug] == level]
        column.sort(key=lambda slug: (_middle(slug, way, places), slug))
        places |= {slug: (level * _ACROSS, row * _DOWN) for row, slug in enumerate(column)}
    return places


def _middle(slug: str, way: Pathway, places: dict[str, Place]) -> float:
    rows = [places[each.badge][1] for each in way.needs if each.for_badge == slug and each.badge in places]
    return sum(rows) / len(rows) if rows else 0.0


def _box(name: str, place: Place) -> Iterator[str]:
    x, y = place
    yield f'<rect x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="10"/>'
    lines = wrap(name, _LETTERS, max_lines=2, placeholder=" …") or [name]
    for number, line in enumerate(lines):
        middle = y + _HEIGHT / 2 + (number - (len(lines) - 1) / 2) * 18
        yield f'<text x="{x + _WIDTH / 2:g}" y="{middle:g}">{escape(line)}</text>'


def _arrow(need: Need, places: dict[str, Place]) -> str:
    (x, y), (end_x, end_y) = places[need.badge], places[need.for_badge]
    x, y, end_y = x + _WIDTH, y + _HEIGHT / 2, end_y + _HEIGHT / 2
    bend = max(40.0, (end_x - x) / 2)
    dashed = ' class="not"' if need.denied else ""
    arrow = f'<path{dashed} d="M{x:g} {y:g}C{x + bend:g} {y:g} {end_x - bend:g} {end_y:g} {end_x:g} {end_y:g}"/>'
    words = " ".join(filter(None, ["not" if need.denied else "", need.words]))
    if not words:
        return arrow
    return f'{arrow}<text class="small" x="{(x + end_x) / 2:g}" y="{(y + end_y) / 2:g}">{escape(words)}</text>'
