"""The people of the tests: Alice may do everything, Bob approves, Carol responds, Dave is told."""

from __future__ import annotations

from continuitybot.people.directory import Directory
from continuitybot.people.model import Identity, Person, Role
from continuitybot.store import Database

ALICE = Person(
    "alice",
    "Alice Brandt",
    "alice@example.com",
    ("+436601000001",),
    alternate_email="alice@example.net",
    site="Vienna",
    groups=frozenset({"it"}),
    roles=frozenset({Role.ADMIN}),
    identities=(Identity("slack", "T1", "UALICE"),),
)
BOB = Person(
    "bob",
    "Bob Okafor",
    "bob@example.com",
    ("+436601000002",),
    site="Graz",
    groups=frozenset({"it"}),
    roles=frozenset({Role.APPROVER}),
    identities=(Identity("slack", "T1", "UBOB"),),
)
CAROL = Person(
    "carol",
    "Carol Lindt",
    "carol@example.com",
    ("+436601000003", "+436601000013"),
    site="Vienna",
    roles=frozenset({Role.RESPONDER, Role.BROADCASTER}),
    identities=(Identity("slack", "", "UCAROL"),),
)
DAVE = Person("dave", "Dave Novak", "dave@example.com", ("+436601000004",), language="de")
EVERYONE = (ALICE, BOB, CAROL, DAVE)


async def directory_of(
    database: Database, *people: Person, on_call: tuple[str, ...] = ("role:responder",)
) -> Directory:
    """A directory that holds these people, or the usual four."""
    directory = Directory(database, on_call)
    async with database.transaction() as tx:
        await directory.save(tx, people or EVERYONE)
    return directory
