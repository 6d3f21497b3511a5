"""HTML from templates: everything is escaped, there are no scripts, and links stay where the reader is."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from services.portal import wording

_STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of ours, named after its content, so that it can be kept for ever."""

    name: str
    media_type: str
    body: bytes

    @property
    def text(self) -> str:
        """To be put inside a page."""
        return self.body.decode()


class Pages:
    """Renders pages. `prefix` is what links begin with: a path, or for a page that stands alone a whole address."""

    def __init__(self) -> None:
        self.stylesheet = _asset("portal", "css", "text/css")
        self.icon = _asset("laurel", "svg", "image/svg+xml")
        self._environment = Environment(
            loader=PackageLoader("services.portal"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "day": wording.day,
            "duration": wording.duration,
            "number": wording.number,
            "percent": wording.percent,
            "stated_day": wording.stated_day,
            "verb": wording.verb,
            "web_address": wording.web_address,
            "words": wording.words,
        }

    @property
    def assets(self) -> dict[str, Asset]:
        """By name."""
        return {each.name: each for each in (self.stylesheet, self.icon)}

    def style_source(self) -> str:
        """How a content security policy names the stylesheet that a page which stands alone has inside."""
        digest = base64.b64encode(hashlib.sha256(self.stylesheet.body).digest()).decode()
        return f"'sha256-{digest}'"

    def render(self, template: str, prefix: str, **context: Any) -> str:
        """The page. A context with `alone=True` has the stylesheet inside."""

        def at(path: str) -> str:
            return f"{prefix}/{path}"

        defaults = {"alone": False, "stylesheet": self.stylesheet, "icon": self.icon, "at": at}
        return self._environment.get_template(template).render(defaults | context)


def data_address(media_type: str, body: bytes) -> str:
    """A picture as an address that holds it."""
    return f"data:{media_type};base64,{base64.b64encode(body).decode()}"


def _asset(name: str, suffix: str, media_type: str) -> Asset:
    body = (_STATIC / f"{name}.{suffix}").read_bytes()
    return Asset(f"{name}-{hashlib.sha256(body).hexdigest()[:12]}.{suffix}", media_type, body)
