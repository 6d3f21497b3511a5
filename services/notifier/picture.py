"""The badge's picture as an e-mail shows it: small enough for a mailbox."""

from __future__ import annotations

import asyncio
from io import BytesIO

from PIL import Image

from services.notifier.mime import base64_lines
from shared.catalogue.model import LiveAchievement

WIDTH = 336
"""Twice the width that the template shows, for dense screens."""
_COLOURS = 256
_KEPT = 512


class Pictures:
    """Scaled and encoded once a version: a version's picture never changes. Holds a bounded number."""

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str, int], bytes] = {}

    async def shown(self, live: LiveAchievement) -> bytes:
        """In lines of base64. Scaling is done in a thread: it takes milliseconds that the event loop has not."""
        key = (live.tenant, live.achievement.id, live.achievement.version)
        picture = self._shown.get(key)
        if picture is None:
            picture = base64_lines(await asyncio.to_thread(scaled, live.image))
            if len(self._shown) >= _KEPT:
                self._shown.clear()
            self._shown[key] = picture
        return picture


def scaled(png: bytes) -> bytes:
    """No wider than is needed; a picture that is small already stays as it is, byte for byte."""
    with Image.open(BytesIO(png)) as picture:
        if picture.width <= WIDTH:
            return png
        height = max(1, round(picture.height * WIDTH / picture.width))
        small = picture.convert("RGBA").resize((WIDTH, height), Image.Resampling.LANCZOS)
    out = BytesIO()
    # a palette is a third of the bytes, and at this size no eye tells them apart
    small.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE).save(out, "PNG", optimize=True)
    return min(out.getvalue(), png, key=len)
