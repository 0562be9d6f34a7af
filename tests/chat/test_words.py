"""Lines as phones type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuitybot.chat.words import quote, split, visible
from continuitybot.errors import Refused


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  status  ", ["status"]),
        ('note "two words"', ["note", "two words"]),
        ("note “two words”", ["note", "two words"]),
        ("note „zwei Wörter“", ["note", "zwei Wörter"]),
        ("note «deux mots»", ["note", "deux mots"]),
        ("note ‘two words’", ["note", "two words"]),
        ("note 'it's fine'", ["note", "it's fine"]),
        ("note don't panic", ["note", "don't", "panic"]),
        ("note 'tis late", ["note", "'tis", "late"]),
        ('note "straight and curly”', ["note", "straight and curly"]),
        ('note “curly and straight"', ["note", "curly and straight"]),
        ('note "he said “hi” to me"', ["note", "he said “hi” to me"]),
        (r'note "a \"b\" \\ c"', ["note", 'a "b" \\ c']),
        (r"note a\b", ["note", r"a\b"]),
        ("x —for 4h", ["x", "--for", "4h"]),
        ("x –for 4h", ["x", "--for", "4h"]),
        ("x ––for 4h", ["x", "--for", "4h"]),
        ("x −−for 4h", ["x", "--for", "4h"]),
        ("x -for 4h", ["x", "--for", "4h"]),
        ("x - 4h", ["x", "-", "4h"]),
        ("x -5", ["x", "-5"]),
        ('x --reason="mail is down"', ["x", "--reason=mail is down"]),
        ("run key=“two words” b=1", ["run", "key=two words", "b=1"]),
        ("a\u00a0b", ["a", "b"]),
        ('x ""', ["x", ""]),
    ],
)
def test_a_line_is_split_as_it_was_meant(line: str, words: list[str]) -> None:
    assert [word.text for word in split(line)] == words


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('note "mail is down', "The quote before “mail is down” is not closed"),
        ("note “mail is down", "is not closed"),
        ('run key="a', "is not closed"),
        ('note "a"b', "no space after the quote"),
    ],
)
def test_a_quote_that_goes_wrong_is_named(line: str, complaint: str) -> None:
    with pytest.raises(Refused, match=complaint):
        split(line)


def test_a_quoted_word_is_never_an_option() -> None:
    assert [word.is_option for word in split('x --for "--for"')] == [False, True, False]


def test_what_nobody_meant_to_type_is_dropped() -> None:
    assert visible("\ufeff/continuity\u200b status\x00 ") == "/continuity status"


@given(st.text(max_size=60))
def test_a_quoted_text_is_one_word_that_says_the_same(text: str) -> None:
    assert [word.text for word in split(f"a {quote(text)} b")] == ["a", text, "b"]


@given(st.text(max_size=80))
def test_a_word_stands_where_it_says(line: str) -> None:
    try:
        words = split(line)
    except Refused:
        return
    assert all(line[word.start : word.end].strip() for word in words)
    assert [w.start for w in words] == sorted(w.start for w in words)
