"""`python -m services.evaluator`"""

from __future__ import annotations

from services.evaluator.app import create_app
from services.evaluator.settings import EvaluatorSettings

if __name__ == "__main__":
    create_app(EvaluatorSettings()).run()
