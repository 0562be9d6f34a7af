from __future__ import annotations

import pytest

from continuitybot.broadcast.text import Encoding, advice, measure

GSM, UCS = Encoding.GSM_7, Encoding.UCS_2


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", GSM, 0, 0),
        ("Mail is down.", GSM, 13, 1),
        ("a" * 160, GSM, 160, 1),
        ("a" * 161, GSM, 161, 2),
        ("a" * 306, GSM, 306, 2),
        ("a" * 307, GSM, 307, 3),
        ("Grüße an Österreich: ß ä ñ Ω", GSM, 28, 1),
        ("10 €", GSM, 5, 1),
        ("€" * 80, GSM, 160, 1),
        ("€" * 81, GSM, 162, 2),
        # The escape and its character stay together: one septet of the first segment is lost.
        ("a" * 152 + "€" + "a" * 152, GSM, 306, 3),
        ("[{~}]|^\\\f", GSM, 18, 1),
        ("ж" * 70, UCS, 70, 1),
        ("ж" * 71, UCS, 71, 2),
        ("ж" * 134, UCS, 134, 2),
        ("ж" * 135, UCS, 135, 3),
        ("🚨", UCS, 2, 1),
        ("🚨" * 35, UCS, 70, 1),
        ("🚨" * 36, UCS, 72, 2),
        # Likewise with the two halves of a surrogate pair: 33 pairs fill 66 of 67 units.
        ("🚨" * 67, UCS, 134, 3),
        ("mail “down”", UCS, 11, 1),
        ("Ç is GSM", GSM, 8, 1),
        ("ç is not", UCS, 8, 1),
    ],
)
def test_a_text_is_measured_as_carriers_bill_it(
    text: str, encoding: Encoding, units: int, segments: int
) -> None:
    measured = measure(text)

    assert (measured.encoding, measured.units, measured.segments) == (encoding, units, segments)


@pytest.mark.parametrize(
    ("text", "culprits", "suggestion"),
    [
        ("it's", (), ""),
        ("it’s “down” – wait…", ("’", "“", "”", "–", "…"), 'it\'s "down" - wait...'),
        ("11\N{NO-BREAK SPACE}Uhr", ("\N{NO-BREAK SPACE}",), "11 Uhr"),
        ("почта не работает", tuple("почта неработ"), ""),
        ("“🚨”", ("“", "🚨", "”"), ""),
    ],
)
def test_the_characters_that_make_a_text_dear_are_named_and_replaced_where_possible(
    text: str, culprits: tuple[str, ...], suggestion: str
) -> None:
    measured = measure(text)

    assert set(measured.culprits) == set(culprits) - {" "}
    assert measured.suggestion == suggestion


def test_advice_says_what_plain_characters_would_save() -> None:
    text = "Mail is down since 9:12 – we are on it. " * 3

    assert advice(measure(text)) == (
        "– makes this a UCS-2 text of 2 segments; with plain characters it is 1 segment."
    )


def test_advice_is_silent_about_a_plain_text() -> None:
    assert advice(measure("Mail is down.")) == ""


def test_advice_suggests_nothing_that_saves_nothing() -> None:
    assert advice(measure("“hi”")) == "“ ” makes this a UCS-2 text of 1 segment."
