"""The IMAP server is good enough for a client that knows nothing of the lab."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest
from imap_tools import AND, NOT, OR, H, MailboxLoginError, MailBoxUnencrypted
from imap_tools.errors import MailboxFolderSelectError

from continuitybot.lab.addresses import Login
from continuitybot.lab.mail.imap.server import ImapDoor
from continuitybot.lab.mail.imap.wire import SyntaxFault, numbers, parse_command, parse_words
from continuitybot.lab.mail.letter import Letter
from continuitybot.lab.mail.mailboxes import Mailboxes

LOGIN = Login("probe@harbour.example", 'pass "word"')
AT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)


def _letter(nonce: str, subject: str) -> Letter:
    raw = (
        f"Message-ID: <{nonce}@x>\r\nX-Nonce: {nonce}\r\nFrom: a@x.example\r\n"
        f"Subject: {subject}\r\n\r\nBody of {nonce}\r\n"
    )
    return Letter(f"<{nonce}@x>", "a@x.example", LOGIN.user, raw.encode(), AT)


@pytest.fixture
async def door() -> AsyncIterator[ImapDoor]:
    mailboxes = Mailboxes()
    for nonce, subject in (("n1", "First"), ("n2", "=?utf-8?q?Z=C3=BCrich?="), ("n3", "Third")):
        mailboxes.deliver(_letter(nonce, subject))
    door = ImapDoor(0, mailboxes, LOGIN)
    await door.open()
    yield door
    await door.close()


def _box(door: ImapDoor) -> MailBoxUnencrypted:
    return MailBoxUnencrypted(door.door.host, door.door.port, timeout=5)


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        (AND(all=True), ["1", "2", "3"]),
        (AND(header=H("X-Nonce", "n2")), ["2"]),
        (AND(header=H("X-Nonce", "n")), ["1", "2", "3"]),
        (AND(subject="Third"), ["3"]),
        (AND(from_="a@x.example", subject="first"), ["1"]),
        (AND(seen=False), ["1", "2", "3"]),
        (AND(seen=True), []),
        (AND(date_gte=date(2026, 3, 10)), ["1", "2", "3"]),
        (AND(date_gte=date(2026, 3, 11)), []),
        (AND(date_lt=date(2026, 3, 10)), []),
        (AND(date=date(2026, 3, 10)), ["1", "2", "3"]),
        (AND(body="Body of n1"), ["1"]),
        (OR(subject=["First", "Third"]), ["1", "3"]),
        (NOT(subject="First"), ["2", "3"]),
        (AND(uid="2:*"), ["2", "3"]),
        ("2:3 UNDELETED", ["2", "3"]),
    ],
)
async def test_a_search_finds_what_it_names(
    door: ImapDoor, criteria: object, found: list[str]
) -> None:
    def search() -> list[str]:
        with _box(door).login(LOGIN.user, LOGIN.password) as box:
            return box.uids(criteria)

    assert await asyncio.to_thread(search) == found


async def test_a_search_looks_into_encoded_subjects(door: ImapDoor) -> None:
    def search() -> list[str]:
        with _box(door).login(LOGIN.user, LOGIN.password) as box:
            return box.uids(AND(subject="Zürich"), charset="utf-8")

    assert await asyncio.to_thread(search) == ["2"]


async def test_a_fetched_message_is_whole_and_seen_afterwards(door: ImapDoor) -> None:
    def fetch() -> tuple[str, str, tuple[str, ...], list[str]]:
        with _box(door).login(LOGIN.user, LOGIN.password) as box:
            [message] = box.fetch(AND(header=H("X-Nonce", "n2")))
            return message.subject, message.text, message.headers["x-nonce"], box.uids("SEEN")

    assert await asyncio.to_thread(fetch) == ("Zürich", "Body of n2\r\n", ("n2",), ["2"])


async def test_reading_in_bulk_without_marking_leaves_everything_unseen(door: ImapDoor) -> None:
    def fetch() -> tuple[list[str], list[str]]:
        with _box(door).login(LOGIN.user, LOGIN.password) as box:
            subjects = [m.subject for m in box.fetch(mark_seen=False, bulk=True, headers_only=True)]
            return subjects, box.uids("SEEN")

    assert await asyncio.to_thread(fetch) == (["First", "Zürich", "Third"], [])


async def test_a_deleted_message_is_gone_and_the_others_keep_their_uids(door: ImapDoor) -> None:
    def delete() -> list[str]:
        with _box(door).login(LOGIN.user, LOGIN.password) as box:
            box.delete("2")
            return box.uids()

    assert await asyncio.to_thread(delete) == ["1", "3"]


async def test_folders_are_listed_and_one_that_is_only_examined_does_not_change(
    door: ImapDoor,
) -> None:
    def look() -> tuple[list[str], list[str]]:
        with _box(door).login(LOGIN.user, LOGIN.password) as box:
            box.folder.set("INBOX", readonly=True)
            list(box.fetch("1"))
            assert box.client.uid("STORE", "1", "+FLAGS", "(\\Seen)")[0] == "NO"
            return [folder.name for folder in box.folder.list()], box.uids("SEEN")

    assert await asyncio.to_thread(look) == (["INBOX", "Junk"], [])


async def test_a_wrong_password_and_a_missing_folder_are_refused(door: ImapDoor) -> None:
    def attempt() -> None:
        with pytest.raises(MailboxLoginError):
            _box(door).login(LOGIN.user, "guess")
        with (
            _box(door).login(LOGIN.user, LOGIN.password) as box,
            pytest.raises(MailboxFolderSelectError),
        ):
            box.folder.set("Archive")

    await asyncio.to_thread(attempt)


async def test_a_literal_stands_for_a_quoted_string(door: ImapDoor) -> None:
    reader, writer = await asyncio.open_connection(door.door.host, door.door.port)
    await reader.readline()
    password = LOGIN.password.encode()
    writer.write(f"a LOGIN {LOGIN.user} {{{len(password)}}}\r\n".encode())
    assert (await reader.readline()).startswith(b"+")
    writer.write(password + b"\r\n")
    assert (await reader.readline()).startswith(b"a OK")
    writer.close()


@pytest.mark.parametrize(
    "line",
    ["x", "a FROBNICATE", "a UID SEARCH WHATEVER", "a FETCH 1 (ENVELOPE)", "a SEARCH (ALL"],
)
async def test_what_it_does_not_know_is_answered_with_bad(door: ImapDoor, line: str) -> None:
    reader, writer = await asyncio.open_connection(door.door.host, door.door.port)
    quoted = LOGIN.password.replace('"', '\\"')
    writer.write(f'l LOGIN {LOGIN.user} "{quoted}"\r\ns SELECT INBOX\r\n{line}\r\n'.encode())
    answers = []
    while not answers or b" BAD " not in answers[-1]:
        answers.append(await asyncio.wait_for(reader.readline(), 3))
    writer.close()
    assert any(answer.startswith(b"s OK") for answer in answers)


def test_words_are_read_with_quotes_lists_and_sections() -> None:
    command = parse_command(r'A1 uid fetch 1:* (BODY.PEEK[HEADER.FIELDS (TO CC)] "a \"b" (c))')
    assert (command.tag, command.name) == ("A1", "UID FETCH")
    assert command.words == ["1:*", ["BODY.PEEK[HEADER.FIELDS (TO CC)]", 'a "b', ["c"]]]


def test_a_sequence_set_reaches_to_the_last_message_and_no_further() -> None:
    assert numbers("2,4:*", 6) == {2, 4, 5, 6}
    assert numbers("*:3", 5) == {3, 4, 5}
    assert numbers("1:4000000000", 3) == {1, 2, 3}
    with pytest.raises(SyntaxFault):
        numbers("one", 3)


@pytest.mark.parametrize("text", ["(a", "a)", '"a'])
def test_words_that_are_not_closed_are_refused(text: str) -> None:
    with pytest.raises(SyntaxFault):
        parse_words(text)
