"""Taking people from outside into the directory, all of them or none."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from continuitybot import audit
from continuitybot.errors import BadInput, Problem
from continuitybot.people import store
from continuitybot.people.importers.csv_file import read_people
from continuitybot.people.model import BOT, Person, Role
from continuitybot.settings.people import PeopleSettings
from continuitybot.store import Change, Database, Transaction


@dataclass(frozen=True)
class Imported:
    """What an import did, in handles."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __str__(self) -> str:
        counts = f"{len(self.added)} added, {len(self.changed)} changed"
        return f"{counts}, {len(self.removed)} removed"


async def import_file(
    database: Database,
    path: Path,
    settings: PeopleSettings,
    protected_domains: Collection[str] = (),
    by: str = BOT,
) -> Imported:
    """Make the directory hold exactly the people of a CSV file, with the settings' roles and
    groups.

    Raises BadInput with every problem; the people imported last then stay as they are.
    """
    people = people_of(path, settings, protected_domains)
    async with database.transaction() as tx:
        await store.lock(tx)
        return await _take_over(tx, people, by)


def people_of(
    path: Path, settings: PeopleSettings, protected_domains: Collection[str] = ()
) -> list[Person]:
    """The people of a CSV file with the settings' roles and groups. Raises BadInput."""
    result = read_people(path, protected_domains, settings.default_region)
    handles = {person.handle for person in result.people}
    problems = [*result.problems]
    if not problems:
        problems += _strangers("people.roles", settings.roles.items(), handles)
        problems += _strangers("people.groups", settings.groups.items(), handles)
    if problems:
        count = "a problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise BadInput(f"{path} has {count}; the directory stays as it was.", problems)
    return [with_settings(person, settings) for person in result.people]


async def _take_over(tx: Transaction, people: Iterable[Person], by: str) -> Imported:
    before = {person.handle: person for person in await store.load(tx)}
    after = {person.handle: person for person in people}
    changed = [
        person
        for handle, person in after.items()
        if handle in before and replace(before[handle], opted_out=False) != person
    ]
    added = [person for handle, person in after.items() if handle not in before]
    removed = [
        replace(person, active=False, phones=(), roles=frozenset(), groups=frozenset())
        for handle, person in before.items()
        if person.active and handle not in after
    ]
    if not (added or changed or removed):
        return Imported()
    await store.save(tx, [*added, *changed, *removed])
    imported = Imported(_handles(added), _handles(changed), _handles(removed))
    await tx.announce(Change("people", "people.imported", f"People imported: {imported}."))
    await audit.record(
        tx,
        who=by,
        verb="import people",
        ref="people",
        text=f"{imported}.",
        data={"added": imported.added, "changed": imported.changed, "removed": imported.removed},
    )
    return imported


def with_settings(person: Person, settings: PeopleSettings) -> Person:
    """The person with the roles and groups that the settings add."""
    roles = {Role(role) for role, handles in settings.roles.items() if person.handle in handles}
    groups = {group for group, handles in settings.groups.items() if person.handle in handles}
    return replace(person, roles=person.roles | roles, groups=person.groups | groups)


def _strangers(
    where: str, named: Iterable[tuple[str, Collection[str]]], handles: Collection[str]
) -> list[Problem]:
    return [
        Problem(f"{where}.{name}", "names somebody who is not in the file", handle, "Mend it.")
        for name, members in named
        for handle in members
        if handle not in handles
    ]


def _handles(people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(sorted(person.handle for person in people))
