from __future__ import annotations

import io

import pytest
from PIL import Image

from shared.catalogue.images import problem
from shared.catalogue.picture import draw_badge


@pytest.mark.parametrize(
    ("name", "issuer"),
    [
        ("Event-driven systems", "Example University"),
        ("Grundlagen der Softwarearchitektur für Fortgeschrittene und Wiedereinsteiger", "Universität Zürich"),
        ("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft", "x" * 200),
        ("事件驱动", "大学"),
        (" ", ""),
    ],
)
def test_every_name_gets_a_sound_picture_and_always_the_same(name: str, issuer: str) -> None:
    drawn = draw_badge(name, issuer)

    assert drawn == draw_badge(name, issuer)
    assert problem("drawn.png", drawn, ("png",)) is None
    picture = Image.open(io.BytesIO(drawn))
    assert (picture.size, picture.mode) == ((600, 600), "RGBA")
    assert picture.getpixel((0, 0)) == (0, 0, 0, 0) or picture.getpixel((0, 0))[3] == 0  # type: ignore[index]
    assert len(drawn) < 100_000


def test_names_and_issuers_show() -> None:
    pictures = {draw_badge(name, issuer) for name in ("Kafka", "MongoDB") for issuer in ("North", "South")}

    assert len(pictures) == 4
