"""`python -m services.portal`."""

from __future__ import annotations

from services.portal.app import create_app
from services.portal.settings import PortalSettings

if __name__ == "__main__":
    create_app(PortalSettings()).run()
