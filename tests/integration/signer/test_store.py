"""The signer's adapters on a real store and real files; it starts, and it writes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.signer.app import create_app
from services.signer.settings import SignerSettings
from services.signer.store import KeyFiles, MongoLearners, MongoPublishedKeys
from shared.contracts import documents
from shared.contracts.documents import KeyPurpose, Learner, PublicKey
from shared.openbadges import keys
from shared.runtime.secrets import InsecureSecret, MissingSecret

DID = "did:web:badges.north.example"


async def test_learners_are_found_by_id_without_their_names(database: Any) -> None:
    people = [
        Learner(id=each, tenant="north", directory="canvas", external_id=each, email=f"{each}@x.example", name=each)
        for each in ("ada", "grace", "mary")
    ]
    await database[documents.LEARNERS].insert_many([each.to_store() for each in people])

    found = await MongoLearners(database).find({"ada", "mary", "nobody"})

    assert found.keys() == {"ada", "mary"}
    assert (found["ada"].email, found["ada"].name) == ("ada@x.example", None)


async def test_published_keys_are_those_of_the_tenants_asked_for(database: Any) -> None:
    for tenant in ("north", "south"):
        method = keys.signing_key(f"did:web:badges.{tenant}.example", keys.generate("ES256")).public()
        key = PublicKey(
            id=method.kid, tenant=tenant, purpose=KeyPurpose.CREDENTIAL, alg="ES256", jwk=method.jwk,
            created_at=datetime.now(UTC),
        )  # fmt: skip
        await database[documents.KEYS].insert_one(key.to_store())

    found = await MongoPublishedKeys(database).of({"north"})

    assert {key.tenant for key in found.values()} == {"north"}
    assert all(key.id == kid for kid, key in found.items())


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "north" / "credential-es256.pem"
    path.parent.mkdir(parents=True)
    path.write_bytes(keys.generate("ES256"))
    files = KeyFiles(tmp_path)

    path.chmod(0o640)
    with pytest.raises(InsecureSecret):
        files("north", path.name)

    path.chmod(0o600)
    assert keys.signing_key(DID, files("north", path.name)).alg == "ES256"
    with pytest.raises(MissingSecret):
        files("north", "credential-rs256.pem")


def test_it_is_wired_without_touching_anything(tmp_path: Path) -> None:
    secret = tmp_path / "deployment.key"
    secret.write_text("ab" * 32)
    secret.chmod(0o600)

    service = create_app(SignerSettings(secrets=tmp_path, state_dir=tmp_path))

    assert service.name == "signer"


def test_it_has_no_word_for_writing() -> None:
    source = Path(create_app.__code__.co_filename).parent

    text = "".join(path.read_text() for path in source.glob("*.py"))

    for word in ("insert_", "update_", "replace_one", "delete_", "bulk_write"):
        assert word not in text
