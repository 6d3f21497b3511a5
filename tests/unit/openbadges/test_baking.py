"""A baked picture is the same picture with a credential in it."""

from __future__ import annotations

import io
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openbadgeslib.ob3.verifier import OB3Verifier
from PIL import Image

from shared.openbadges.baking import MAX_BYTES, MalformedImage, NotBaked, bake_png, is_png, unbake_png


@pytest.fixture(scope="module")
def picture() -> bytes:
    target = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(target, "PNG")
    return target.getvalue()


def text_chunk(data: bytes, kind: bytes = b"iTXt") -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


def with_chunk(png: bytes, data: bytes) -> bytes:
    return png[:33] + text_chunk(data) + png[33:]


def test_what_is_baked_can_be_taken_out_again(picture: bytes, token: str) -> None:
    assert unbake_png(bake_png(picture, token)) == token


def test_a_verifier_that_shares_no_code_finds_it(picture: bytes, token: str) -> None:
    assert OB3Verifier.extract_token_from_png(bake_png(picture, token)) == token


def test_the_picture_stays_byte_for_byte(picture: bytes) -> None:
    baked = bake_png(picture, "a.b.c")

    assert baked.replace(text_chunk(b"openbadgecredential\0\0\0\0\0a.b.c"), b"") == picture
    assert Image.open(io.BytesIO(baked)).tobytes() == Image.open(io.BytesIO(picture)).tobytes()


def test_baking_again_replaces_what_was_in_it(picture: bytes) -> None:
    assert bake_png(bake_png(picture, "old"), "new") == bake_png(picture, "new")


def test_letters_of_all_languages_survive(picture: bytes) -> None:
    assert unbake_png(bake_png(picture, '{"name":"größer 名"}')) == '{"name":"größer 名"}'


def test_a_compressed_text_of_other_bakers_is_read(picture: bytes) -> None:
    baked = with_chunk(picture, b"openbadgecredential\0\1\0en\0word\0" + zlib.compress(b"a.b.c"))

    assert unbake_png(baked) == "a.b.c"


def test_a_picture_without_a_credential_says_so(picture: bytes) -> None:
    with pytest.raises(NotBaked):
        unbake_png(picture)


def test_two_credentials_in_one_picture_are_refused(picture: bytes) -> None:
    twice = with_chunk(bake_png(picture, "one"), b"openbadgecredential\0\0\0\0\0two")

    with pytest.raises(MalformedImage):
        unbake_png(twice)


def test_a_text_that_unpacks_to_too_much_is_refused_unpacked(picture: bytes) -> None:
    bomb = with_chunk(picture, b"openbadgecredential\0\1\0\0\0" + zlib.compress(b"x" * (MAX_BYTES + 1)))

    with pytest.raises(MalformedImage):
        unbake_png(bomb)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 100, b"\x89PNG\r\n\x1a\n" + b"\xff" * 100],
)
def test_what_is_no_png_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedImage):
        unbake_png(data)
    with pytest.raises(MalformedImage):
        bake_png(data, "x")


def test_a_picture_above_two_megabytes_is_not_read(picture: bytes) -> None:
    with pytest.raises(MalformedImage):
        unbake_png(with_chunk(picture, b"x" * MAX_BYTES))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_damaged_picture_is_refused_or_reads_as_before(picture: bytes, data: st.DataObject) -> None:
    baked = bytearray(bake_png(picture, "a.b.c"))
    baked[data.draw(st.integers(0, len(baked) - 1))] ^= data.draw(st.integers(1, 255))

    try:
        found = unbake_png(bytes(baked))
    except (MalformedImage, NotBaked):
        return

    assert found == "a.b.c"
    assert is_png(bytes(baked))
