"""`python -m services.intake`"""

from __future__ import annotations

from services.intake.app import create_app
from services.intake.settings import IntakeSettings

if __name__ == "__main__":
    create_app(IntakeSettings()).run()
