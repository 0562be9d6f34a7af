"""A dry run tells what every step would do, with the real plan and text, and does none of it."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from continuitybot.chat import text
from continuitybot.chat.platform import Command
from continuitybot.people.model import Identity
from continuitybot.runbooks import load_text
from continuitybot.runbooks.dry_ports import dry_run_ports
from continuitybot.runbooks.dry_run import dry_run
from continuitybot.runbooks.transcript import Transcript
from rig.company import Company, Document, open_company

EVERYTHING = """
name: everything
title: Every action there is
kind: incident
inputs: {site: {default: all}}
steps:
  - {id: look, title: Look, check: {expect: healthy}}
  - {id: prove, title: Prove, canary: {route: standby_inbound}}
  - {id: wake, title: Wake, page: {who: on-call, text: Please look.}}
  - {id: tell, title: Tell, say: {to: helpdesk, text: It begins.}}
  - {id: decide, title: Decide, ask: {text: "Switch?", choices: {go: Go, no_: Leave}, act: invoke}}
  - {id: hand, title: By hand, owner: alice, do: {text: Call the vendor., evidence: true}}
  - {id: agree, title: Agree, approve: {text: Tell the customers.}}
  - {id: switch, title: Switch, invoke: {for: 2h}, when: steps.decide.choice == 'go'}
  - {id: stay, title: Stay, say: {text: We stay.}, when: steps.decide.choice == 'no_'}
  - {id: longer, title: Longer, extend: {event: "{{ steps.switch.ref }}", for: 1h}}
  - {id: inform, title: Inform, broadcast: {audience: "{{ inputs.site }}", text: Mail is down.}}
  - {id: call, title: Call, http: {method: POST, url: "https://tickets.example/api"}}
  - {id: pause, title: Pause, wait: {for: 5m}}
  - {id: over, title: Over, wait: {event: {ref: "{{ steps.switch.ref }}", state: ended}}}
  - id: nested
    title: Nested
    run: {runbook: fail-back, inputs: {event: "{{ steps.switch.ref }}"}}
  - {id: write, title: Write, report: {}}
