"""`python -m services.signer`"""

from __future__ import annotations

from services.signer.app import create_app
from services.signer.settings import SignerSettings

if __name__ == "__main__":
    create_app(SignerSettings()).run()
