"""Codes for answers by text: each its own, and only the right one counts."""

from __future__ import annotations

import re

import pytest

from continuitybot.approvals.codes import Codes

CODES = Codes("a key that only the bot has")


def test_a_code_is_six_digits_and_always_the_same() -> None:
    code = CODES.code("APR-1", "bob")
    assert re.fullmatch(r"\d{6}", code)
    assert Codes("a key that only the bot has").code("APR-1", "bob") == code


def test_its_owner_is_believed_blanks_and_all() -> None:
    assert CODES.matches("APR-1", "bob", f" {CODES.code('APR-1', 'bob')}\n")


@pytest.mark.parametrize(
    ("question", "handle", "key"),
    [
        ("APR-2", "bob", "a key that only the bot has"),
        ("APR-1", "carol", "a key that only the bot has"),
        ("APR-1", "bob", "another key"),
    ],
)
def test_a_code_for_another_question_person_or_bot_is_not_believed(
    question: str, handle: str, key: str
) -> None:
    assert not CODES.matches("APR-1", "bob", Codes(key).code(question, handle))


@pytest.mark.parametrize("given", ["", "12345", "no code", "‘123456’"])
def test_what_is_no_code_is_not_believed(given: str) -> None:
    assert not CODES.matches("APR-1", "bob", given)
