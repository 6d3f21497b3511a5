"""A badge's picture as an e-mail shows it."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from services.notifier.picture import WIDTH, scaled


def test_a_small_picture_stays_as_it_is() -> None:
    out = BytesIO()
    Image.new("RGBA", (WIDTH, WIDTH), (28, 107, 72, 255)).save(out, "PNG")

    assert scaled(out.getvalue()) == out.getvalue()
