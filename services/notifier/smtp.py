"""The mail server, over aiosmtplib."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiosmtplib

from services.notifier.domain import Accepted, Deferred, Doubtful, Outcome, Refused
from services.notifier.message import Mail
from services.notifier.settings import NotifierSettings
from shared.errors import Unavailable

_AUTHENTICATION_REQUIRED = 530
_CLOSING = 421
_START_INPUT = 354
_COMPLETED = 250
_FOR_NOW = 400


class MailServer:
    """Makes a connection for each session: aiosmtplib's objects aren't for sharing between tasks."""

    def __init__(self, settings: NotifierSettings) -> None:
        self._settings = settings

    @asynccontextmanager
    async def session(self) -> AsyncIterator[SmtpSession]:
        """Whatever keeps us from talking to the server at all is Unavailable: nothing is wrong with any one mail."""
        client = self._client()
        try:
            await client.connect()
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise Unavailable("the mail server") from error
        try:
            yield SmtpSession(client)
        finally:
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit()
            client.close()

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        password = settings.smtp_password
        return aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=password.get_secret_value() if password else None,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            cert_bundle=str(settings.smtp_ca_file) if settings.smtp_ca_file else None,
            timeout=settings.smtp_timeout_seconds,
        )


class SmtpSession:
    """MAIL and RCPT first, then DATA: in between, the sender writes that it is sending."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self._client = client

    async def offer(self, mail: Mail) -> Outcome | None:
        """A refused sender is our trouble or the issuer's, not the learner's: it is tried again later."""
        international = not (mail.sender.isascii() and mail.recipient.isascii())
        options = ["SMTPUTF8"] if international else []
        encoding = "utf-8" if international else "ascii"
        try:
            if international and not await self._knows("smtputf8"):
                return Refused("address_not_supported")
            await self._client.mail(mail.sender, options=options, encoding=encoding)
            await self._client.rcpt(mail.recipient, encoding=encoding)
        except aiosmtplib.SMTPResponseException as error:
            return await self._answered(error)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("the mail server") from error
        return None

    async def hand_over(self, mail: Mail) -> Outcome:
        """Only an answer tells: whatever ends without one may have been delivered."""
        try:
            answer = await self._data(mail.content)
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()
            return Doubtful()
        return Accepted() if answer == _COMPLETED else _meaning(answer, "message")

    async def withdraw(self) -> None:
        """RSET; a lost connection withdraws as well."""
        with suppress(aiosmtplib.SMTPException, OSError):
            await self._client.rset()

    async def _answered(self, error: aiosmtplib.SMTPResponseException) -> Outcome:
        if error.code in {_CLOSING, _AUTHENTICATION_REQUIRED}:
            raise Unavailable("the mail server") from error
        await self.withdraw()
        if isinstance(error, aiosmtplib.SMTPRecipientRefused):
            return _meaning(error.code, "recipient")
        return Deferred("sender_refused")

    async def _data(self, content: bytes) -> int:
        """aiosmtplib's own `data` searches each line twice: half of what sending a message with pictures costs."""
        begun = await self._client.execute_command(b"DATA")
        if begun.code != _START_INPUT:
            return max(begun.code, _FOR_NOW)  # whatever it says, the message wasn't sent
        protocol = self._client.protocol
        if protocol is None:
            msg = "connection lost"
            raise aiosmtplib.SMTPServerDisconnected(msg)
        protocol.write((b"\r\n" + content).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n")
        return (await protocol.read_response(timeout=self._client.timeout)).code

    async def _knows(self, extension: str) -> bool:
        if self._client.is_ehlo_or_helo_needed:
            await self._client.ehlo()
        return self._client.supports_extension(extension)


def _meaning(code: int, what: str) -> Outcome:
    """RFC 5321, section 4.2.1: 4yz is for now, 5yz is for good."""
    return Refused(f"{what}_refused") if code >= 500 else Deferred(f"{what}_deferred")
