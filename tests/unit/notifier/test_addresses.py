"""Which addresses one message to one person can be sent to."""

from __future__ import annotations

import pytest

from services.notifier.letter import UnusableAddress, mailbox


@pytest.mark.parametrize(
    "address",
    [
        "ada",
        "@example.org",
        "ada@",
        "ada@example.org, eve@example.org",
        "Ada <ada@example.org>",
        "a b@example.org",
        "a\n@b.org",
        "a..b@example.org",
        "a@b@example.org",
        "a@exa mple.org",
    ],
)
def test_what_is_no_single_address_is_refused(address: str) -> None:
    with pytest.raises(UnusableAddress):
        mailbox(address, "")


def test_a_refused_address_is_not_quoted() -> None:
    with pytest.raises(UnusableAddress) as refused:
        mailbox("ada lovelace@example.org", "")

    assert "ada" not in str(refused.value)
