"""Dead letters: the untouched record, plus headers that say what failed and where it came from."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from shared.contracts import topics
from shared.errors import Rejected, Unavailable
from shared.runtime.failures import scrubbed
from shared.runtime.metrics import RuntimeMetrics
from shared.runtime.publisher import Header, Publisher
from shared.runtime.records import Record, Refusal

logger = structlog.get_logger()

ATTEMPT = "laurel-attempt"
ERROR_CODE = "laurel-error-code"
_DIGITS = 9
OURS = ("kafka_dlt-", "laurel-attempt", "laurel-error-code")
"""Headers that a dead letter adds; a replay leaves them out, all but the attempt."""


class DeadLetters:
    """Each consumer group owns its dead letters. Not written means not committed."""

    def __init__(self, group: str, publisher: Publisher, metrics: RuntimeMetrics) -> None:
        self._group = group
        self._publisher = publisher
        self._metrics = metrics

    async def write(self, record: Record, error: Rejected) -> None:
        """Writes one dead letter. Raises Unavailable."""
        await self.write_all([Refusal(record, error)])

    async def write_all(self, refusals: Sequence[Refusal]) -> None:
        """Writes one dead letter a refusal, key and value byte for byte. Raises Unavailable."""
        letters = [
            (
                topics.dead_letters(each.record.topic, self._group),
                each.record.key,
                # no client sends a record without both; nothing is lost by an empty value
                b"" if each.record.key is None and each.record.value is None else each.record.value,
                headers_of(each, self._group),
            )
            for each in refusals
        ]
        try:
            await self._publisher.send(letters)
        except Rejected as error:
            raise Unavailable("dead letters") from error
        for each in refusals:
            self._metrics.dead_letters.labels(each.record.topic, self._group, each.error.code).inc()
            logger.warning(
                "dead_lettered",
                topic=each.record.topic,
                partition=each.record.partition,
                offset=each.record.offset,
                group=self._group,
                error_code=each.error.code,
            )


def headers_of(refusal: Refusal, group: str) -> list[Header]:
    """The original's headers and ours, under names that existing tools read."""
    record, error = refusal.record, refusal.error
    kept = [(name, value) for name, value in record.headers if not name.startswith(OURS)]
    return [
        *kept,
        ("kafka_dlt-original-topic", record.topic.encode()),
        ("kafka_dlt-original-partition", str(record.partition).encode()),
        ("kafka_dlt-original-offset", str(record.offset).encode()),
        ("kafka_dlt-original-timestamp", str(record.timestamp).encode()),
        ("kafka_dlt-original-consumer-group", group.encode()),
        ("kafka_dlt-exception-fqcn", f"{type(error).__module__}.{type(error).__qualname__}".encode()),
        ("kafka_dlt-exception-message", scrubbed(str(error)).encode()),
        (ATTEMPT, str(_attempts(record) + 1).encode()),
        (ERROR_CODE, error.code.encode()),
    ]


def _attempts(record: Record) -> int:
    """An LMS may send a header of that name too, and anything in it: null, and more digits than a number may have."""
    for name, value in record.headers:
        if name == ATTEMPT and value and value.isdigit() and len(value) <= _DIGITS:
            return int(value)
    return 0
