from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.ctl import applying, secret_files
from tests.live_tenants import since

EXAMPLES = Path(__file__).parents[3] / "examples" / "catalogue"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


async def put_live(database: Any, folder: Path = EXAMPLES) -> int:
    now_live, found = await applying.changes(database, applying.applicable(folder))
    return await applying.apply(database, now_live, found, NOW)


async def test_what_is_applied_is_live(database: Any) -> None:
    revision = await put_live(database)

    found = await applying.live(database)
    assert (revision, found.revision) == (1, 1)
    assert found.tenants == since(applying.applicable(EXAMPLES), 1)


async def test_applying_the_same_again_raises_no_revision(database: Any) -> None:
    await put_live(database)

    again = await put_live(database)

    assert again == 1


async def test_a_live_version_that_was_changed_is_refused(database: Any, tmp_path: Path) -> None:
    await put_live(database)
    changed = tmp_path / "example-university"
    (changed / "achievements").mkdir(parents=True)
    university = EXAMPLES / "example-university"
    (changed / "issuer.yaml").write_text((university / "issuer.yaml").read_text())
    badge = (university / "achievements" / "data-literacy.yaml").read_text()
    (changed / "achievements" / "data-literacy.yaml").write_text(badge.replace("DATA101*", "DATA*"))

    with pytest.raises(applying.NotApplicable, match="raise the version"):
        await put_live(database, tmp_path)


async def test_a_crash_before_the_head_is_made_good_by_the_next_run(database: Any) -> None:
    _, found = await applying.changes(database, applying.applicable(EXAMPLES))
    await database.catalogue.insert_many(found.documents(1))
    crashed = (await applying.live(database)).revision

    again = await put_live(database)
    once_more = await put_live(database)

    assert (crashed, again, once_more) == (0, 1, 1)


async def test_a_key_is_registered_once_and_keeps_its_state(database: Any, tmp_path: Path) -> None:
    tenants = applying.applicable(EXAMPLES)
    secret_files.prepare(tmp_path / "s", tenants)
    first = await applying.register(database, secret_files.public_keys(tmp_path / "s", tenants, NOW))
    await database["keys"].update_one({"_id": first[0]}, {"$set": {"state": "retired"}})

    second = await applying.register(database, secret_files.public_keys(tmp_path / "s", tenants, NOW))

    assert (len(first), second) == (8, ())
    assert (await database["keys"].find_one({"_id": first[0]}))["state"] == "retired"
