"""Who may do what, and what the others are told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from continuitybot.errors import NotAllowed
from continuitybot.people.authority import ACTS, may, require, who_may
from continuitybot.people.model import Person, Role
from rig.people import ALICE, BOB, CAROL, DAVE, EVERYONE

OPENED = {
    Role.VIEWER: {"view"},
    Role.RESPONDER: {"view", "respond", "invoke", "stop", "drill"},
    Role.APPROVER: {"view", "approve"},
    Role.BROADCASTER: {"view", "broadcast", "stop"},
    Role.ADMIN: set(ACTS),
}


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_its_acts_and_no_other(role: Role) -> None:
    person = Person("x", "X", roles=frozenset({role}))
    assert {act for act in ACTS if may(person, act)} == OPENED[role]


def test_without_a_role_nothing_is_allowed() -> None:
    assert not [act for act in ACTS if may(DAVE, act)]


def test_a_refusal_names_the_role_and_who_has_it() -> None:
    with pytest.raises(NotAllowed) as caught:
        require(CAROL, "approve", EVERYONE)
    assert str(caught.value) == "Approving needs the role approver. Ask Bob Okafor or Alice Brandt."


def test_whoever_has_the_role_is_let_through() -> None:
    require(BOB, "approve", EVERYONE)
    require(ALICE, "approve", EVERYONE)


def test_a_refusal_names_a_few_and_counts_the_rest() -> None:
    many = [replace(BOB, handle=f"b{n}", name=f"Bob {n}") for n in range(1, 8)]
    with pytest.raises(NotAllowed, match="Ask Bob 1, Bob 2, Bob 3, Bob 4 or 3 others"):
        require(CAROL, "approve", many)


def test_a_refusal_says_when_nobody_could() -> None:
    with pytest.raises(NotAllowed, match="Nobody has it yet"):
        require(DAVE, "configure", [DAVE])


def test_looking_needs_any_role_and_stopping_one_of_two() -> None:
    with pytest.raises(NotAllowed, match="Looking at this needs any role"):
        require(DAVE, "view", EVERYONE)
    with pytest.raises(NotAllowed, match="needs the role responder or broadcaster"):
        require(BOB, "stop", EVERYONE)


def test_those_with_the_very_role_are_asked_before_admins() -> None:
    assert who_may("approve", EVERYONE) == [BOB, ALICE]
