"""The mail server's adapter against a real SMTP server on loopback."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.notifier.domain import Accepted, Deferred, Doubtful, Outcome, Refused
from services.notifier.message import Mail
from services.notifier.settings import NotifierSettings
from services.notifier.smtp import MailServer
from shared.errors import Unavailable

CONTENT = b".First: a point\r\nSubject: hello\r\n\r\n.a line that begins with a point\r\n..two\r\n.\r\n"


class Mailbox:
    """Takes mail, and answers as it is told at each command."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.sender_answer = "250 ok"
        self.recipient_answer = "250 ok"
        self.data_answer = "250 ok"
        self.hang_up = False
        self.silent = False

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        envelope.mail_from = address if self.sender_answer.startswith("250") else None
        return self.sender_answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        del server, session, options
        if self.recipient_answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.recipient_answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        del session
        if self.hang_up:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        if self.silent:
            await asyncio.sleep(5)
        self.taken.append(envelope)
        return self.data_answer


@asynccontextmanager
async def serving(mailbox: Mailbox, **options: Any) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    tls, kind = options.pop("ssl", None), options.pop("kind", SMTP)
    options.setdefault("enable_SMTPUTF8", True)
    server = await loop.create_server(
        lambda: kind(mailbox, hostname="localhost", loop=loop, **options), "127.0.0.1", 0, ssl=tls
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def unwilling(answer: str) -> type[SMTP]:
    class Unwilling(SMTP):
        async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
            del arg
            await self.push(answer)

    return Unwilling


def server_at(port: int, **fields: Any) -> MailServer:
    known = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none", "smtp_timeout_seconds": 1.0, **fields}
    return MailServer(NotifierSettings(**known))


async def send(server: MailServer, recipient: str = "ada@example.org") -> Outcome:
    mail = Mail("badges@example.edu", recipient, CONTENT)
    async with server.session() as session:
        return await session.offer(mail) or await session.hand_over(mail)


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


async def test_a_message_arrives_byte_for_byte(mailbox: Mailbox) -> None:
    async with serving(mailbox) as port:
        outcome = await send(server_at(port))

    assert outcome == Accepted()
    (envelope,) = mailbox.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("badges@example.edu", ["ada@example.org"])
    assert envelope.content == CONTENT


async def test_one_connection_carries_one_message_after_another_whatever_became_of_each(mailbox: Mailbox) -> None:
    mail = Mail("badges@example.edu", "ada@example.org", CONTENT)
    outcomes = []

    async with serving(mailbox) as port, server_at(port).session() as session:
        for answer in ("250 ok", "550 no such person", "450 later", "250 ok"):
            mailbox.recipient_answer = answer
            outcomes.append(await session.offer(mail) or await session.hand_over(mail))
        await session.offer(mail)
        await session.withdraw()
        outcomes.append(await session.offer(mail) or await session.hand_over(mail))

    refusals = [Refused("recipient_refused"), Deferred("recipient_deferred")]
    assert outcomes == [Accepted(), *refusals, Accepted(), Accepted()]
    assert len(mailbox.taken) == 3


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [("452 full", Deferred("message_deferred")), ("554 looks like spam", Refused("message_refused"))],
)
async def test_what_the_server_says_of_the_message_decides(mailbox: Mailbox, answer: str, outcome: Outcome) -> None:
    mailbox.data_answer = answer
    async with serving(mailbox) as port:
        assert await send(server_at(port)) == outcome


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("451 not now", Deferred("message_deferred")),
        ("421 closing", Deferred("message_deferred")),
        ("554 no", Refused("message_refused")),
        ("250 what?", Deferred("message_deferred")),
    ],
)
async def test_what_is_refused_before_its_first_byte_was_not_sent(
    mailbox: Mailbox, answer: str, outcome: Outcome
) -> None:
    async with serving(mailbox, kind=unwilling(answer)) as port:
        assert await send(server_at(port)) == outcome

    assert mailbox.taken == []


async def test_a_refused_sender_fails_no_learners_mail(mailbox: Mailbox) -> None:
    mailbox.sender_answer = "550 not from here"
    async with serving(mailbox) as port:
        assert await send(server_at(port)) == Deferred("sender_refused")


@pytest.mark.parametrize("answer", ["421 closing", "530 authenticate first"])
async def test_a_server_that_takes_mail_from_nobody_is_unavailable(mailbox: Mailbox, answer: str) -> None:
    mailbox.sender_answer = answer
    async with serving(mailbox) as port:
        with pytest.raises(Unavailable):
            await send(server_at(port))


async def test_a_refused_connection_is_unavailable() -> None:
    async with serving(Mailbox()) as port:
        pass

    with pytest.raises(Unavailable):
        await send(server_at(port))


@pytest.mark.parametrize("fault", ["hang_up", "silent"])
async def test_an_end_without_an_answer_is_a_doubt(mailbox: Mailbox, fault: str) -> None:
    setattr(mailbox, fault, True)
    async with serving(mailbox) as port:
        assert await send(server_at(port)) == Doubtful()


async def test_addresses_beyond_ascii_go_where_they_are_understood(mailbox: Mailbox) -> None:
    async with serving(mailbox) as port:
        taken = await send(server_at(port), "jürgen@example.org")
    async with serving(mailbox, enable_SMTPUTF8=False) as port:
        refused = await send(server_at(port), "jürgen@example.org")

    assert (taken, refused) == (Accepted(), Refused("address_not_supported"))
    assert mailbox.taken[0].rcpt_tos == ["jürgen@example.org"]


async def test_a_server_without_starttls_gets_nothing_when_starttls_is_asked(mailbox: Mailbox) -> None:
    async with serving(mailbox) as port:
        with pytest.raises(Unavailable):
            await send(server_at(port, smtp_tls="starttls"))

    assert mailbox.taken == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_with_tls_the_certificate_counts_and_the_password_is_sent(
    mailbox: Mailbox, tmp_path: Path, security: str
) -> None:
    context = certified(tmp_path)
    seen: list[bytes] = []

    def known(*args: Any) -> AuthResult:
        seen.append(args[-1].password)
        return AuthResult(success=args[-1].password == b"secret")

    options: dict[str, Any] = {"authenticator": known, "auth_required": True}
    options |= {"ssl": context, "auth_require_tls": False} if security == "tls" else {"tls_context": context}
    account = {"smtp_tls": security, "smtp_username": "laurel", "smtp_password": "secret", "smtp_timeout_seconds": 3.0}
    async with serving(mailbox, **options) as port:
        taken = await send(server_at(port, **account, smtp_ca_file=tmp_path / "ca.pem"))
        with pytest.raises(Unavailable):
            await send(server_at(port, **account))
        with pytest.raises(Unavailable):
            await send(server_at(port, **{**account, "smtp_password": "wrong"}, smtp_ca_file=tmp_path / "ca.pem"))

    assert taken == Accepted()
    assert seen == [b"secret", b"wrong"]


def certified(folder: Path) -> ssl.SSLContext:
    """A server that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(*form))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context
