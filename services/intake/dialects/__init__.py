"""The dialects that intake understands: a new one is a module and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.dialects import auto, caliper, canvas, cloudevents, moodle, openedx, registrar, rows, xapi
from services.intake.translation import Dialect

_TOLD_APART: Mapping[str, Dialect] = {
    "caliper": caliper,
    "canvas": canvas,
    "cloudevents": cloudevents,
    "moodle": moodle,
    "openedx": openedx,
    "rows": rows,
    "xapi": xapi,
}

DIALECTS: Mapping[str, Dialect] = {**_TOLD_APART, "auto": auto.Auto(_TOLD_APART), "registrar": registrar}
