"""The directory in the database: what is stored, taken over, forgotten and kept."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from continuitybot import audit
from continuitybot.errors import BadInput, Refused
from continuitybot.people.directory import Directory
from continuitybot.people.importing import Imported, import_file
from continuitybot.people.model import Role
from continuitybot.settings.people import PeopleSettings
from continuitybot.store import Change, Database, Transaction
from rig.people import ALICE, BOB, CAROL, EVERYONE, directory_of

SETTINGS = PeopleSettings(default_region="AT")
HEADER = "handle,name,email,phone,roles\n"
ALICE_LINE = "alice,Alice Brandt,alice@example.com,0660 1234567,admin\n"
BOB_LINE = "bob,Bob Okafor,bob@example.com,0660 1234568,approver\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text(HEADER + ALICE_LINE + BOB_LINE)
    return path


@pytest.fixture
def heard(database: Database) -> list[Change]:
    changes: list[Change] = []

    async def listen(_tx: Transaction, change: Change) -> None:
        changes.append(change)

    database.subscribe("p", listen)
    return changes


async def test_people_come_back_as_they_were_saved(any_database: Database) -> None:
    directory = await directory_of(any_database)
    assert await directory.everyone() == EVERYONE
    assert await Directory(any_database).person("carol") == CAROL


async def test_every_lookup_reaches_the_stored_people(database: Database) -> None:
    directory = await directory_of(database)
    assert await directory.find("Bob Okafor") == BOB
    assert await directory.by_identity("slack", "T1", "UBOB") == BOB
    assert await directory.by_phone("+436601000002") == BOB
    assert await directory.by_email("BOB@example.com") == BOB
    assert await directory.with_role(Role.APPROVER) == (BOB,)
    assert (await directory.audience("on-call")).handles == ("carol",)
    assert ("all", 4) in await directory.audiences()


async def test_a_change_by_another_instance_is_seen(any_url: str, any_database: Database) -> None:
    here = await directory_of(any_database)
    assert len(await here.everyone()) == 4
    there = Database.at(any_url, any_database.clock)
    async with there.transaction() as tx:
        await Directory(there).set_opted_out(tx, CAROL.phone, True)
    await there.close()
    assert (await here.person("carol")).opted_out


async def test_what_was_rolled_back_is_not_remembered(database: Database) -> None:
    directory = await directory_of(database, ALICE)

    async def saved_then_refused() -> None:
        async with database.transaction() as tx:
            await directory.save(tx, [BOB])
            assert (await directory.roster(tx)).person("bob") == BOB
            raise Refused("No.")

    with pytest.raises(Refused):
        await saved_then_refused()
    assert await directory.everyone() == (ALICE,)


async def test_stop_from_a_number_flags_its_person_and_start_clears_it(
    database: Database, heard: list[Change]
) -> None:
    directory = await directory_of(database)
    for opted_out in (True, True, False):
        async with database.transaction() as tx:
            await directory.set_opted_out(tx, BOB.phone, opted_out)
        assert (await directory.person("bob")).opted_out is opted_out
    assert [(change.what, change.ref, change.text) for change in heard] == [
        ("person.opted_out", "bob", "Bob Okafor wants no more texts."),
        ("person.opted_in", "bob", "Bob Okafor wants texts again."),
    ]


async def test_an_opt_out_outlives_the_import_of_its_person(database: Database, file: Path) -> None:
    directory = Directory(database)
    async with database.transaction() as tx:
        await directory.set_opted_out(tx, "+436601234568", True)
    await import_file(database, file, SETTINGS)
    assert (await directory.person("bob")).opted_out
    assert await import_file(database, file, SETTINGS) == Imported()


async def test_stop_from_a_second_number_does_not_silence_the_first(database: Database) -> None:
    directory = await directory_of(database)
    async with database.transaction() as tx:
        await directory.set_opted_out(tx, CAROL.phones[1], True)
    assert not (await directory.person("carol")).opted_out


async def test_an_import_adds_changes_and_retires(any_database: Database, file: Path) -> None:
    directory = Directory(any_database)
    assert await import_file(any_database, file, SETTINGS) == Imported(added=("alice", "bob"))
    file.write_text(HEADER + ALICE_LINE.replace("Brandt", "Berg") + "carol,Carol,c@example.com,,\n")
    again = await import_file(any_database, file, SETTINGS)
    assert again == Imported(added=("carol",), changed=("alice",), removed=("bob",))
    bob = await directory.person("bob")
    assert (bob.name, bob.active, bob.phones, bob.roles) == ("Bob Okafor", False, (), frozenset())
    assert [one.handle for one in await directory.everyone()] == ["alice", "carol"]


async def test_whoever_comes_back_is_active_again(database: Database, file: Path) -> None:
    await import_file(database, file, SETTINGS)
    file.write_text(HEADER + ALICE_LINE)
    await import_file(database, file, SETTINGS)
    file.write_text(HEADER + ALICE_LINE + BOB_LINE)
    assert await import_file(database, file, SETTINGS) == Imported(changed=("bob",))
    assert (await Directory(database).person("bob")).active


async def test_a_bad_file_leaves_the_last_good_people(
    database: Database, file: Path, heard: list[Change]
) -> None:
    await import_file(database, file, SETTINGS)
    file.write_text(HEADER + "alice,,alice@example.com,1,chief\n")
    with pytest.raises(BadInput, match="has 3 problems; the directory stays as it was") as caught:
        await import_file(database, file, SETTINGS)
    assert len(caught.value.problems) == 3
    assert len(await Directory(database).everyone()) == 2
    assert [change.text for change in heard] == ["People imported: 2 added, 0 changed, 0 removed."]


async def test_an_import_that_changes_nothing_says_nothing(
    database: Database, file: Path, heard: list[Change]
) -> None:
    await import_file(database, file, SETTINGS, by="alice")
    await import_file(database, file, SETTINGS, by="alice")
    assert len(heard) == 1
    async with database.reading() as tx:
        (entry,) = await audit.entries(tx, ref="people")
    assert (entry.who, entry.verb) == ("alice", "import people")


async def test_settings_give_roles_and_groups_besides_those_in_the_file(
    database: Database, file: Path
) -> None:
    settings = PeopleSettings(roles={"approver": ("alice",)}, groups={"crisis": ("bob",)},
                              default_region="AT")  # fmt: skip
    await import_file(database, file, settings)
    directory = Directory(database)
    assert (await directory.person("alice")).roles == {Role.ADMIN, Role.APPROVER}
    assert (await directory.audience("group:crisis")).handles == ("bob",)


async def test_settings_that_name_a_stranger_are_refused(database: Database, file: Path) -> None:
    settings = PeopleSettings(roles={"approver": ("erin",)}, default_region="AT")
    with pytest.raises(BadInput, match=r"people\.roles\.approver: names somebody who is not in"):
        await import_file(database, file, settings)
    assert await Directory(database).everyone() == ()


async def test_two_imports_at_once_store_everybody_once(any_database: Database, file: Path) -> None:
    imports = (import_file(any_database, file, SETTINGS) for _ in range(3))
    done = await asyncio.gather(*imports)
    assert sorted(len(one.added) for one in done) == [0, 0, 2]
