"""`python -m services.notifier`."""

from __future__ import annotations

from services.notifier.app import create_app
from services.notifier.settings import NotifierSettings

if __name__ == "__main__":
    create_app(NotifierSettings()).run()
