"""Times as people write them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuitybot.chat.times import moment_of, shown
from continuitybot.errors import Refused

VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # 10:00 in Vienna


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("22:30", "2026-03-10T21:30"),
        ("9:30", "2026-03-11T08:30"),
        ("today 22:30", "2026-03-10T21:30"),
        ("Tomorrow 06:00", "2026-03-11T05:00"),
        ("2026-03-14 22:30", "2026-03-14T21:30"),
        ("2026-03-14T22:30", "2026-03-14T21:30"),
        ("2026-07-01 12:00", "2026-07-01T10:00"),
        ("2026-03-14T22:30:00+00:00", "2026-03-14T22:30"),
    ],
)
def test_a_time_is_meant_where_the_person_is(text: str, utc: str) -> None:
    assert moment_of(text, NOW, VIENNA) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("soon", "is not a time"),
        ("25:00", "is not a time"),
        ("2026-02-30 10:00", "is not a time"),
        ("2026-03-09 10:00", "has passed"),
        ("today 08:00", "has passed"),
        ("2026-03-14T22:30:00", "is not a time"),
    ],
)
def test_what_is_no_time_to_come_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(Refused, match=complaint):
        moment_of(text, NOW, VIENNA)


@given(st.text())
def test_anything_else_is_refused_and_nothing_worse(text: str) -> None:
    with contextlib.suppress(Refused):
        assert moment_of(text, NOW, VIENNA) > NOW


def test_a_moment_is_shown_where_the_reader_is() -> None:
    assert shown(NOW, VIENNA) == "Tue 10 Mar 10:00 CET"
    assert shown(NOW, UTC) == "Tue 10 Mar 09:00 UTC"
