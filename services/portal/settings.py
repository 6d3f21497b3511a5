"""What only the portal needs to know."""

from __future__ import annotations

from shared.runtime.settings import Settings


class PortalSettings(Settings):
    """Mounted addresses follow from `portal_url`: set, it is where issuers are found below the portal's own address."""

    verify_max_bytes: int = 2 * 1024 * 1024
    """the most that is read of an upload"""
