"""The whole public face over an archive, whatever the archive is made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from services.portal.api import Door
from services.portal.checking import Checker
from services.portal.credentials import Credentials
from services.portal.domain import Archive
from services.portal.issuers import Issuers
from services.portal.metrics import PortalMetrics
from services.portal.pages import Pages
from services.portal.verifying import Verifying
from shared.catalogue.model import Catalogue
from shared.openbadges.shapes import Shapes


def open_door(
    archive: Archive,
    *,
    catalogue: Callable[[], Catalogue],
    metrics: PortalMetrics,
    now: Callable[[], datetime],
    clock: Callable[[], float],
    mounted: bool,
    verify_max_bytes: int,
) -> Door:
    """`now` is what validity is judged by, `clock` what answers are timed by."""
    pages = Pages()
    checker = Checker(archive, Shapes(), now)
    return Door(
        [
            *Issuers(archive, pages).routes(),
            *Credentials(archive, checker, pages).routes(),
            *Verifying(archive, checker, pages, metrics, max_bytes=verify_max_bytes).routes(),
        ],
        catalogue=catalogue,
        pages=pages,
        metrics=metrics,
        clock=clock,
        mounted=mounted,
    )
