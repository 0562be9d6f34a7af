"""What steps ask of people: items, questions and approvals, and when they ask again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from continuitybot.errors import BadInput, Refused
from continuitybot.runbooks import events
from continuitybot.runbooks.model import Purpose
from continuitybot.runbooks.tasks import Kind, tasks_of
from rig.rehearsed import LedRun, runbook

SHA = "ab" * 32


def item(more: str) -> LedRun:
    return LedRun(runbook(f"- {{id: x, title: X, owner: bob, do: {{text: Call., {more}}}}}"))


def occasions(led: LedRun) -> list[str]:
    return [e.payload["occasion"] for e in led.effects if "occasion" in e.payload]


def test_an_owner_is_reminded_before_it_is_due_and_then_and_somebody_else_later() -> None:
    led = item("due: 2h, remind: 30m, escalate: {after: 1h}")
    start, seen = led.now, []
    for _ in range(3):
        led.time_comes("x", Purpose.MOMENT)
        seen.append(led.now - start)
    assert seen == [timedelta(minutes=90), timedelta(hours=2), timedelta(hours=3)]
    assert occasions(led) == ["soon", "overdue", "escalated"]
    assert Purpose.MOMENT not in led.run.steps["x"].waits


def test_a_reminder_longer_before_than_there_is_time_is_left_out() -> None:
    led = item("due: 10m, remind: 1h")
    led.time_comes("x", Purpose.MOMENT)
    assert occasions(led) == ["overdue"]


def test_reminders_that_a_long_pause_has_swallowed_are_not_given_one_after_the_other() -> None:
    led = item("due: 2h, remind: 30m, escalate: {after: 1h}")
    led.happens(events.Paused("alice"))
    led.time_comes("x", Purpose.MOMENT)
    led.passes(hours=5)
    led.happens(events.Resumed("alice"))
    assert occasions(led) == ["escalated"]


def test_what_is_done_is_not_reminded_of() -> None:
    led = item("due: 2h, remind: 30m")
    late = led.run.steps["x"].waits[Purpose.MOMENT]
    led.happens(events.PersonDid("x", "bob", "done"))
    led.happens(events.TimerDue(late))
    assert occasions(led) == []


def test_a_link_is_found_in_what_somebody_says_and_asked_for_where_it_is_missing() -> None:
    led = item("evidence: link")
    with pytest.raises(Refused, match="give a link"):
        led.happens(events.PersonDid("x", "bob", "I called"))
    led.happens(events.PersonDid("x", "bob", "minutes: https://wiki.example/m?a=1 and more"))
    assert led.run.steps["x"].outputs["link"] == "https://wiki.example/m?a=1"


def test_an_item_that_needs_a_file_is_done_once_it_has_one() -> None:
    led = item("evidence: file")
    with pytest.raises(Refused, match="attach a file"):
        led.happens(events.PersonDid("x", "bob", "believe me"))
    led.happens(events.Attached("x", "bob", "door.png", 4, SHA))
    with pytest.raises(Refused, match="this very file already"):
        led.happens(events.Attached("x", "carol", "again.png", 4, SHA))
    led.happens(events.PersonDid("x", "bob"))
    (file,) = led.run.steps["x"].outputs["files"]
    assert (file["name"], file["by"], file["sha256"]) == ("door.png", "bob", SHA)
    with pytest.raises(Refused, match="done already"):
        led.happens(events.Attached("x", "bob", "late.png", 4, "cd" * 32))


def test_only_items_take_files() -> None:
    led = LedRun(runbook("- {id: w, title: W, wait: {for: 5m}}"))
    with pytest.raises(Refused, match="only items take files"):
        led.happens(events.Attached("w", "bob", "door.png", 4, SHA))


CHOICES = "choices: {invoke: Invoke now, wait: Keep watching}"


def question(more: str) -> LedRun:
    return LedRun(runbook(f"- {{id: q, title: Q, ask: {{text: Well, {more}}}}}"))


@pytest.mark.parametrize(
    ("more", "said", "meant"),
    [
        (CHOICES, "WAIT", "wait"),
        (CHOICES, "invoke  now", "invoke"),
        (CHOICES, "2", "wait"),
        ("type: yes_no", "Y", "yes"),
        ("type: yes_no", "no", "no"),
    ],
)
def test_a_choice_is_understood_as_it_was_meant(more: str, said: str, meant: str) -> None:
    led = question(more)
    led.happens(events.Answered("q", "bob", said))
    assert led.run.steps["q"].outputs["choice"] == meant


@pytest.mark.parametrize(
    ("type", "said", "meant"),
    [
        ("text", " ask Jo ", "ask Jo"),
        ("number", "250", 250),
        ("number", "2,5", 2.5),
        ("duration", "90 m", "1h30m"),
    ],
)
def test_a_written_answer_is_kept_as_its_type(type: str, said: str, meant: object) -> None:
    led = question(f"type: {type}")
    led.happens(events.Answered("q", "bob", said))
    assert led.run.steps["q"].outputs["answer"] == meant


@pytest.mark.parametrize(
    ("more", "said", "words"),
    [
        (CHOICES, "wiat", "Did you mean `wait`"),
        (CHOICES, "3", r"Answer invoke \(Invoke now\) or wait \(Keep watching\)"),
        ("type: yes_no", "perhaps", "Answer yes or no"),
        ("type: number", "many", "`many` is not a number.*such as 12"),
        ("type: number", "inf", "is not a number"),
        ("type: duration", "soon", "is not a duration.*such as 1h30m"),
        ("type: text", "  ", "There is no answer"),
        ("type: text", "x" * 3000, "longer than 2000"),
    ],
)
def test_an_answer_that_is_none_is_told_what_would_do(more: str, said: str, words: str) -> None:
    led = question(more)
    with pytest.raises(Refused, match=words):
        led.happens(events.Answered("q", "bob", said))
    assert led.states() == {"q": "waiting"}


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ("ask: {text: Well}", "at least two `choices`"),
        ("ask: {text: Well, type: text, choices: {a: A, b: B}}", "only there"),
        ("ask: {text: Well, type: numbre}", "must be `choice`, `text`, `number`"),
        ("do: {text: Call., remind: 5m}", "count from `due`"),
        ("do: {text: Call., evidence: photo}", "link"),
        ("approve: {text: OK, escalate: {to: bob}}", "after"),
    ],
)
def test_what_cannot_be_asked_is_said_where_it_is_written(step: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        runbook(f"- {{id: x, title: X, {step}}}")


PENDING = {
    "ref": "RUN-1", "state": "pending", "consent": "pending", "decided_by": "", "text": "",
}  # fmt: skip


def test_approvers_are_reminded_and_then_others_asked_until_there_is_a_decision() -> None:
    led = LedRun(
        runbook("""
        - id: ok
          title: OK
          owner: esra
          approve: {text: Go, quorum: 2, expires: 2h, remind: 20m, escalate: {after: 30m, to: bob}}
    """)
    )
    start, data = led.now, {"approval": "APR-1", "asked": led.now.isoformat(), "approvers": []}
    led.succeeds("ok", **PENDING, data=data)
    led.succeeds("ok", **PENDING, data=data)  # the look at what became of it meanwhile
    seen = []
    for _ in range(4):
        led.time_comes("ok", Purpose.MOMENT)
        seen.append(led.now - start)
        led.succeeds("ok")
    assert seen == [timedelta(minutes=minutes) for minutes in (20, 30, 40, 60)]
    assert occasions(led) == ["overdue", "escalated", "escalated", "escalated"]
    led.happens(events.SubjectChanged(frozenset({"RUN-1"})))
    granted = {**PENDING, "state": "granted", "consent": "granted", "decided_by": "bob"}
    led.succeeds("ok", **granted, data={**data, "approvers": ["esra", "bob"]})
    assert led.run.steps["ok"].outputs["approvers"] == ["esra", "bob"]
    assert led.run.state == "finished"


def test_a_decision_that_comes_with_a_reminder_is_not_missed() -> None:
    led = LedRun(runbook("- {id: ok, title: OK, approve: {text: Go, remind: 20m}}"))
    data = {"approval": "APR-1", "asked": led.now.isoformat()}
    led.succeeds("ok", **PENDING, data=data)
    led.succeeds("ok", **PENDING, data=data)
    led.happens(events.SubjectChanged(frozenset({"RUN-1"})))
    look = led.run.steps["ok"].waits[Purpose.LOOK]
    led.time_comes("ok", Purpose.MOMENT)
    granted = {**PENDING, "state": "granted", "data": data}
    led.happens(events.EffectSucceeded(look, granted))
    assert led.run.state == "finished"


def test_everything_that_waits_for_a_person_is_a_task_with_the_line_that_answers_it() -> None:
    led = LedRun(
        runbook(
            """
        - {id: x, title: X, owner: bob, do: {text: Call., due: 1h, evidence: link}}
        - {id: y, title: Y, do: {text: Sweep.}}
        - {id: q, title: Q, ask: {text: Well, choices: {a: A, b: B}, act: invoke}}
    """,
            kind="checklist",
        )
    )
    assert [(task.kind, task.line) for task in tasks_of(led.run)] == [
        (Kind.ITEM, "DONE RUN-1 x LINK"),
        (Kind.ITEM, "DONE RUN-1 y"),
    ]
    assert tasks_of(led.run)[0].due == led.now + timedelta(hours=1)
    led.happens(events.PersonDid("x", "bob", "https://a.example"))
    led.happens(events.PersonDid("y", "bob"))
    (task,) = tasks_of(led.run)
    assert (task.kind, task.line, task.needs_code) == (Kind.QUESTION, "ANSWER RUN-1 q a/b", True)
    led.happens(events.Answered("q", "bob", "a"))
    assert tasks_of(led.run) == []


def test_a_step_that_went_wrong_is_a_task_and_one_that_is_tried_again_is_none() -> None:
    led = LedRun(runbook("- {id: a, title: A, say: {text: a}, retry: {times: 2}, on_failure: ask}"))
    led.fails("a")
    assert tasks_of(led.run) == []
    led.time_comes("a", Purpose.RETRY)
    led.fails("a", "no route")
    (task,) = tasks_of(led.run)
    assert (task.kind, task.text) == (Kind.TROUBLE, "no route")
