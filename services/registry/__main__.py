"""`python -m services.registry`."""

from __future__ import annotations

from services.registry.app import create_app
from services.registry.settings import RegistrySettings

if __name__ == "__main__":
    create_app(RegistrySettings()).run()
