"""The output folder: only what an earlier demo wrote is ever removed from it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import orjson

from shared.errors import LaurelError

MARKER = ".laurel-demo"
FILES = ("summary.json", "awards.jsonl", "dead-letters.jsonl", "index.html", "acts.json")
FOLDERS = ("credentials", "issuers", "status", "mail", "pages", "metrics", "acts")


class NotOurs(LaurelError):
    """The folder holds things of these names that no demo wrote."""


class Folder:
    """OUT/."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def clear(self) -> None:
        """Makes it, empty of an earlier demo. Raises NotOurs rather than remove what somebody else put there."""
        self.path.mkdir(parents=True, exist_ok=True)
        ours = [self.path / name for name in (*FILES, *FOLDERS) if (self.path / name).exists()]
        if ours and not (self.path / MARKER).exists():
            msg = f"{self.path} holds {ours[0].name}, which no demo wrote: name another folder, or an empty one"
            raise NotOurs(msg)
        for each in ours:
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        (self.path / MARKER).write_text("Written by `laurel demo`, which clears what it wrote when it runs again.\n")
        for name in FOLDERS[:-1]:  # all but the acts, which only the bundled events have
            (self.path / name).mkdir()

    def write(self, name: str, content: bytes) -> None:
        """One file, in a folder that may have to be made."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def write_json(self, name: str, content: Any) -> None:
        """One JSON document, to be read by people too."""
        self.write(name, orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))

    def write_lines(self, name: str, rows: list[dict[str, Any]]) -> None:
        """JSON Lines."""
        self.write(name, b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
