"""How people and audiences are found."""

from __future__ import annotations

from dataclasses import replace

import pytest

from continuitybot.errors import NotFound, Refused
from continuitybot.people.model import Person, short_phone
from continuitybot.people.roster import Roster
from rig.people import ALICE, BOB, CAROL, DAVE, EVERYONE

GONE = Person("erin", "Erin Doyle", "erin@example.com", active=False)
ROSTER = Roster([*EVERYONE, GONE], on_call=("carol", "role:approver", "erin"))


@pytest.mark.parametrize("text", ["alice", "@Alice", "alice@EXAMPLE.com", "alice  brandt"])
def test_a_person_is_found_by_handle_address_or_name(text: str) -> None:
    assert ROSTER.find(text) == ALICE


def test_an_unknown_person_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(NotFound, match=r"Nobody is called allice\. Did you mean alice"):
        ROSTER.find("allice")


def test_two_people_of_one_name_are_told_apart_by_handle() -> None:
    twin = Person("alice2", "Alice Brandt")
    with pytest.raises(Refused, match="Write alice or alice2"):
        Roster([ALICE, twin]).find("Alice Brandt")


def test_whoever_left_has_a_name_but_is_not_found() -> None:
    assert ROSTER.person("erin").name == "Erin Doyle"
    assert ROSTER.name("erin") == "Erin Doyle"
    assert ROSTER.by_email("erin@example.com") is None
    with pytest.raises(NotFound):
        ROSTER.find("erin")


def test_an_account_without_a_team_is_that_of_any_team() -> None:
    assert ROSTER.by_identity("slack", "T9", "UCAROL") == CAROL
    assert ROSTER.by_identity("slack", "T1", "UALICE") == ALICE
    assert ROSTER.by_identity("slack", "T9", "UALICE") is None
    assert ROSTER.by_identity("teams", "T1", "UALICE") is None


def test_a_second_number_belongs_to_its_person_too() -> None:
    assert ROSTER.by_phone("+436601000013") == CAROL


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("all", [ALICE, BOB, CAROL, DAVE]),
        ("site:vienna", [ALICE, CAROL]),
        ("group:it", [ALICE, BOB]),
        ("role:admin", [ALICE]),
        ("role:viewer", []),
        ("on-call", [BOB, CAROL]),
        ("dave", [DAVE]),
        ("dave, @bob ,role:approver", [BOB, DAVE]),
    ],
)
def test_an_audience_is_everybody_its_query_names_once(query: str, expected: list[Person]) -> None:
    assert list(ROSTER.audience(query).people) == expected


def test_every_unknown_name_of_a_query_is_told_with_what_was_meant() -> None:
    with pytest.raises(NotFound) as caught:
        ROSTER.audience("site:Viena, bob, carrol")
    assert caught.value.text == (
        "No audience or person is called site:Viena. No audience or person is called carrol."
    )
    assert caught.value.remedy == "Did you mean site:Vienna? Did you mean carol?"


@pytest.mark.parametrize("query", ["", " , "])
def test_an_audience_without_a_name_is_refused(query: str) -> None:
    with pytest.raises(NotFound, match="An audience has a name"):
        ROSTER.audience(query)


def test_audiences_are_listed_with_their_counts() -> None:
    assert ROSTER.audiences() == [
        ("all", 4),
        ("group:it", 2),
        ("role:admin", 1),
        ("role:approver", 1),
        ("role:broadcaster", 1),
        ("role:responder", 1),
        ("site:Graz", 1),
        ("site:Vienna", 2),
        ("on-call", 2),
    ]


def test_the_digest_of_an_audience_follows_who_is_told_and_how() -> None:
    before = ROSTER.audience("all").digest
    assert Roster(reversed(EVERYONE)).audience("all").digest == before
    renamed = replace(DAVE, name="David Novak")
    assert Roster([ALICE, BOB, CAROL, renamed]).audience("all").digest == before
    for changed in (replace(DAVE, phones=()), replace(DAVE, language="en")):
        assert Roster([ALICE, BOB, CAROL, changed]).audience("all").digest != before
    assert Roster([ALICE, BOB, CAROL]).audience("all").digest != before


@pytest.mark.parametrize(
    ("phone", "shown"),
    [("+4366412345678", "+43…78"), ("+12025550123", "+1…23"), ("112", "112")],
)
def test_a_number_is_shown_without_its_middle(phone: str, shown: str) -> None:
    assert short_phone(phone) == shown
