"""A mailbox in which canaries are looked for by IMAP, in a thread of its own."""

from __future__ import annotations

import asyncio
import imaplib
import threading
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from datetime import date, timedelta

import structlog
from imap_tools import (
    AND,
    BaseMailBox,
    ImapToolsError,
    MailBox,
    MailboxLoginError,
    MailBoxStartTls,
    MailBoxUnencrypted,
    MailMessage,
)

from continuitybot.errors import ContinuityError
from continuitybot.mailflow.arrival import Arrival
from continuitybot.mailflow.message import SUBJECT
from continuitybot.mailflow.model import Hop
from continuitybot.mailflow.tls import client_context
from continuitybot.mailflow.walk import HopFailed, network_fault
from continuitybot.settings.mailflow import MailboxSettings

log = structlog.get_logger(__name__)
_KEEP_STRAYS = timedelta(days=2)


class ImapMailbox:
    """Finds canaries in a mailbox, its junk folders included, and deletes those it found.

    `step_timeout` bounds every IMAP command and `look_every` is the pause between two looks,
    both in seconds; `today` decides which canaries are strays of days ago, deleted as well.
    """

    def __init__(
        self,
        settings: MailboxSettings,
        threads: Executor,
        *,
        look_every: float,
        step_timeout: float,
        today: date,
    ) -> None:
        self._settings = settings
        self._threads = threads
        self._look_every = look_every
        self._step_timeout = step_timeout
        self._today = today

    async def find(self, nonce: str) -> Arrival:
        """Wait for the canary as long as the caller does.

        Raises: HopFailed at the hop mailbox, Unable or Refused when the bot itself could not.
        """
        given_up = threading.Event()
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._search, nonce, given_up)
        finally:
            given_up.set()

    def _search(self, nonce: str, given_up: threading.Event) -> Arrival:
        with _as_hop_faults(), self._opened() as box:
            folders = self._folders(box)
            while not given_up.is_set():
                for folder in folders:
                    message = _take(box, folder, nonce)
                    if message is not None:
                        self._delete_strays(box)
                        return self._arrival(folder, message)
                given_up.wait(self._look_every)
        raise HopFailed(Hop.MAILBOX, "lost", "Nobody waits for this canary any more.")

    @contextmanager
    def _opened(self) -> Iterator[BaseMailBox]:
        password = self._settings.password.read()
        box = self._connected()
        try:
            box.login(self._settings.user, password, initial_folder=None)
            yield box
        finally:
            with suppress(ImapToolsError, imaplib.IMAP4.error, OSError):
                box.logout()

    def _connected(self) -> BaseMailBox:
        settings, timeout = self._settings, self._step_timeout
        if settings.tls == "none":
            return MailBoxUnencrypted(settings.host, settings.port, timeout)
        context = client_context(settings.verify_certificate, settings.ca_file)
        kind = MailBox if settings.tls == "implicit" else MailBoxStartTls
        return kind(settings.host, settings.port, timeout, ssl_context=context)

    def _folders(self, box: BaseMailBox) -> list[str]:
        there = {folder.name for folder in box.folder.list()}
        junk = [name for name in self._settings.junk_folders if name in there]
        return [self._settings.folder, *junk]

    def _arrival(self, folder: str, message: MailMessage) -> Arrival:
        received = tuple(str(value) for value in message.obj.get_all("Received", []))
        return Arrival(folder, folder != self._settings.folder, received)

    def _delete_strays(self, box: BaseMailBox) -> None:
        """Canaries that came after they were given up; other bots may wait for newer ones."""
        old = AND(subject=SUBJECT, date_lt=self._today - _KEEP_STRAYS)
        with _deletion():
            box.delete(box.uids(old, charset=None))


def _take(box: BaseMailBox, folder: str, nonce: str) -> MailMessage | None:
    box.folder.set(folder)
    uids = box.uids(AND(subject=nonce), charset=None)
    if not uids:
        return None
    message = next(iter(box.fetch(uid_list=uids, headers_only=True, mark_seen=False)), None)
    with _deletion():
        box.delete(uids)
    return message


@contextmanager
def _deletion() -> Iterator[None]:
    """A canary that cannot be deleted was found all the same."""
    try:
        yield
    except (ImapToolsError, imaplib.IMAP4.error) as error:
        log.warning("mailflow.canary_not_deleted", reason=str(error))


@contextmanager
def _as_hop_faults() -> Iterator[None]:
    try:
        yield
    except MailboxLoginError as error:
        raise HopFailed(Hop.MAILBOX, "login", "The mailbox refused the sign-in.") from error
    except (ImapToolsError, imaplib.IMAP4.error) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else "no reason given"
        raise HopFailed(Hop.MAILBOX, "imap", f"The mailbox said: {reason}.") from error
    except OSError as error:
        raise _at_mailbox(network_fault(Hop.MAILBOX, error)) from error


def _at_mailbox(fault: ContinuityError) -> ContinuityError:
    if isinstance(fault, HopFailed):
        return HopFailed(Hop.MAILBOX, fault.code, f"The mailbox cannot be opened. {fault.text}")
    return fault
