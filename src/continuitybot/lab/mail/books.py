"""The account of every letter of the company: sent, where it is, and whether the sums agree."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from continuitybot.lab.mail.copy_back import CopyBack
from continuitybot.lab.mail.gateway import Gateway
from continuitybot.lab.mail.letter import Key, headers_of, on_the_books
from continuitybot.lab.mail.outside import Outside
from continuitybot.lab.mail.site import MailSite

_SHOWN = 20


@dataclass(frozen=True)
class Balance:
    """Counts of letters; probe mail is not among them.

    `outstanding` is on its way to a primary mailbox (with its sender, at the gateway, or at the
    standby and not yet copied back). `to_primary` and `taken` are what the gateway handed to the
    primary and to the standby.
    """

    sent: int
    accepted: int
    to_primary: int
    in_primary: int
    taken: int
    copied_back: int
    duplicates: int
    outstanding: int
    lost: int
    draining: bool

    @property
    def balanced(self) -> bool:
        return self.sent == self.in_primary + self.outstanding + self.lost


@dataclass(frozen=True)
class Audit:
    """What a search of the mailboxes themselves found; the ids are the first few."""

    missing: tuple[str, ...]
    duplicated: tuple[str, ...]
    missing_count: int
    duplicated_count: int

    @property
    def ok(self) -> bool:
        return not self.missing_count and not self.duplicated_count


class Books:
    """Reads the sites; keeps nothing itself."""

    def __init__(
        self, outside: Outside, gateway: Gateway, primary: MailSite, copy_back: CopyBack
    ) -> None:
        self._outside = outside
        self._gateway = gateway
        self._primary = primary
        self._copy_back = copy_back

    def balance(self) -> Balance:
        in_primary = _counted(self._primary.mailboxes.keys())
        lost = _counted(self._primary.lost)
        taken = _counted(self._gateway.handed["standby"])
        return Balance(
            sent=len(self._sent()),
            accepted=len(_counted(self._gateway.accepted)),
            to_primary=len(_counted(self._gateway.handed["primary"])),
            in_primary=len(in_primary),
            taken=len(taken),
            # The primary has a letter a moment before the standby hears that it has.
            copied_back=len(self._copy_back.copied | (taken & in_primary)),
            duplicates=self._primary.mailboxes.duplicates,
            outstanding=len(self._outstanding() - in_primary - lost),
            lost=len(lost - in_primary),
            draining=self._copy_back.draining,
        )

    def audit(self) -> Audit:
        """Look into every primary mailbox for every letter that was ever sent.

        A letter that still waits is not missing; one that the primary took and lost is.
        """
        found = Counter(
            (str(headers_of(letter.raw)["Message-ID"]).strip(), letter.recipient)
            for letter in self._primary.mailboxes.letters()
        )
        missing = sorted(self._sent() - found.keys() - self._outstanding())
        duplicated = sorted(key for key, copies in found.items() if copies > 1)
        return Audit(
            missing=tuple(message_id for message_id, _ in missing[:_SHOWN]),
            duplicated=tuple(message_id for message_id, _ in duplicated[:_SHOWN]),
            missing_count=len(missing),
            duplicated_count=len(duplicated),
        )

    def _sent(self) -> set[Key]:
        return self._outside.sent | _counted(self._gateway.accepted)

    def _outstanding(self) -> set[Key]:
        waiting = self._outside.queue.keys() | self._gateway.queue.keys()
        return _counted(waiting) | self._copy_back.outstanding()


def _counted(keys: set[Key]) -> set[Key]:
    return set(filter(on_the_books, keys))
