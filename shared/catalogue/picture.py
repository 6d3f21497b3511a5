"""Draws a badge for an achievement without a picture of its own: the same words always make the same bytes."""

from __future__ import annotations

import colorsys
import hashlib
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from PIL import Image, ImageDraw, ImageFont

SIDE = 600
_FINE = 3
"""shapes are drawn that much larger and scaled down: Pillow's shapes have hard edges, its text has soft ones"""
_CENTRE = SIDE / 2
_SCALLOPS = 28

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """An issuer's colours."""

    rim: Colour
    disc: Colour
    glow: Colour
    leaf: Colour
    paper: Colour


def draw_badge(name: str, issuer: str) -> bytes:
    """A PNG of 600 x 600 with a transparent ground."""
    picture = _seal(_palette(issuer)).copy()
    palette = _palette(issuer)
    pen = ImageDraw.Draw(picture)
    _write(pen, name, top=176, height=178, width=332, sizes=(58, 20), font="Roboto-Bold.ttf", colour=palette.paper)
    _write(pen, issuer, top=376, height=52, width=270, sizes=(24, 13), font="Roboto-Medium.ttf", colour=palette.leaf)
    found = io.BytesIO()
    picture.save(found, "PNG", compress_level=9)
    return found.getvalue()


def _palette(issuer: str) -> Palette:
    digest = hashlib.sha256(issuer.encode()).digest()
    # greens, blues, violets and wine: hues on which white and gold can be read
    hue = (0.36 + (digest[0] / 255) * 0.62) % 1.0
    return Palette(
        rim=_rgb(hue, 0.17, 0.55),
        disc=_rgb(hue, 0.27, 0.52),
        glow=_rgb(hue, 0.36, 0.48),
        leaf=(236, 205, 122),
        paper=(255, 253, 246),
    )


def _rgb(hue: float, lightness: float, saturation: float) -> Colour:
    red, green, blue = (round(255 * each) for each in colorsys.hls_to_rgb(hue, lightness, saturation))
    return red, green, blue


@lru_cache(maxsize=64)
def _seal(palette: Palette) -> Image.Image:
    large = Image.new("RGBA", (SIDE * _FINE, SIDE * _FINE), (*palette.rim, 0))
    pen = ImageDraw.Draw(large)
    pen.polygon(_fine(_scallops(278, 292)), fill=palette.rim)
    _ring(pen, 268, palette.leaf)
    _ring(pen, 263, palette.rim)
    _ring(pen, 250, palette.disc)
    _ring(pen, 244, palette.glow)
    _ring(pen, 241, palette.disc)
    for leaf in _wreath():
        pen.polygon(_fine(leaf), fill=palette.leaf)
    pen.polygon(_fine(_star((_CENTRE, 122), 34, 14)), fill=palette.leaf)
    left, top, right = ((_CENTRE - 70) * _FINE, 362 * _FINE, (_CENTRE + 70) * _FINE)
    pen.line([(left, top), (right, top)], fill=palette.leaf, width=2 * _FINE)
    return large.reduce(_FINE)


def _ring(pen: ImageDraw.ImageDraw, radius: float, colour: Colour) -> None:
    low, high = (_CENTRE - radius) * _FINE, (_CENTRE + radius) * _FINE
    pen.ellipse([low, low, high, high], fill=colour)


def _scallops(inner: float, outer: float) -> Iterator[Point]:
    for step in range(720):
        angle = math.tau * step / 720
        radius = inner + (outer - inner) * (0.5 + 0.5 * math.cos(_SCALLOPS * angle))
        yield _at(angle, radius)


def _wreath() -> Iterator[list[Point]]:
    """Two branches that meet at the bottom: the laurel."""
    for side in (-1, 1):
        for number in range(11):
            turn = math.pi / 2 + side * (0.13 + number * 0.2)
            size = 1 - number * 0.035
            for radius, lean in ((222, 0.55), (204, -0.5)):
                yield _leaf(_at(turn, radius), turn + side * (math.pi / 2 - lean), 21 * size, 7.5 * size)


def _leaf(middle: Point, direction: float, length: float, width: float) -> list[Point]:
    outline: list[Point] = []
    for step in range(24):
        along = math.tau * step / 24
        x = length * math.cos(along)
        y = width * math.sin(along) * (1 - 0.35 * math.cos(along))
        outline.append(_turned(middle, direction, (x, y)))
    tip = _turned(middle, direction, (length * 1.22, 0))
    return [tip, *outline[1:]]


def _star(middle: Point, outer: float, inner: float) -> list[Point]:
    radii = [outer if point % 2 == 0 else inner for point in range(10)]
    return [_turned(middle, math.tau * point / 10 - math.pi / 2, (radius, 0)) for point, radius in enumerate(radii)]


def _turned(middle: Point, angle: float, point: Point) -> Point:
    x, y = point
    return (
        middle[0] + x * math.cos(angle) - y * math.sin(angle),
        middle[1] + x * math.sin(angle) + y * math.cos(angle),
    )


def _at(angle: float, radius: float) -> Point:
    return _CENTRE + radius * math.cos(angle), _CENTRE + radius * math.sin(angle)


def _fine(points: Iterator[Point] | list[Point]) -> list[Point]:
    return [(x * _FINE, y * _FINE) for x, y in points]


def _write(
    pen: ImageDraw.ImageDraw,
    text: str,
    *,
    top: int,
    height: int,
    width: int,
    sizes: tuple[int, int],
    font: str,
    colour: Colour,
) -> None:
    """As large as fits, in the middle; a script that the font lacks is left to the page beside the picture."""
    words = " ".join(text.split())[:120]
    if not words or not _writable(words):
        return
    for size in range(sizes[0], sizes[1] - 1, -1):
        face = _face(font, size)
        lines = _wrapped(words, face, width)
        if len(lines) * size * 1.16 <= height and all(face.getlength(each) <= width for each in lines):
            break
    else:
        lines = _cut(lines, face, width, max(1, int(height // (size * 1.16))))
    first = top + (height - len(lines) * size * 1.16) / 2 + size * 0.58
    for number, line in enumerate(lines):
        pen.text((_CENTRE, first + number * size * 1.16), line, font=face, fill=colour, anchor="mm")


def _wrapped(words: str, face: ImageFont.FreeTypeFont, width: int) -> list[str]:
    lines: list[str] = []
    for word in words.split(" "):
        if lines and face.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _cut(lines: list[str], face: ImageFont.FreeTypeFont, width: int, most: int) -> list[str]:
    kept = lines[:most]
    if len(lines) > most:
        kept[-1] += "…"
    for number, line in enumerate(kept):
        while face.getlength(kept[number]) > width and len(kept[number]) > 2:
            kept[number] = line = line.rstrip("…")[:-1] + "…"
    return kept


@lru_cache(maxsize=128)
def _face(name: str, size: int) -> ImageFont.FreeTypeFont:
    content = (resources.files("shared.catalogue") / "fonts" / name).read_bytes()
    return ImageFont.truetype(io.BytesIO(content), size, layout_engine=ImageFont.Layout.BASIC)


def _writable(text: str) -> bool:
    face = _face("Roboto-Bold.ttf", 20)
    missing = bytes(face.getmask("\uffff"))
    return all(each.isspace() or bytes(face.getmask(each)) != missing for each in text)
