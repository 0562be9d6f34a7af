"""Cards in a terminal, in a browser and in a text message."""

from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.cards import AT, FULL, HOSTILE, HUGE
from continuitybot.chat import html, sms, text
from continuitybot.chat.message import (
    Card,
    Chart,
    Fact,
    Part,
    Point,
    Progress,
    Table,
    fallback,
    first_line,
)
from continuitybot.chat.wording import chart_words, number, progress_words, sparkline
from continuitybot.store import from_document, to_document

VIENNA = ZoneInfo("Europe/Vienna")
VOID = {"input", "line", "polyline"}


class Page(HTMLParser):
    """What a browser would make of it: balanced tags, and the fields of each form."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.forms: list[list[tuple[str, str]]] = []
        self.tags: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        known = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append([])
        if tag in ("input", "select", "textarea"):
            self.forms[-1].append((known["name"], known.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag


def test_a_card_in_a_terminal() -> None:
    lines = text.render(FULL, VIENNA, 60).splitlines()
    assert lines[0] == "LIVE · INC-7 Mail does not arrive · ✘ FAILING"
    assert lines[1] == "  Since      Tue 10 Mar 10:12 CET"
    assert "Run `status`." in lines
    assert "  ✔ Confirm (done) – by Alice" in lines
    assert "      [Skip]  step skip RUN-1 invoke" in lines
    assert any(line.endswith("12 delivered, 3 sent of 20") for line in lines)


@pytest.mark.parametrize("card", [FULL, HUGE], ids=["full", "huge"])
def test_text_from_outside_cannot_steer_the_terminal(card: Card) -> None:
    shown = text.render(card)
    assert "\x1b" not in shown
    assert {char for char in shown if ord(char) < 32} <= {"\n"}


def test_columns_stay_under_each_other() -> None:
    shown = text.render(Card("Runs", table=Table(("Run", "State"), (("RUN-1", "a"), ("R", "b")))))
    assert shown.splitlines()[1:] == ["  RUN    STATE", "  RUN-1  a", "  R      b"]


@pytest.mark.parametrize("card", [FULL, HUGE, Card("")], ids=["full", "huge", "empty"])
def test_html_is_balanced_and_escaped(card: Card) -> None:
    page = Page(html.HtmlCards("/say").card(card))
    assert page.open == []
    assert "script" not in page.tags


def test_a_button_posts_its_command_without_javascript() -> None:
    shown = html.HtmlCards("/say", VIENNA, {"token": "t1"}).card(FULL)
    forms = Page(shown).forms
    assert [("command", "ack INC-7"), ("token", "t1")] in forms
    assert "Move the mail?" in shown
    assert '<time datetime="2026-03-10T09:12:00+00:00">Tue 10 Mar 10:12 CET</time>' in shown
    assert HOSTILE not in shown


def test_a_posted_form_is_a_line_of_the_grammar() -> None:
    forms = Page(html.HtmlCards("/say").card(FULL)).forms
    (asked,) = [form for form in forms if len(form) > 1]
    assert [name for name, _ in asked] == ["command", "answer:--for", "answer:--reason"]
    posted = [("command", "invoke"), ("answer:--for", "4h"), ("answer:--reason", 'the "mail"')]
    assert html.posted_line(posted) == 'invoke --for 4h --reason "the \\"mail\\""'


def test_a_card_as_a_text_message() -> None:
    card = Card("EVT-3", mode="DRILL", state="ACTIVE", facts=(Fact("Until", "18:00"),))
    assert sms.render(card) == "DRILL EVT-3: ACTIVE. Until: 18:00"


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_a_text_message_is_always_one_message(headline: str, state: str, more: list[str]) -> None:
    message = sms.render(Card(headline, mode="LIVE", state=state, text=tuple(more)))
    assert len(message) <= 160
    assert sms.gsm(message) == message


def test_curly_quotes_do_not_make_a_text_message_longer() -> None:
    assert sms.gsm("“Żółw” – it’s €5…") == '"Zo?w" - it\'s EUR5...'


def test_the_fallback_is_one_line() -> None:
    assert first_line(FULL) == "LIVE · INC-7 Mail does not arrive: FAILING"
    assert fallback(Card("a\nb", text=("c\nd",))) == "a b – c d"
    assert len(fallback(HUGE)) == 240


def test_a_chart_in_words() -> None:
    chart = FULL.chart
    assert chart is not None
    assert chart_words(chart) == (
        "latest 49 s, lowest 0 s, highest 49 s, 2 of 7 above the normal 30 s, "
        "1 without a measurement"
    )
    assert sparkline(chart) == "▁▁▂·▃▅▆█"


def test_a_chart_of_nothing_is_no_fault() -> None:
    silent = Chart("Latency", "s", (Point(AT, None), Point(AT + timedelta(minutes=1), None)))
    assert chart_words(silent) == "nothing measured yet"
    assert sparkline(silent) == ""
    assert "<polyline" not in html.HtmlCards("/").card(Card("x", chart=silent))
    flat = Chart("Latency", "s", (Point(AT, 0.0),))
    shown = html.HtmlCards("/").card(Card("x", chart=flat))
    assert 'points="0.0,62.0 0.0,62.0"' in shown


def test_words_of_progress_and_numbers() -> None:
    assert progress_words(Progress((), 0)) == "0 of 0"
    assert progress_words(Progress((Part("delivered", 2), Part("failed", 0)), 3)) == (
        "2 delivered of 3"
    )
    assert [number(value, "s") for value in (0.418, 3.14, 118.2, 30)] == [
        "0.42 s", "3.1 s", "118 s", "30 s"
    ]  # fmt: skip


def test_a_card_survives_being_stored() -> None:
    assert from_document(Card, to_document(FULL)) == FULL
