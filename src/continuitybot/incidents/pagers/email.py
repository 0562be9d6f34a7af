"""Pages by e-mail, to an address outside the protected domains, by a relay outside them too."""

from __future__ import annotations

import asyncio
import hashlib
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from continuitybot.clock import Clock
from continuitybot.errors import OutcomeUnknown, Permanent, Transient
from continuitybot.incidents.pagers.pager import Ended, Page
from continuitybot.incidents.wording import with_link
from continuitybot.people.model import Person
from continuitybot.settings.incidents import EmailRelaySettings
from continuitybot.store import Duty, Effect, Outcome, Succeeded, Transaction


class EmailPager:
    """Pages by e-mail through the relay of the settings.

    Its Message-ID is derived from the page's key (RFC 5322 section 3.6.4), so that a page sent
    again after a crash is recognisable as the same message.
    """

    def __init__(self, relay: EmailRelaySettings, clock: Clock) -> None:
        self._relay = relay
        self._clock = clock

    def reaches(self, person: Person) -> bool:
        return bool(person.alternate_email)

    async def send(self, tx: Transaction, page: Page, person: Person) -> bool:
        payload = {
            "to": person.alternate_email,
            "subject": page.text,
            "text": with_link(page.text, page.link),
        }
        await tx.enqueue(Effect(page.key, "page.email", payload, ref=page.incident))
        return True

    def duties(self, ended: Ended) -> list[Duty]:
        # Redone after a crash: alerts fail open, and a page seen twice does no harm.
        return [Duty("page.email", self._perform, ended, attempts=4)]

    async def _perform(self, effect: Effect) -> Outcome:
        message = self._message(effect)
        try:
            async with asyncio.timeout(self._relay.timeout.total_seconds()):
                await self._hand_over(message)
        except TimeoutError as error:
            raise Transient(f"{self._name} did not answer in time.", code="timeout") from error
        return Succeeded()

    async def _hand_over(self, message: EmailMessage) -> None:
        client = aiosmtplib.SMTP(
            hostname=self._relay.host,
            port=self._relay.port,
            start_tls=self._relay.starttls,
            timeout=self._relay.timeout.total_seconds(),
        )
        try:
            await client.connect()
            if self._relay.password is not None:
                await client.login(self._relay.username, self._relay.password.read())
            await client.send_message(message)
        except aiosmtplib.SMTPException as error:
            raise self._named(error) from error
        except OSError as error:
            raise Transient(f"{self._name} cannot be reached: {error}.") from error
        finally:
            client.close()

    def _named(self, error: aiosmtplib.SMTPException) -> Transient | Permanent | OutcomeUnknown:
        if isinstance(error, aiosmtplib.SMTPAuthenticationError):
            return Permanent(f"{self._name} refused the user name or password.", code="auth")
        code = _reply_code(error)
        if code >= 500:
            return Permanent(f"{self._name} refused the page with {code}.", code=str(code))
        if code:
            return Transient(f"{self._name} deferred the page with {code}.", code=str(code))
        if isinstance(error, aiosmtplib.SMTPServerDisconnected):
            # Perhaps after DATA: the page may be on its way. It is not sent again under this
            # key; the ladder pages again by itself until somebody acknowledges.
            return OutcomeUnknown(f"{self._name} hung up; the page may have been taken.")
        return Transient(f"{self._name} cannot be used: {error}")

    def _message(self, effect: Effect) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._relay.sender
        message["To"] = effect.payload["to"]
        message["Subject"] = effect.payload["subject"]
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = message_id(effect.key, self._relay.sender)
        # RFC 3834: nobody's out-of-office notice answers a page.
        message["Auto-Submitted"] = "auto-generated"
        message["Importance"] = "high"
        message.set_content(effect.payload["text"] + "\n")
        return message

    @property
    def _name(self) -> str:
        return f"The relay {self._relay.host}:{self._relay.port}"


def message_id(key: str, sender: str) -> str:
    """The Message-ID of a page: always the same for the same key."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"<{digest}@{sender.rpartition('@')[2]}>"


def _reply_code(error: aiosmtplib.SMTPException) -> int:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return max((refused.code for refused in error.recipients), default=0)
    return error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0
