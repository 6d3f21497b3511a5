"""Importing history: tried first, then sent in blocks; after each is noted how far it came, to go on from there."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import zlib
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from services.ctl.history import History, Place, Row
from services.ctl.settings import CtlSettings
from services.intake.dialects import DIALECTS, rows
from services.intake.domain import Intake
from services.intake.translation import Delivery
from shared.catalogue.model import Source
from shared.contracts.events import LearningActivity
from shared.contracts.topics import MIB
from shared.errors import Rejected, Unavailable
from shared.runtime.kafka import producer

BLOCK = 2000
"""rows between two notes of the position"""
UNDER_WAY = 4
"""blocks that are sent and not yet acknowledged"""
EXAMPLES = 5


@dataclass(slots=True)
class Tried:
    """What the rows would become."""

    rows: int = 0
    activities: int = 0
    irrelevant: int = 0
    refused: int = 0
    unread_scores: int = 0
    """something stands there, and it is no number, nor a letter of the source's scale"""
    unread_score_lines: list[int] = field(default_factory=list)
    irrelevant_lines: list[int] = field(default_factory=list)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    """the first few, with their lines"""
    bad: array[int] = field(default_factory=lambda: array("Q"))
    """the line of every row that is refused"""

    def take(self, activities: Sequence[LearningActivity], line: int) -> None:
        """A row that isn't refused."""
        self.activities += len(activities)
        if not activities:
            self.irrelevant += 1
            if len(self.irrelevant_lines) < EXAMPLES:
                self.irrelevant_lines.append(line)
        if any(each.score is None and each.raw_score for each in activities):
            self.unread_scores += 1
            if len(self.unread_score_lines) < EXAMPLES:
                self.unread_score_lines.append(line)


@dataclass(frozen=True, slots=True)
class Target:
    """A source, as the catalogue has it now."""

    tenant: str
    source: Source
    scale: dict[str, float]

    @property
    def label(self) -> str:
        """`tenant/source`"""
        return f"{self.tenant}/{self.source.name}"


def attempt(history: History, target: Target, now: datetime, told: Callable[[Place], None]) -> Tried:
    """Reads every row as intake would, and sends nothing. Raises UnusableHistory."""
    intake = Intake(DIALECTS, b"nothing is sent", MIB, timedelta(minutes=5))
    tried = Tried()
    for row in history.rows():
        tried.rows += 1
        try:
            if row.wrong is not None:
                raise Rejected(row.wrong)
            delivery = Delivery(target.tenant, target.source, row.value, scale=target.scale)
            accepted = intake.accept(delivery, now).activities
        except Rejected as error:
            tried.refused += 1
            tried.bad.append(row.line)
            if len(tried.refusals) < EXAMPLES:
                tried.refusals.append((row.line, str(error)))
        else:
            tried.take(accepted, row.line)
        if tried.rows % BLOCK == 0:
            told(row.after)
    return tried


def unread_columns(headings: Iterable[str], source: Source) -> list[str]:
    """Those that no mapping names, each with what it may be a misspelling of: a column that isn't there."""
    there = list(headings)
    known = rows.columns(source)
    lacking = known - set(there)
    return [
        f"{each} (did you mean {close}?)" if (close := _close(each, lacking)) else each
        for each in there
        if each not in known
    ]


def _close(heading: str, known: Iterable[str]) -> str | None:
    """Spelled almost so, whatever the case."""
    found = get_close_matches(heading.lower(), sorted(known), n=1, cutoff=0.6)
    return found[0] if found else None


@dataclass(frozen=True, slots=True)
class Position:
    """How far an import came, in a file of its own that outlives every kill."""

    path: Path

    @classmethod
    def of(cls, folder: Path, history: History, target: Target, kafka: str) -> Position:
        """Of this file's content in this source, as it is now, in this deployment."""
        what = [history.digest(), history.delimiter, target.label, target.source.model_dump_json(), target.scale, kafka]
        name = hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]
        return cls(folder / f"{name}.json")

    def read(self) -> Place | None:
        """None: nothing was acknowledged yet. A note that can't be read is none: rows may be sent twice."""
        try:
            offset, line, count = map(int, json.loads(self.path.read_bytes()))
            return Place(offset, line, count)
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write(self, place: Place) -> None:
        """All at once, and on disk before this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".unfinished")
        with unfinished.open("w") as file:
            file.write(json.dumps(place))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(self.path)

    def forget(self) -> None:
        """It is complete: another run begins anew, which is harmless."""
        with suppress(FileNotFoundError):
            self.path.unlink()


@dataclass(frozen=True, slots=True)
class _Block:
    """Rows that are on their way."""

    after: Place
    waiting: list[asyncio.Future[object]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Importer:
    """Sends rows of one learner in their order. Told again after a kill, a row is the same fact."""

    settings: CtlSettings
    target: Target

    async def send(self, good: Iterator[Row], note: Callable[[Place], None]) -> int:
        """Returns how many were sent, once all are acknowledged; `note` is told of each block that is. Raises
        Unavailable.
        """
        client = producer(self.settings)
        under_way: deque[_Block] = deque()
        try:
            await client.start()
            return await self._send(client, good, note, under_way)
        except (KafkaError, OSError) as error:
            raise Unavailable("kafka") from error
        finally:
            await client.stop()
            # of all that failed the first was told
            await asyncio.gather(*(each for block in under_way for each in block.waiting), return_exceptions=True)

    async def _send(
        self, client: AIOKafkaProducer, good: Iterator[Row], note: Callable[[Place], None], under_way: deque[_Block]
    ) -> int:
        topic = str(self.target.source.topic)
        partitions = sorted(await client.partitions_for(topic))
        sent = 0
        while rows_of_block := list(islice(good, BLOCK)):
            under_way.append(_Block(rows_of_block[-1].after))
            await self._hand_over(client, topic, partitions, rows_of_block, under_way[-1].waiting)
            sent += len(rows_of_block)
            if len(under_way) >= UNDER_WAY:
                note(await _acknowledged(under_way))
        while under_way:
            note(await _acknowledged(under_way))
        return sent

    async def _hand_over(
        self,
        client: AIOKafkaProducer,
        topic: str,
        partitions: list[int],
        block: list[Row],
        waiting: list[asyncio.Future[object]],
    ) -> None:
        batches: dict[int, BatchBuilder] = {}
        for row in block:
            # a digest that many share: enough to keep a learner's rows in order, and nobody's id
            digest = zlib.crc32((rows.learner_of(self.target.source, row.columns) or "").encode())
            partition = partitions[digest % len(partitions)]
            key = b"%08x" % digest
            batch = batches.get(partition)
            if batch is None or batch.append(timestamp=None, key=key, value=row.value) is None:
                if batch is not None:
                    waiting.append(await client.send_batch(batch, topic, partition=partition))
                batch = batches[partition] = client.create_batch()
                batch.append(timestamp=None, key=key, value=row.value)
        for partition, batch in batches.items():
            waiting.append(await client.send_batch(batch, topic, partition=partition))


async def _acknowledged(under_way: deque[_Block]) -> Place:
    """The end of the oldest block, once all of it is."""
    await asyncio.gather(*under_way[0].waiting)
    return under_way.popleft().after


def without(every: Iterable[Row], bad: Iterable[int]) -> Iterator[Row]:
    """The rows that aren't on these lines."""
    refused = frozenset(bad)
    return (row for row in every if row.line not in refused)
