"""What a source says about its webhook is told where it doesn't fit together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Read = Callable[..., Any]

ISSUER = "issuer: {tenant: north, id: 'did:web:x.example', name: N, url: u}\nsources:\n"
ACCOUNT = "account: '21070000000000001'"


def source(rest: str) -> str:
    return f"{ISSUER}  - {{name: a, dialect: canvas, {rest}}}\n"


@pytest.mark.parametrize(
    ("rest", "column_of", "problem"),
    [
        ("topic: t, auth: {scheme: secret}", "auth", "is for webhooks"),
        ("topic: t, rate_per_minute: 5", "rate", "is for webhooks"),
        ("webhook: true, auth: {header: X-Token}", "header", "belongs to the scheme secret"),
        ("webhook: true, auth: {field: token}", "field", "belongs to the scheme secret"),
        (f"webhook: true, auth: {{scheme: canvas, {ACCOUNT}, field: token}}", "field", "belongs to the scheme secret"),
        ("webhook: true, auth: {scheme: secret, keys: 'https://x.example'}", "keys", "belongs to the scheme canvas"),
        (f"webhook: true, auth: {{scheme: secret, {ACCOUNT}}}", "account", "belongs to the scheme canvas"),
        ("webhook: true, auth: {scheme: secret, header: X, field: y}", "field", 'either in a "header" or in a "field"'),
        ("webhook: true, auth: {scheme: canvas}", "auth", 'needs "account"'),
        ("webhook: true, auth: {scheme: canvas, account: ''}", "auth", 'needs "account"'),
        (f"webhook: true, secret_env: S, auth: {{scheme: canvas, {ACCOUNT}}}", "secret_env", "has no secret"),
        (f"webhook: true, auth: {{scheme: canvas, {ACCOUNT}, keys: 'http://x.example'}}", "keys", "https address"),
        (f"webhook: true, auth: {{scheme: canvas, {ACCOUNT}, keys: 'file:///etc/passwd'}}", "keys", "https address"),
        (f"webhook: true, auth: {{scheme: canvas, {ACCOUNT}, keys: 'https://['}}", "keys", "https address"),
        ("webhook: true, auth: {scheme: hmac}", "scheme", "is not valid here"),
        ("webhook: true, auth: {schema: secret}", "schema", 'did you mean "scheme"?'),
        ("webhook: true, rate_per_minute: 0", "rate", ""),
    ],
)
def test_a_mistake_is_told_at_its_place(read: Read, rest: str, column_of: str, problem: str) -> None:
    result = read(issuer=source(rest))

    line = source(rest).splitlines()[-1]
    told = [(each.file, each.line, each.column) for each in result.problems if problem in each.message]
    assert told == [("north/issuer.yaml", 3, line.rindex(column_of) + 1)], result.problems


@pytest.mark.parametrize(
    "rest",
    [
        "webhook: true",
        "webhook: true, topic: t, secret_env: S, rate_per_minute: 600",
        "webhook: true, auth: {scheme: standard}",
        "webhook: true, auth: {scheme: secret}",
        "webhook: true, auth: {scheme: secret, header: X-Moodle-Token}, secret_env: S",
        "webhook: true, auth: {scheme: secret, field: token}",
        f"webhook: true, auth: {{scheme: canvas, {ACCOUNT}}}",
        f"webhook: true, auth: {{scheme: canvas, {ACCOUNT}, keys: 'https://keys.example/jwks'}}",
        f"webhook: true, auth: {{scheme: canvas, {ACCOUNT}, keys: 'http://127.0.0.1:8123/jwks'}}",
    ],
)
def test_what_fits_together_is_right(read: Read, rest: str) -> None:
    result = read(issuer=source(rest))

    assert result.valid, result.problems
