"""Sending deliveries as an LMS would: records to a source's topic, signed requests to its webhook."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import zlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from services.ctl.events_file import Line
from shared.catalogue.model import WebhookAuth
from shared.contracts.topics import WEBHOOK
from shared.errors import Unavailable
from shared.runtime.kafka import producer
from shared.runtime.settings import Settings

GATHERED = 500
"""records in flight before their acknowledgements are waited for"""
PATIENCE = 120.0
"""seconds that one delivery is tried again while the webhook says 503"""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A delivery that was refused at the door and left no dead letter behind."""

    line: Line
    topic: str
    error_code: str
    message: str


@dataclass(slots=True)
class Sent:
    """What became of the lines, as far as the sender sees it."""

    lines: int = 0
    refused: int = 0
    """webhook deliveries answered by 422: each has a dead letter"""
    not_taken: list[NotTaken] = field(default_factory=list)


@dataclass(slots=True)
class Sender:
    """Keeps the file's order within each source. `on_line` is told after each acknowledged line."""

    settings: Settings
    webhook: str | None
    """the address below which are `/<tenant>/<source>`"""
    secrets: Mapping[str, str]
    on_line: Callable[[], None] = lambda: None
    sent: Sent = field(default_factory=Sent)

    async def send(self, lines: Iterable[Line]) -> Sent:
        """Returns when every line is acknowledged or refused. Raises Unavailable."""
        client = producer(self.settings)
        try:
            await client.start()
        except (KafkaError, OSError) as error:
            await client.stop()
            raise Unavailable("kafka") from error
        hooks: dict[str, asyncio.Queue[Line | None]] = {}
        try:
            async with httpx.AsyncClient(timeout=30) as http, asyncio.TaskGroup() as tasks:
                waiting: list[Awaitable[None]] = []
                for line in lines:
                    if line.to.source.topic is None:
                        if line.to.label not in hooks:
                            hooks[line.to.label] = asyncio.Queue(GATHERED)
                            tasks.create_task(self._post_all(http, hooks[line.to.label]))
                        await hooks[line.to.label].put(line)
                        continue
                    waiting.append(await self._produce(client, line))
                    if len(waiting) >= GATHERED:
                        await asyncio.gather(*waiting)
                        waiting.clear()
                await asyncio.gather(*waiting)
                for queue in hooks.values():
                    await queue.put(None)
        except* KafkaError as errors:
            raise Unavailable("kafka") from errors
        except* Unavailable as errors:
            raise Unavailable("the webhook") from errors
        finally:
            await client.stop()
        return self.sent

    async def _produce(self, client: AIOKafkaProducer, line: Line) -> Awaitable[None]:
        topic = line.to.source.topic
        partition = None
        if line.key is None:
            # without a key a source's lines keep their order only in one partition
            known = sorted(await client.partitions_for(topic))
            partition = known[zlib.crc32(line.to.label.encode()) % len(known)]
        # aiokafka sends no record that has neither key nor value
        key = b"" if line.key is None and line.value is None else line.key
        try:
            acknowledged: Any = await client.send(
                topic, value=line.value, key=key, headers=list(line.headers), partition=partition
            )
        except MessageSizeTooLargeError as error:
            return self._too_large(line, str(topic), str(error))
        return self._acknowledged(acknowledged, line, str(topic))

    async def _acknowledged(self, acknowledged: Awaitable[object], line: Line, topic: str) -> None:
        try:
            await acknowledged
        except MessageSizeTooLargeError as error:
            await self._too_large(line, topic, str(error))
            return
        self._count()

    async def _too_large(self, line: Line, topic: str, why: str) -> None:
        self.sent.not_taken.append(NotTaken(line, topic, "too_large", why))
        self._count()

    async def _post_all(self, http: httpx.AsyncClient, queue: asyncio.Queue[Line | None]) -> None:
        while (line := await queue.get()) is not None:
            answer = await self._post(http, line)
            if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
                self.sent.refused += 1
            elif answer.is_error:
                self.sent.not_taken.append(NotTaken(line, WEBHOOK, *_problem(answer)))
            self._count()

    async def _post(self, http: httpx.AsyncClient, line: Line) -> httpx.Response:
        """Tries again while it is told to come later, as an LMS would."""
        source, tenant = line.to.source, line.to.tenant
        if self.webhook is None:
            raise Unavailable("the webhook")
        if source.auth.scheme == "canvas":
            return _not_sent("can_not_sign", "only Canvas can sign for this source: give it a topic to try it here")
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            headers = [(name.encode(), value) for name, value in line.headers]
            proof, body = self._proved(line)
            headers += [(name.encode(), value.encode()) for name, value in proof.items()]
            pause = 1.0
            try:
                answer = await http.post(f"{self.webhook}/{tenant}/{source.name}", content=body, headers=headers)
                if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
                    return answer
                if _problem(answer)[0] == "no_secret":  # no later time would change that
                    return _not_sent("no_secret", _lacks(source.secret_variable(tenant)))
                pause = min(5.0, float(answer.headers.get("Retry-After", "1")))
            except httpx.LocalProtocolError as error:
                # a header that Kafka could carry and HTTP can't: no later time would change that
                return _not_sent("not_sendable", f"HTTP can't carry it: {error}")
            except httpx.TransportError:
                pass  # it is being started again
            if asyncio.get_running_loop().time() > deadline:
                raise Unavailable("the webhook")
            await asyncio.sleep(pause)

    def _proved(self, line: Line) -> tuple[dict[str, str], bytes]:
        """The headers and the body that prove whose delivery it is, as the source's scheme asks."""
        source, body = line.to.source, line.value or b""
        secret = self.secrets[source.secret_variable(line.to.tenant)]
        if source.auth.scheme == "standard":
            return signed(secret, f"line-{line.number}", datetime.now(UTC), body), body
        return with_secret(source.auth, secret.split()[0], body)

    def _count(self) -> None:
        self.sent.lines += 1
        self.on_line()


def signed(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a Standard Webhooks signature; of several secrets the first signs."""
    key = base64.b64decode(secret.split()[0].removeprefix("whsec_"))
    timestamp = str(int(at.timestamp()))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def with_secret(auth: WebhookAuth, secret: str, body: bytes) -> tuple[dict[str, str], bytes]:
    """Header and body with the secret where the source has it. A body that can't hold it stays as it is."""
    if auth.field is None:
        return ({auth.header: secret} if auth.header else {"authorization": f"Bearer {secret}"}), body
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return {}, body
    return {}, json.dumps(event | {auth.field: secret}).encode() if isinstance(event, dict) else body


def _lacks(variable: str) -> str:
    return (
        f"intake was started without {variable}, the webhook's secret: set it and start intake again; "
        "`laurel down` and `laurel up` do both"
    )


def _not_sent(code: str, detail: str) -> httpx.Response:
    """The answer to a line that can never be sent."""
    return httpx.Response(HTTPStatus.BAD_REQUEST, json={"code": code, "detail": detail})


def _problem(answer: httpx.Response) -> tuple[str, str]:
    """Code and words of an RFC 9457 answer."""
    try:
        told = answer.json()
    except ValueError:
        told = {}
    return str(told.get("code", f"http_{answer.status_code}")), str(told.get("detail", answer.reason_phrase))
