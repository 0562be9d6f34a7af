"""The card of a run in every way a run can stand, on every platform."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from slack_sdk.models.blocks import Block

from chat import runs
from chat.runs import NOW, approval, around
from chat.schemas import assert_valid
from continuitybot.chat import html, sms, text
from continuitybot.chat.cards.run import run_card, runs_card
from continuitybot.chat.cards.run_waits import Around
from continuitybot.chat.message import Button, Card
from continuitybot.chat.slack import blocks
from continuitybot.runbooks.definition import StepDefinition
from continuitybot.runbooks.model import Run

SOON = NOW + timedelta(minutes=8)
QUORUM = around(asked={"RUN-1": approval("RUN-1", 2, "bob")})
TIMED = around(due={"RUN-1/settle/1": SOON, "RUN-1/call/2": SOON})
ASKED_ELSEWHERE = around(asked={"EVT-3": approval("EVT-3")})

SAYS: dict[str, tuple[Run, Around, list[str]]] = {
    "question": (runs.QUESTION, around(), [
        "LIVE · RUN-1 Live e-mail incident · waiting",
        "Now Decide whether to switch, since Tue 10 Mar 09:03 UTC",
        "Waits for an answer, by Carol Lindt or Alice Brandt",
        "Next Have it signed",
        "Move the mail?",
        "[Invoke continuity] answer RUN-1 decide invoke",
        "[Keep watching] answer RUN-1 decide wait",
    ]),
    "free-question": (runs.FREE_QUESTION, around(), ["Answer: Decide whether to switch: answer"]),
    "quorum": (runs.QUORUM, QUORUM, [
        "Waits for approval of RUN-1: 1 of 2 have agreed (Bob Okafor), 1 more needed, "
        "by Alice Brandt, until Tue 10 Mar 09:42 UTC",
        "[Approve] approve RUN-1 --plan cafe",
    ]),
    "item": (runs.ITEM, around(), [
        "Waits for evidence that it is done, by Carol Lindt",
        "Ask for a ticket number.",
        "[Done] item done RUN-1 phone",
    ]),
    "late-item": (runs.LATE_ITEM, around(), ["overdue since Tue 10 Mar 09:08 UTC"]),
    "file-item": (runs.FILE_ITEM, around(), [
        "Waits for a file that shows that it is done, by Carol Lindt, due Tue 10 Mar 09:30 UTC",
    ]),
    "yes-no": (runs.YES_NO, around(), ["[Yes] answer RUN-1 decide yes"]),
    "timer": (runs.TIMER, TIMED, ["Waits for time to pass, until Tue 10 Mar 09:20 UTC"]),
    "retry": (runs.RETRY, TIMED, [
        "Waits for the next try, 2 of 3, at Tue 10 Mar 09:20 UTC",
        "Last time: the server answered 503",
    ]),
    "event": (runs.WAITS_FOR_EVENT, around(), ["Waits for EVT-3, which is planned"]),
    "event-asked": (runs.WAITS_FOR_EVENT, ASKED_ELSEWHERE, [
        "Waits for approval of EVT-3, by Bob Okafor or Alice Brandt", "[See EVT-3] show EVT-3",
    ]),
    "held": (runs.HELD, around(), [
        "✘ needs a decision",
        "Switch the mail failed: the canary did not arrive. Mend the cause and try again; or do "
        "it by hand and say that it is done; or skip it.",
        "[Try again] step retry RUN-1 switch",
        "[Skip] step skip RUN-1 switch",
    ]),
    "unknown": (runs.UNKNOWN, around(), [
        "Tell the status page may or may not have happened: the connection broke after sending. "
        "Look outside whether it happened.",
        "Waits for a look at whether it happened, by Carol Lindt or Alice Brandt",
    ]),
    "paused": (runs.PAUSED, around(), [
        "⚠ paused", "Paused what has begun goes on to its end", "[Resume] resume RUN-1",
    ]),
    "parallel": (runs.PARALLEL, around(), [
        "Now Text everybody", "Waits for SMS-4, which is sending",
        "Now Work until the mail is back", "Waits for EVT-3 to be ended",
        "◷ – Text everybody (waiting)",
    ]),
    "nested": (runs.NESTED, around(), ["Waits for RUN-2, which is waiting"]),
    "running": (runs.RUNNING, around(), ["▶ Look again, now (under way)"]),
    "failed": (runs.FAILED, around(), [
        "✘ failed",
        "Tell the status page failed: the server answered 500. It ended the run. Mend the cause, "
        "then go on again from this step.",
        "[Go on again from there] step retry RUN-1 call",
    ]),
    "finished": (runs.FINISHED, around(), ["✔ finished", "11 done of 11"]),
    "drill": (runs.DRILL, around(), ["DRILL · RUN-9 Live e-mail incident · waiting, tabletop"]),
    "notes": (runs.NOTED, around(), ["Bob Okafor, Tue 10 Mar 09:12 UTC: The provider is on it"]),
    "drifted": (runs.QUESTION, around(drifted=True), [
        "file has changed since this run started", "[What has changed] diff RUN-1",
    ]),
    "long-checklist": (runs.long_checklist(40, 3), around(), ["3 done, 37 waiting of 40"]),
    "long-run": (runs.long_run(40, 20), around(), [
        "✔ 18 steps: Step number 0 … Step number 17 (done)", "▶ Step number 20 (under way)",
    ]),
}  # fmt: skip
CARDS = [pytest.param(run_card(run, stands), id=name) for name, (run, stands, _) in SAYS.items()]


@pytest.mark.parametrize("name", SAYS)
def test_a_card_says_what_the_run_waits_for_and_for_whom(name: str) -> None:
    run, stands, expected = SAYS[name]
    shown = " ".join(text.render(run_card(run, stands)).split())
    for words in expected:
        assert words in shown


@pytest.mark.parametrize("card", CARDS)
def test_a_card_fits_into_slack(card: Card) -> None:
    message = blocks.message(card)
    for block in Block.parse_all(message["blocks"]):
        block.validate_json()
    assert len(message["blocks"]) <= 50
    assert "more parts" not in str(message), "Slack would cut what matters"


@pytest.mark.parametrize("card", CARDS)
def test_a_card_fits_the_schema_of_slack(card: Card) -> None:
    message = blocks.message(card)
    assert_valid({"text": message["text"], "blocks": message["blocks"]}, "slack-message.json")


@pytest.mark.parametrize("card", CARDS)
def test_a_card_has_at_most_one_primary_button(card: Card) -> None:
    inside = (button for item in card.checklist for button in item.buttons)
    primary = [button for button in (*card.buttons, *inside) if button.style == "primary"]
    assert len(primary) <= 1


@pytest.mark.parametrize("card", CARDS)
def test_a_text_message_begins_with_the_mode_and_says_what_it_waits_for(card: Card) -> None:
    message = sms.render(card)
    assert len(message) <= 160
    assert message.startswith(("LIVE RUN-", "DRILL RUN-"))


def test_the_text_message_of_a_question_says_for_whom_it_waits() -> None:
    message = sms.render(run_card(runs.QUESTION, around()))
    assert "Waits for: an answer, by Carol Lindt or Alice Brandt" in message


def test_objectives_are_told_in_words() -> None:
    shown = text.render(run_card(runs.QUESTION, around()))
    assert "Objective decide  12 min of 15 min so far, until Tue 10 Mar 09:15 UTC" in shown
    assert "Objective invoke  missed by 3 min so far: 12 min of 9 min" in shown
    assert "Objective decide  met: 2 min of 15 min" in text.render(run_card(runs.FAILED, around()))
    assert "Objective inform  not reached" in text.render(run_card(runs.FAILED, around()))


def test_a_dangerous_button_says_what_it_will_do() -> None:
    asked = _confirmed(run_card(runs.UNKNOWN, around()))
    assert asked["step retry RUN-1 call"] == (
        "If it did happen, it then happens twice. The request is made again."
    )
    assert "does not check it" in asked["step done RUN-1 call"]
    assert asked["step skip RUN-1 call"] == "The run goes on with “Switch the mail”."
    assert _confirmed(run_card(runs.PARALLEL, around()))["cancel RUN-1"] == (
        "3 steps stop. What was done stays done. SMS-4 goes on."
    )


def test_a_run_that_has_ended_offers_no_way_to_change_it() -> None:
    commands = {button.command for button in run_card(runs.FINISHED, around()).buttons}
    assert commands == {"show RUN-1"}


def test_an_owner_who_has_left_is_shown_as_the_runbook_has_it() -> None:
    nobody = tuple(
        replace(step, owner="gone") if step.id == "phone" else step for step in runs.LIVE.steps
    )
    run = replace(runs.ITEM, definition=replace(runs.LIVE, steps=nobody))
    assert "by gone" in text.render(run_card(run, around()))


def test_an_owner_who_is_an_audience_is_shown_with_its_people() -> None:
    steps: tuple[StepDefinition, ...] = tuple(
        replace(step, owner="group:it") if step.id == "phone" else step for step in runs.LIVE.steps
    )
    run = replace(runs.ITEM, definition=replace(runs.LIVE, steps=steps))
    shown = " ".join(text.render(run_card(run, around())).split())
    assert "by group:it (Alice Brandt or Bob Okafor)" in shown


def test_references_are_links_where_the_reader_has_pages() -> None:
    cards = html.HtmlCards("/say", page_of=lambda ref: f"/portal/{ref}?as=bob")
    shown = cards.card(run_card(runs.PARALLEL, around()))
    assert '<a href="/portal/SMS-4?as=bob">SMS-4</a>' in shown
    assert '<a href="/portal/INC-7?as=bob">INC-7</a>' in shown


def test_the_list_of_runs_fits_a_terminal() -> None:
    found = [replace(run, ref=f"RUN-{n}") for n, run in enumerate((runs.HELD, runs.PARALLEL))]
    shown = text.render(runs_card(found, NOW))
    assert "RUN-0  Live e-mail incident  needs a decision" in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    assert "12 min ago" in shown


def _confirmed(card: Card) -> dict[str, str]:
    inside = (button for item in card.checklist for button in item.buttons)
    return {one.command: _asked(one) for one in (*card.buttons, *inside) if one.confirm}


def _asked(button: Button) -> str:
    return button.confirm.text if button.confirm else ""
