"""Mailboxes in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from continuitybot.lab.mail.letter import Key, Letter

FOLDERS = ("INBOX", "Junk")


@dataclass
class StoredMessage:
    """A message in a folder; `flags` as IMAP writes them (`\\Seen`)."""

    uid: int
    letter: Letter
    flags: set[str] = field(default_factory=set)


@dataclass
class Folder:
    """Messages in the order of their uids."""

    name: str
    messages: list[StoredMessage] = field(default_factory=list)
    next_uid: int = 1

    def add(self, letter: Letter) -> None:
        self.messages.append(StoredMessage(self.next_uid, letter))
        self.next_uid += 1


class Mailboxes:
    """All mailboxes of a site. A letter that is there already is dropped and counted."""

    def __init__(self) -> None:
        self._folders: dict[str, dict[str, Folder]] = defaultdict(
            lambda: {name: Folder(name) for name in FOLDERS}
        )
        self._keys: set[Key] = set()
        self.duplicates = 0

    def deliver(self, letter: Letter) -> None:
        if letter.key in self._keys:
            self.duplicates += 1
            return
        self._keys.add(letter.key)
        self.folders(letter.recipient)["INBOX"].add(letter)

    def keys(self) -> set[Key]:
        """Every letter that was ever delivered here."""
        return set(self._keys)

    def folders(self, address: str) -> dict[str, Folder]:
        return self._folders[address.lower()]

    def letters(self) -> Iterator[Letter]:
        """Every message that is there now."""
        for folders in self._folders.values():
            for folder in folders.values():
                for message in folder.messages:
                    yield message.letter
