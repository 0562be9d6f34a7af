"""The lab starts and stops as a whole, and its people are usable as a directory."""

from __future__ import annotations

import asyncio
import csv
import socket
from pathlib import Path

import phonenumbers
import pytest

from continuitybot.lab import Lab, Paces, Ports
from continuitybot.lab.company import EMPLOYEES, PEOPLE_COLUMNS, write_people
from continuitybot.people.importers.csv_file import read_people
from lab.clients import letter, send
from lab.conftest import FAST


async def test_after_a_stop_no_task_and_no_port_is_left() -> None:
    before = asyncio.all_tasks()
    lab = Lab(paces=Paces(messages_per_second=200))
    await lab.start()
    addresses = lab.addresses
    await send(letter("x"), addresses.gateway)
    idle = [
        await asyncio.open_connection(door.host, door.port)
        for door in (addresses.gateway, addresses.primary.submission, addresses.standby.imap)
    ]
    await asyncio.gather(*(reader.readline() for reader, _ in idle))
    await lab.stop()
    for _, writer in idle:
        writer.close()
    assert asyncio.all_tasks() == before
    for door in (addresses.gateway, addresses.relay, addresses.primary.imap):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(door.host, door.port)


async def test_a_port_that_is_taken_fails_the_start_and_closes_what_was_opened() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        lab = Lab(paces=FAST, ports=Ports(relay=taken.getsockname()[1]))
        with pytest.raises(OSError, match="address already in use"):
            await lab.start()
        gateway = lab.addresses.gateway
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(gateway.host, gateway.port)


def test_every_phone_number_is_valid_and_its_owners_own() -> None:
    numbers = [employee.phone for employee in EMPLOYEES if employee.phone]
    assert len(numbers) == len(set(numbers)) == len(EMPLOYEES) - 1
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(number)) for number in numbers)


def test_the_people_file_is_one_that_the_bot_imports(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    write_people(path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == PEOPLE_COLUMNS
    result = read_people(path, protected_domains=["harbour.example"], default_region="AT")
    assert result.problems == ()
    assert [person.handle for person in result.people if "admin" in person.roles] == [
        "alice",
        "bob",
    ]
