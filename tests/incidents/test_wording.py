"""What stands on a phone at three in the morning."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from continuitybot.broadcast.text import Encoding, measure
from continuitybot.incidents.ladder import Reason
from continuitybot.incidents.model import Incident, Severity
from continuitybot.incidents.wording import listed, page_text, paged, plain, shortened

NINE = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
INCIDENT = Incident(
    "INC-7",
    "Inbound mail is failing",
    Severity.SEV1,
    NINE,
    NINE,
    summary="Primary defers every message with 451 4.7.0: the provider's side.",
)
LONG = "Der Anbieter „Mailhaus“ verzögert jede Nachricht – seit 09:00, mit 451 4.7.0… " * 4


def test_a_page_says_what_since_when_whose_side_and_how_to_answer() -> None:
    assert page_text(INCIDENT, ZoneInfo("Europe/Vienna")) == (
        "LIVE INC-7 SEV1: Inbound mail is failing since 10:00 CET. "
        "Primary defers every message with 451 4.7.0: the provider's side. Reply ACK 7"
    )


@pytest.mark.parametrize("summary", ["", LONG, "日本語の診断", "x" * 500])
@pytest.mark.parametrize("title", [INCIDENT.title, "A title that goes on " * 12])
def test_a_page_is_one_plain_segment_and_keeps_the_way_to_answer(summary: str, title: str) -> None:
    text = page_text(replace(INCIDENT, summary=summary, title=title), UTC)
    measured = measure(text)
    assert (measured.encoding, measured.segments) == (Encoding.GSM_7, 1)
    assert text.endswith("Reply ACK 7")
    assert text.startswith("LIVE INC-7 SEV1: ")


def test_characters_without_a_likeness_do_not_make_a_text_dear() -> None:
    assert plain("naïve – “日”") == 'na?ve - "?"'


def test_a_text_is_cut_between_words() -> None:
    assert shortened("one two three", 10) == "one two..."
    assert shortened("one two", 7) == "one two"
    assert shortened("onetwothree", 8) == ""


def test_lists_read_as_people_write_them() -> None:
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_the_line_about_pages_names_people_channels_and_the_reason() -> None:
    assert paged(["Alice Brandt"], ["sms", "email"], Reason.UNANSWERED) == (
        "Paged Alice Brandt by SMS and alternate e-mail, since nobody has acknowledged."
    )