"""


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    """A company with a runbook that does everything there is."""

    def with_it(settings: Document) -> None:
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "everything.yaml").write_text(EVERYTHING, encoding="utf-8")
        settings["runbooks"] = {"folders": ["own"]}

    async with open_company(tmp_path, with_it) as opened:
        yield opened


async def test_every_step_says_what_it_would_do_and_nothing_is_done(company: Company) -> None:
    before = _stored(company)
    ok, card = await _said(company, "alice", "run everything site=alice --dry-run")
    assert ok, card
    for words in (
        "Dry run of everything: nothing was done",
        "Would observe every check now.",
        "Would send a canary by standby_inbound.",
        "Would page on-call (alice by chat, sms, email",
        "): Please look.",
        "Would say to helpdesk: It begins.",
        "Would ask whoever may invoke: Switch? Go / Leave. The dry run goes on with: go.",
        "Not followed at decide: --answer decide=no_.",
        "Not followed at nested/decide: --answer nested/decide=stay.",
        "Would ask alice to do: Call the vendor.",
        "Would ask somebody other than alice for approval (approve: esra, bob)",
        "within 1h: Tell the customers.",
        "Would plan this with gateway for 2h, in the name of alice",
        "harbour.example: primary → standby",
        "Stay (skipped)",
        "by 1h.",
        "Would text alice in the name of alice, once somebody else approves (esra, bob)",
        "1 people, 1 segments, by twilio.",
        "“Mail is down.",
        "Would POST https://tickets.example/api.",
        "Would wait for 5m.",
        "Would start fail-back event=EVT-TABLETOP-switch, which ends as finished:",
        "“A mail comes in by the primary”: Would send a canary by primary_inbound.",
        "“Bring the mail back”: Would fail back EVT-TABLETOP-switch.",
        "Would write the report.",
        "The run would end as finished.",
    ):
        assert words in card, (words, card)
    assert "(done)" not in card
    await _nothing_was_done(company, before)


async def test_what_a_room_would_refuse_is_told_where_it_would_happen(company: Company) -> None:
    before = _stored(company)
    ok, card = await _said(company, "alice", "run everything site=nobody-there --dry-run")
    assert ok
    assert "Inform (failed)" in card
    assert "nobody-there" in card
    assert "The run would end as failed." in card
    await _nothing_was_done(company, before)


async def test_the_live_incident_can_be_tried_dry_while_mail_is_down(company: Company) -> None:
    await company.mail_stops()
    before = _stored(company)
    ok, card = await _said(company, "alice", "run live-incident --incident INC-1 --dry-run")
    assert ok
    assert "harbour.example: primary → standby" in card
    assert "E-mail is disrupted." in card
    assert "The run would end as finished." in card
    assert _stored(company) == before
    await company.alice.clicks("Invoke continuity")
    _, card = await _said(company, "alice", "run live-incident --incident INC-1 --dry-run")
    assert "Would take over EVT-1, which is open for INC-1." in card


async def test_a_second_switch_would_be_refused_and_the_way_back_is_the_events_own(
    company: Company,
) -> None:
    await company.alice.says("invoke")
    await company.bob.says("approve EVT-1")
    await company.until("EVT-1", "ACTIVE")
    before = _stored(company)
    ok, card = await _said(company, "alice", "run everything --dry-run")
    assert ok
    assert "Switch (failed)" in card
    assert "EVT-1" in card
    ok, card = await _said(company, "alice", "run fail-back event=EVT-1 --dry-run")
    assert ok
    assert "Would move EVT-1 back" in card
    assert "standby → primary" in card
    assert _stored(company) == before
    assert company.route == "standby"


async def test_a_dry_run_asks_for_the_authority_and_the_inputs_of_a_run(company: Company) -> None:
    for who, line, words in (
        ("farid", "run everything --dry-run", "may not do that"),
        ("alice", "run everythin --dry-run", "everything"),
        ("alice", "run everything place=here --dry-run", "no input of that name"),
    ):
        ok, card = await _said(company, who, line)
        assert not ok, line
        assert words in card, line


async def test_another_answer_leads_another_way(company: Company) -> None:
    before = _stored(company)
    ok, card = await _said(company, "alice", "run live-incident --dry-run --answer decide=wait")
    assert ok
    for words in (
        "The dry run goes on with: wait.",
        "Not followed at decide: --answer decide=invoke, --answer decide=false_alarm.",
        "Would wait for inbound mail to be healthy.",
        "Switch the mail to the standby (skipped)",
        "Text everybody (skipped)",
    ):
        assert words in card, (words, card)
    await _nothing_was_done(company, before)


async def test_a_pilot_would_reach_the_pilots_only_and_a_tabletop_asks_no_room(
    company: Company,
) -> None:
    before = _stored(company)
    line = "run live-incident audience=all --dry-run --mode"
    _, live = await _said(company, "alice", f"{line} live")
    _, pilot = await _said(company, "alice", f"{line} pilot")
    _, tabletop = await _said(company, "alice", f"{line} tabletop")
    assert "harbour.example: primary → standby" in live
    assert "no pilot domains" in pilot  # what a drill would be refused
    assert "[DRILL] Inbound mail is failing" in pilot
    assert "In the mode tabletop" in tabletop
    assert "Would text all: E-mail is disrupted." in tabletop
    assert "segments" not in tabletop
    await _nothing_was_done(company, before)


async def test_everything_that_is_wrong_with_a_dry_run_is_told_at_once(company: Company) -> None:
    line = "run live-incident place=x duration=y --dry-run --answer decid=wait --answer decide=wat"
    ok, told = await _said(company, "alice", line)
    assert not ok
    for words in (
        "place: live-incident has no input of that name",
        "duration: a duration is a number",
        "--answer decid: live-incident asks nothing there. Did you mean `decide`?",
        "--answer decide: is no answer to it (found wat). Did you mean `wait`?",
    ):
        assert words in told, (words, told)
    ok, told = await _said(company, "alice", "run live-incident --answer decide=wait")
    assert not ok
    assert "--answer is for a dry run" in told


async def _nothing_was_done(company: Company, before: list[str]) -> None:
    assert not await company.bot.workers.run_due()
    assert _stored(company) == before
    assert company.route == "primary"
    company.phones.expect_nothing()


def _stored(company: Company) -> list[str]:
    """Everything in the database: runs, effects, approvals, broadcasts, pages, the audit."""
    with closing(sqlite3.connect(company.folder / "continuitybot.db")) as connection:
        return list(connection.iterdump())


async def _said(company: Company, who: str, line: str) -> tuple[bool, str]:
    reply = await company.bot.commands.handle(Command(Identity("console", "", who), line, "test"))
    shown = "\n".join(text.render(card) for card in reply.cards)
    return not reply.refused, " ".join(shown.split())


START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
QUESTIONS = """
name: questions
title: Questions
kind: incident
steps:
  - id: how_long
    title: How long
    ask: {text: "How long?", type: duration}
  - id: sure
    title: Sure
    ask: {text: "Sure, for {{ steps.how_long.answer }}?", type: yes_no}
  - id: link
    title: Link
    when: steps.sure.choice == 'yes'
    do: {text: Write it down., evidence: link}
  - id: photo
    title: Photo
    do: {text: Take a photograph., evidence: file}
  - id: end
    title: End
    say: {text: Over.}
"""


async def test_a_dry_run_answers_every_kind_of_question_and_comes_to_the_end() -> None:
    transcript = Transcript()
    book = load_text("questions.yaml", QUESTIONS)
    ports = dry_run_ports(transcript)
    played = await dry_run(book, {}, {}, {}, ports, transcript, START)
    assert {id: step.state.value for id, step in played.run.steps.items()} == {
        "how_long": "done", "sure": "done", "link": "done", "photo": "skipped", "end": "done",
    }  # fmt: skip
    assert "The dry run goes on with: 1h30m." in " ".join(played.told["how_long"])
