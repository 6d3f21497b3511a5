"""Whatever a source compresses its topic with, the codec is installed: a missing one reads as silence."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aiokafka import codec


@pytest.mark.parametrize("installed", [codec.has_gzip, codec.has_snappy, codec.has_lz4, codec.has_zstd])
def test_every_codec_of_kafka_is_installed(installed: Callable[[], bool]) -> None:
    assert installed()
