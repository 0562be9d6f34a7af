"""One client's conversation with the IMAP server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from continuitybot.lab.addresses import Login
from continuitybot.lab.mail.imap.fetch import answer, items_of, marks_seen
from continuitybot.lab.mail.imap.search import Candidate, criterion
from continuitybot.lab.mail.imap.wire import Command, SyntaxFault, Word, numbers, word
from continuitybot.lab.mail.mailboxes import Folder, Mailboxes, StoredMessage

CAPABILITIES = "CAPABILITY IMAP4rev1"
_FLAGS = r"(\Answered \Flagged \Deleted \Seen \Draft)"
# One mailbox life long: the uids of a folder never change their meaning.
_UID_VALIDITY = 1


class Session:
    """Answers commands; each answer is a list of whole lines without their line ends."""

    def __init__(self, mailboxes: Mailboxes, login: Login) -> None:
        self._mailboxes = mailboxes
        self._login = login
        self._user = ""
        self._folder: Folder | None = None
        self._read_only = False
        self.ended = False
        self._always: dict[str, Callable[[list[Word]], list[bytes]]] = {
            "CAPABILITY": self._capability,
            "NOOP": self._noop,
            "LOGOUT": self._logout,
        }
        self._with_user: dict[str, Callable[[list[Word]], list[bytes]]] = {
            "LIST": self._list,
            "SELECT": lambda words: self._select(words, read_only=False),
            "EXAMINE": lambda words: self._select(words, read_only=True),
        }
        self._with_folder: dict[str, Callable[[Folder, list[Word], bool], list[bytes]]] = {
            "SEARCH": self._search,
            "FETCH": self._fetch,
            "STORE": self._store,
            "EXPUNGE": self._expunge,
        }

    def answer(self, command: Command) -> list[bytes]:
        """The untagged lines and the tagged one at the end."""
        try:
            untagged = self._perform(command)
        except SyntaxFault as fault:
            return [f"{command.tag} BAD {fault}".encode()]
        except PermissionError as refusal:
            return [f"{command.tag} NO {refusal}".encode()]
        access = "[READ-ONLY] " if command.name == "EXAMINE" else ""
        return [*untagged, f"{command.tag} OK {access}{command.name} completed".encode()]

    def _perform(self, command: Command) -> list[bytes]:
        name, words = command.name, command.words
        if name in self._always:
            return self._always[name](words)
        if name == "LOGIN":
            return self._log_in(words)
        by_uid, name = name.startswith("UID "), name.removeprefix("UID ")
        if name not in self._with_user and name not in self._with_folder:
            raise SyntaxFault(f"unknown command {command.name}")
        if not self._user:
            raise PermissionError("log in first")
        if name in self._with_user:
            return self._with_user[name](words)
        if self._folder is None:
            raise PermissionError("select a folder first")
        if self._read_only and name in ("STORE", "EXPUNGE"):
            raise PermissionError("the folder is open for reading only")
        return self._with_folder[name](self._folder, words, by_uid)

    def _capability(self, _words: list[Word]) -> list[bytes]:
        return [f"* {CAPABILITIES}".encode()]

    def _noop(self, _words: list[Word]) -> list[bytes]:
        return [_exists(self._folder)] if self._folder else []

    def _logout(self, _words: list[Word]) -> list[bytes]:
        self.ended = True
        return [b"* BYE until next time"]

    def _log_in(self, words: list[Word]) -> list[bytes]:
        if Login(word(words, 0), word(words, 1)) != self._login:
            raise PermissionError("[AUTHENTICATIONFAILED] wrong user or password")
        self._user = self._login.user
        return []

    def _list(self, _words: list[Word]) -> list[bytes]:
        folders = self._mailboxes.folders(self._user)
        return [rf'* LIST (\HasNoChildren) "/" "{name}"'.encode() for name in folders]

    def _select(self, words: list[Word], *, read_only: bool) -> list[bytes]:
        wanted = word(words, 0)
        folders = self._mailboxes.folders(self._user)
        name = "INBOX" if wanted.upper() == "INBOX" else wanted
        if name not in folders:
            raise PermissionError(f"[NONEXISTENT] no folder {wanted}")
        self._folder, self._read_only = folders[name], read_only
        return [
            _exists(self._folder),
            b"* 0 RECENT",
            f"* FLAGS {_FLAGS}".encode(),
            f"* OK [UIDVALIDITY {_UID_VALIDITY}] uids are valid".encode(),
            f"* OK [UIDNEXT {self._folder.next_uid}] next uid".encode(),
        ]

    def _search(self, folder: Folder, words: list[Word], by_uid: bool) -> list[bytes]:
        matches, largest = criterion(words), len(folder.messages)
        found = [
            str(message.uid if by_uid else number)
            for number, message in enumerate(folder.messages, 1)
            if matches(Candidate(message, number, largest, folder.next_uid - 1))
        ]
        return [" ".join(["* SEARCH", *found]).encode()]

    def _fetch(self, folder: Folder, words: list[Word], by_uid: bool) -> list[bytes]:
        items, lines = items_of(words[1:]), []
        if by_uid and "UID" not in items:
            items.append("UID")
        for number, message in _chosen(folder, word(words, 0), by_uid):
            if marks_seen(items) and not self._read_only:
                message.flags.add("\\Seen")
            lines.append(f"* {number} FETCH ".encode() + answer(message, items))
        return lines

    def _store(self, folder: Folder, words: list[Word], by_uid: bool) -> list[bytes]:
        how, lines = word(words, 1).upper(), []
        given = words[2] if len(words) > 2 and isinstance(words[2], list) else words[2:]
        flags = {flag for flag in given if isinstance(flag, str)}
        for number, message in _chosen(folder, word(words, 0), by_uid):
            if how.startswith("+"):
                message.flags |= flags
            elif how.startswith("-"):
                message.flags -= flags
            else:
                message.flags = set(flags)
            if not how.endswith(".SILENT"):
                items = ["UID", "FLAGS"] if by_uid else ["FLAGS"]
                lines.append(f"* {number} FETCH ".encode() + answer(message, items))
        return lines

    def _expunge(self, folder: Folder, _words: list[Word], _by_uid: bool) -> list[bytes]:
        gone = [
            number
            for number, message in enumerate(folder.messages, 1)
            if "\\Deleted" in message.flags
        ]
        folder.messages = [m for m in folder.messages if "\\Deleted" not in m.flags]
        # From the end, so that each number is still right when the client reads it.
        return [f"* {number} EXPUNGE".encode() for number in reversed(gone)]


def _exists(folder: Folder) -> bytes:
    return f"* {len(folder.messages)} EXISTS".encode()


def _chosen(folder: Folder, text: str, by_uid: bool) -> Iterator[tuple[int, StoredMessage]]:
    wanted = numbers(text, folder.next_uid - 1 if by_uid else len(folder.messages))
    for number, message in enumerate(folder.messages, 1):
        if (message.uid if by_uid else number) in wanted:
            yield number, message
