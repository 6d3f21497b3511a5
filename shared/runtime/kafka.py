"""How Laurel's clients connect to Kafka: one set of options for consumers, the producer and the admin client."""

from __future__ import annotations

import ssl
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.helpers import create_ssl_context
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from shared.contracts.topics import MIB
from shared.runtime.settings import Settings

MAX_REQUEST_BYTES = 8 * MIB
"""above any source's largest record, so that a dead letter always fits"""


def connection(settings: Settings) -> dict[str, Any]:
    """Address and security, as aiokafka's clients take them."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka.split(","),
        "security_protocol": settings.kafka_security_protocol,
        "request_timeout_ms": settings.kafka_request_timeout_ms,
    }
    if settings.kafka_security_protocol.endswith("SSL"):
        options["ssl_context"] = _ssl_context(settings)
    if settings.kafka_security_protocol.startswith("SASL") and settings.kafka_password is not None:
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return options


def security(settings: Settings) -> BaseSecurity | None:
    """The same, as FastStream takes it."""
    context = _ssl_context(settings) if settings.kafka_security_protocol.endswith("SSL") else None
    if not settings.kafka_security_protocol.startswith("SASL"):
        return BaseSecurity(ssl_context=context) if context else None
    kinds = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}
    password = settings.kafka_password.get_secret_value() if settings.kafka_password else ""
    return kinds[settings.kafka_sasl_mechanism](
        username=settings.kafka_username or "", password=password, ssl_context=context, use_ssl=context is not None
    )


def producer(settings: Settings) -> AIOKafkaProducer:
    """A producer that acknowledges only what every in-sync replica holds; idempotent where the broker can."""
    return AIOKafkaProducer(
        **connection(settings),
        acks="all",
        enable_idempotence=settings.kafka_idempotent,
        linger_ms=5,
        max_request_size=MAX_REQUEST_BYTES,
    )


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    context: ssl.SSLContext = create_ssl_context(cafile=str(settings.kafka_ca_file) if settings.kafka_ca_file else None)
    return context
