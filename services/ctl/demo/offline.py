"""A badge page as it was served, made to be looked at without the portal that served it."""

from __future__ import annotations

import re

STYLESHEET = re.compile(r'<link rel="stylesheet" href="(/[^"]+)">')
_ADDRESS = re.compile(r'\b(src|href|action)="/([^"/][^"]*)"')


def offline(page: str, award: str, styles: str) -> str:
    """Style sheet inside, picture and files beside it; every other address is the issuer's own."""

    def address(match: re.Match[str]) -> str:
        attribute, path = match[1], match[2]
        if attribute == "src":
            return f'src="../credentials/{award}.png"'
        for form in ("jwt", "json", "png"):
            if path.endswith(f"/credentials/{award}.{form}"):
                return f'{attribute}="../credentials/{award}.{form}"'
        return f'{attribute}="https://{path}"'

    return _ADDRESS.sub(address, STYLESHEET.sub(lambda match: f"<style>{styles}</style>", page))
