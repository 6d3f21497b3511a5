"""The dialects that intake understands: a new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.dialects import canvas, cloudevents, rows, xapi
from services.intake.translation import Dialect

DIALECTS: Mapping[str, Dialect] = {
    "canvas": canvas,
    "cloudevents": cloudevents,
    "rows": rows,
    "xapi": xapi,
}
