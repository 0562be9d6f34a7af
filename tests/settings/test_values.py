"""The kinds of value a setting can have."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from continuitybot.errors import Refused
from continuitybot.settings.values import (
    DatabaseAddress,
    Domain,
    Secret,
    TimeZone,
    WebAddress,
    format_duration,
    parse_duration,
)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("2m", 120), ("1h30m", 5400), ("1 h 30 m", 5400), ("7d", 604_800),
     ("500ms", 0.5), ("1.5h", 5400), (45, 45), (0.5, 0.5), (" 2M ", 120)],
)  # fmt: skip
def test_durations_are_read_as_people_write_them(written: str | float, seconds: float) -> None:
    assert parse_duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", ["", "soon", "5 minutes", "2m!", "-5m", True, None, "9" * 99])
def test_other_texts_are_no_durations(written: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(written)


@pytest.mark.parametrize("written", ["9" * 99 + "d", float("inf"), 1e300])
def test_a_duration_without_end_is_refused_and_breaks_nothing(written: object) -> None:
    with pytest.raises(ValueError, match="no duration is that long"):
        parse_duration(written)


@given(st.integers(min_value=1, max_value=10**6))
def test_a_short_form_never_says_more_than_there_is(seconds: int) -> None:
    exact = timedelta(seconds=seconds)
    shown = parse_duration(format_duration(exact))
    assert shown <= exact
    assert exact - shown < exact / 20


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Domain, ["example.com", "EXAMPLE.com.", "xn--bcher-kva.example"],
         ["example", "-a.example", "a..example", "a b.example", "a@example.com", "x" * 260]),
        (TimeZone, ["UTC", "Europe/Vienna"], ["Vienna", "../etc/passwd", "", "Europe"]),
        (WebAddress, ["https://a.example", "http://127.0.0.1:80/x"], ["a.example", "https:///x"]),
        (DatabaseAddress,
         ["sqlite:///a.db", "postgresql://bot@db/bot", "env:DATABASE_URL", "file:/run/url"],
         ["mysql://db", "a.db", "postgresql://bot:secret@db/bot"]),
    ],
)  # fmt: skip
def test_each_kind_takes_the_good_and_refuses_the_bad(
    kind: object, good: list[str], bad: list[str]
) -> None:
    adapter = TypeAdapter[str](kind)
    assert all(adapter.validate_python(text) for text in good)
    for text in bad:
        with pytest.raises(ValidationError):
            adapter.validate_python(text)


def test_a_domain_is_kept_in_small_letters() -> None:
    assert TypeAdapter[str](Domain).validate_python(" Example.COM.") == "example.com"


def test_a_secret_is_read_from_a_variable_or_a_file_when_it_is_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("from a file\n")
    monkeypatch.setenv("A_TOKEN", "from a variable")
    assert Secret(f"file:{tmp_path}/token").read() == "from a file"
    assert Secret("env:A_TOKEN").read() == "from a variable"


def test_a_secret_that_is_not_there_is_named_and_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="environment variable NO_SUCH_TOKEN is not set"):
        Secret("env:NO_SUCH_TOKEN").read()
    with pytest.raises(Refused, match=r"secret file .*/none cannot be read"):
        Secret(f"file:{tmp_path}/none").read()
