"""The rules of a run: order, conditions, failures, waits, and what people can do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from continuitybot.errors import NotFound, Refused
from continuitybot.runbooks import events
from continuitybot.runbooks.model import Purpose, measures
from rig.rehearsed import LedRun, runbook

TWO = """
    - {id: a, title: A, say: {text: first}}
    - {id: b, title: B, say: {text: second}}
"""
QUESTION = """
    - id: decide
      title: Decide
      ask: {text: Go, choices: {go: Go, stay: Stay}}
    - {id: b, title: B, say: {text: "{{ steps.decide.by }} chose {{ steps.decide.choice }}"}}
"""
BRANCHES = """
    - id: both
      title: Both
      parallel:
        branches:
          - - {id: a1, title: A1, say: {text: a1}}
            - {id: a2, title: A2, say: {text: a2}}
          - - {id: b1, title: B1, say: {text: b1}}
    - {id: last, title: Last, say: {text: last}}
"""


def failing(policy: str) -> str:
    return f"""
    - {{id: a, title: A, say: {{text: a}}, on_failure: {policy}}}
    - {{id: b, title: B, say: {{text: b}}}}
    - {{id: c, title: C, say: {{text: "{{{{ steps.a.reason }}}}"}}}}
"""


# ------------------------------------------------------------------------ order


def test_a_step_begins_when_the_one_before_it_is_done() -> None:
    led = LedRun(runbook(TWO))
    assert led.ordered() == ["a/1"]
    led.succeeds("a")
    assert led.ordered() == ["a/1", "b/1"]
    led.succeeds("b")
    assert led.run.state == "finished"


def test_a_step_whose_condition_does_not_hold_is_skipped() -> None:
    led = LedRun(
        runbook(QUESTION.replace("title: B,", "title: B, when: steps.decide.choice == 'go',"))
    )
    led.succeeds("decide")
    led.happens(events.Answered("decide", "alice", "stay"))
    assert led.states() == {"decide": "done", "b": "skipped"}
    assert "does not hold" in led.run.steps["b"].reason
    assert led.run.state == "finished"


def test_what_earlier_steps_gave_is_filled_in() -> None:
    led = LedRun(runbook(QUESTION))
    led.happens(events.Answered("decide", "alice", "go"))
    assert led.run.steps["b"].given == {"text": "alice chose go"}


def test_a_template_without_its_value_fails_the_step_and_says_what_there_is() -> None:
    led = LedRun(runbook(failing("continue").replace("text: b", 'text: "{{ steps.a.text }}"')))
    led.fails("a")
    assert led.states()["b"] == "failed"
    assert "there is no `text` (the step is failed and has: state, reason, by)" in (
        led.run.steps["b"].reason
    )


def test_items_of_a_checklist_are_open_together() -> None:
    led = LedRun(runbook("""
        - {id: check, title: C, check: {}}
        - {id: x, title: X, do: {text: x}}
        - {id: y, title: Y, do: {text: y}}
        - {id: end, title: E, say: {text: end}}
    """, kind="checklist"))  # fmt: skip
    assert led.ordered() == ["check/1"]
    led.succeeds("check", ok=True, failing=[], detail="", diagnosis="")
    assert led.states() == {"check": "done", "x": "waiting", "y": "waiting", "end": "pending"}
    led.happens(events.PersonDid("y", "bob", "seen"))
    assert led.states()["end"] == "pending"
    led.happens(events.PersonDid("x", "bob"))
    assert led.states()["end"] == "running"


def test_items_of_an_incident_wait_for_one_another() -> None:
    led = LedRun(
        runbook("""
        - {id: x, title: X, do: {text: x}}
        - {id: y, title: Y, do: {text: y}}
    """)
    )
    assert led.states() == {"x": "waiting", "y": "pending"}


def test_branches_run_side_by_side_and_the_next_step_waits_for_all() -> None:
    led = LedRun(runbook(BRANCHES))
    assert led.ordered() == ["a1/1", "b1/1"]
    led.succeeds("b1")
    led.succeeds("a1")
    assert led.states()["last"] == "pending"
    led.succeeds("a2")
    assert led.states() == {
        "both": "done",
        "a1": "done",
        "a2": "done",
        "b1": "done",
        "last": "running",
    }


# --------------------------------------------------------------------- failures


def test_a_failed_step_stops_the_run() -> None:
    led = LedRun(runbook(failing("stop")))
    led.fails("a", "no route")
    assert (led.run.state, led.states()["a"], led.states()["b"]) == ("failed", "failed", "pending")
    assert led.run.steps["a"].reason == "no route"


def test_a_failed_step_may_let_the_run_continue() -> None:
    led = LedRun(runbook(failing("continue")))
    led.fails("a")
    led.succeeds("b")
    assert led.run.steps["c"].given == {"text": "it broke"}


def test_a_failed_step_may_go_on_further_down() -> None:
    led = LedRun(runbook(failing("{goto: c}")))
    led.fails("a")
    assert led.states() == {"a": "failed", "b": "skipped", "c": "running"}


def test_a_failed_step_may_be_put_to_a_person_who_retries_it() -> None:
    led = LedRun(runbook(failing("ask")))
    led.fails("a")
    assert (led.states()["a"], led.run.state) == ("held", "waiting")
    led.happens(events.PersonRetried("a", "alice"))
    assert led.ordered() == ["a/1", "a/2"]
    led.succeeds("a")
    assert led.states()["b"] == "running"


@pytest.mark.parametrize(
    ("act", "state", "run"),
    [
        (events.PersonSkipped, "skipped", "running"),
        (events.PersonDid, "done", "running"),
        (events.PersonFailed, "failed", "failed"),
    ],
)
def test_a_held_step_is_ended_by_a_person(act: type, state: str, run: str) -> None:
    led = LedRun(runbook(failing("ask")))
    led.fails("a")
    led.happens(act("a", "alice"))
    assert (led.states()["a"], led.run.state, led.run.steps["a"].by) == (state, run, "alice")


def test_an_effect_that_may_have_happened_is_put_to_a_person_and_never_repeated() -> None:
    led = LedRun(
        runbook(TWO.replace("say: {text: first}", "say: {text: first}, retry: {times: 3}"))
    )
    led.is_unknown("a")
    assert (led.states()["a"], led.run.state) == ("unknown", "waiting")
    assert led.ordered() == ["a/1"]
    led.happens(events.PersonDid("a", "alice", "it is there"))
    assert led.ordered() == ["a/1", "b/1"]


def test_a_step_is_tried_again_after_a_pause_and_then_given_up() -> None:
    led = LedRun(
        runbook(TWO.replace("say: {text: first}", "say: {text: x}, retry: {times: 2, every: 30s}"))
    )
    led.fails("a")
    assert (led.states()["a"], led.effects[-1].due) == ("waiting", led.now + timedelta(seconds=30))
    led.time_comes("a", Purpose.RETRY)
    assert led.ordered() == ["a/1", "a/3"]
    led.fails("a")
    assert led.run.state == "failed"


def test_a_step_that_takes_too_long_fails_and_its_late_outcome_changes_nothing() -> None:
    led = LedRun(runbook(TWO.replace("say: {text: first}", "say: {text: x}, timeout: 1m")))
    late = led.key("a")
    led.time_comes("a", Purpose.TIMEOUT)
    assert led.run.steps["a"].reason == "it took longer than its timeout"
    before = led.run
    led.happens(events.EffectSucceeded(late))
    assert led.run == before


def test_a_failure_in_one_branch_stops_the_other() -> None:
    led = LedRun(runbook(BRANCHES))
    led.fails("b1")
    assert led.run.state == "failed"
    assert led.states()["a1"] == "stopped"


def test_a_parallel_step_that_times_out_is_tried_again_from_its_beginning() -> None:
    text = BRANCHES.replace(
        "title: Both\n", "title: Both\n      timeout: 1m\n      retry: {times: 2}\n"
    )
    led = LedRun(runbook(text))
    led.succeeds("a1")
    led.time_comes("both", Purpose.TIMEOUT)
    assert led.states() == {"both": "waiting", "a1": "done", "a2": "stopped", "b1": "stopped",
                            "last": "pending"}  # fmt: skip
    led.time_comes("both", Purpose.RETRY)
    assert led.ordered() == ["a1/1", "b1/1", "a2/1", "a1/2", "b1/2"]


def test_retrying_the_failed_branch_brings_back_all_of_the_branch_that_it_stopped() -> None:
    led = LedRun(runbook(BRANCHES))
    led.fails("b1")
    assert led.states()["a2"] == "stopped"
    led.happens(events.PersonRetried("b1", "alice"))
    for step in ("b1", "a1", "a2", "last"):
        led.succeeds(step)
    assert set(led.states().values()) == {"done"}


def test_retrying_another_branch_begins_the_one_whose_failure_ended_the_run_as_well() -> None:
    led = LedRun(runbook(BRANCHES))
    led.fails("b1")
    led.happens(events.PersonRetried("a1", "alice"))
    assert led.states()["b1"] == "running"


def test_what_stopped_in_a_parallel_step_that_is_over_stays_stopped() -> None:
    text = BRANCHES.replace("title: Both\n", "title: Both\n      timeout: 1m\n"
                            "      on_failure: continue\n")  # fmt: skip
    led = LedRun(runbook(text))
    led.time_comes("both", Purpose.TIMEOUT)
    led.fails("last")
    led.happens(events.PersonRetried("last", "alice"))
    assert led.states() == {"both": "failed", "a1": "stopped", "a2": "stopped", "b1": "stopped",
                            "last": "running"}  # fmt: skip


def test_an_item_of_a_checklist_is_done_again_without_its_neighbours() -> None:
    led = LedRun(runbook("""
        - {id: x, title: X, do: {text: x}}
        - {id: y, title: Y, do: {text: y}}
        - {id: z, title: Z, say: {text: z}}
    """, kind="checklist"))  # fmt: skip
    led.happens(events.PersonDid("x", "bob"))
    led.happens(events.PersonDid("y", "bob", "seen"))
    led.fails("z")
    led.happens(events.PersonRetried("x", "bob"))
    assert led.states() == {"x": "waiting", "y": "done", "z": "pending"}


POST = """
    - {id: a, title: A, timeout: 1m, RULE, http: {method: METHOD, url: "https://a.example"}}
    - {id: b, title: B, say: {text: "{{ steps.a.reason }}"}}
"""


def request(method: str, rule: str) -> LedRun:
    led = LedRun(runbook(POST.replace("METHOD", method).replace("RULE", rule)))
    led.time_comes("a", Purpose.TIMEOUT)
    return led


def test_a_request_that_took_too_long_is_made_again_when_twice_is_as_good_as_once() -> None:
    led = request("PUT", "retry: {times: 2}")
    led.time_comes("a", Purpose.RETRY)
    assert len(led.ordered()) == 2


@pytest.mark.parametrize("rule", ["retry: {times: 2}", "on_failure: ask"])
def test_a_request_that_may_still_happen_is_not_made_again_but_put_to_a_person(rule: str) -> None:
    led = request("POST", rule)
    assert (led.states()["a"], led.run.state) == ("unknown", "waiting")
    assert led.ordered() == ["a/2"]
    led.happens(events.PersonDid("a", "alice", "the ticket is there"))
    assert led.states()["b"] == "running"


def test_the_outcome_that_comes_after_all_answers_what_was_unknown() -> None:
    led = request("POST", "retry: {times: 2}")
    led.succeeds("a", status=200, text="", json=None)
    assert led.states() == {"a": "done", "b": "running"}


def test_a_request_that_failed_after_all_is_made_again() -> None:
    led = request("POST", "retry: {times: 2}")
    led.fails("a", "no route")
    led.time_comes("a", Purpose.RETRY)
    assert led.ordered() == ["a/2", "a/5"]


def test_a_run_that_may_go_on_after_a_failure_does_and_says_what_may_still_happen() -> None:
    led = request("POST", "on_failure: continue")
    assert led.run.steps["b"].given["text"].endswith("and may still happen")


# ------------------------------------------------------------------------ waits


def test_a_wait_ends_with_its_time() -> None:
    led = LedRun(runbook("- {id: w, title: W, wait: {for: 5m}}"))
    assert (led.run.state, led.effects[0].due) == ("waiting", led.now + timedelta(minutes=5))
    led.time_comes("w", Purpose.MOMENT)
    assert led.run.state == "finished"


HEALTHY = "- {id: w, title: W, wait: {healthy: {direction: inbound, for: 10m}}}"


def test_a_wait_for_health_counts_from_when_it_became_healthy() -> None:
    led = LedRun(runbook(HEALTHY))
    since = (led.now - timedelta(minutes=9)).isoformat()
    led.succeeds("w", state="healthy", since=since)
    assert led.effects[-1].due == led.now + timedelta(minutes=1)
    led.time_comes("w", Purpose.MOMENT)
    assert led.states() == {"w": "done"}


def test_mail_that_fails_again_starts_the_wait_anew() -> None:
    led = LedRun(runbook(HEALTHY))
    led.succeeds("w", state="healthy", since=led.now.isoformat())
    first_timer = led.run.steps["w"].waits[Purpose.MOMENT]
    led.happens(events.SubjectChanged(frozenset({"inbound"})))
    led.succeeds("w", state="failing", since=led.now.isoformat())
    led.happens(events.TimerDue(first_timer))
    assert led.states() == {"w": "waiting"}


def test_a_look_that_was_overtaken_by_a_change_does_not_count() -> None:
    led = LedRun(runbook(HEALTHY))
    overtaken = led.key("w")
    led.happens(events.SubjectChanged(frozenset({"inbound"})))
    led.happens(events.EffectSucceeded(overtaken, {"state": "healthy", "since": ""}))
    assert Purpose.MOMENT not in led.run.steps["w"].waits


def test_a_look_that_fails_is_noted_once_and_made_again_in_a_minute() -> None:
    led = LedRun(runbook(HEALTHY))
    for _ in range(2):
        led.fails("w", "the database is away")
    assert led.states() == {"w": "waiting"}
    assert [note.text for note in led.run.notes] == ["w: the database is away"]
    assert led.effects[-1].due == led.now + timedelta(minutes=1)
    long_ago = (led.now - timedelta(hours=1)).isoformat()
    led.succeeds("w", state="healthy", since=long_ago)
    assert led.run.state == "finished"


STANDING = {"consent": "", "decided_by": "", "text": "", "data": {}}


def test_an_invocation_is_followed_from_plan_to_proof() -> None:
    led = LedRun(runbook("- {id: i, title: I, invoke: {for: 4h}}"))
    led.succeeds("i", ref="EVT-3", state="planned", **STANDING)
    assert led.run.steps["i"].subjects == ("EVT-3",)
    assert led.effects[-1].kind == "run.look"  # what changed before the wait was stored shows now
    led.succeeds("i", ref="EVT-3", state="applying", **STANDING)
    led.happens(events.SubjectChanged(frozenset({"EVT-3"})))
    led.succeeds("i", ref="EVT-3", state="active", **{**STANDING, "decided_by": "bob"})
    assert led.run.state == "finished"
    assert led.run.steps["i"].outputs["ref"] == "EVT-3"
    assert led.run.steps["i"].by == "bob"


def test_an_invocation_whose_approval_is_refused_has_failed_by_name() -> None:
    led = LedRun(runbook("- {id: i, title: I, invoke: {}}"))
    refused = {**STANDING, "consent": "rejected", "decided_by": "bob", "text": "too early"}
    led.succeeds("i", ref="EVT-3", state="planned", **refused)
    assert led.run.steps["i"].reason == "EVT-3 was rejected by bob: too early"


# ----------------------------------------------------------------------- people


def test_a_question_takes_only_its_answers() -> None:
    led = LedRun(runbook(QUESTION))
    with pytest.raises(Refused, match="Did you mean `stay`"):
        led.happens(events.Answered("decide", "alice", "sty"))
    led.happens(events.Answered("decide", "alice", "stay"))
    with pytest.raises(Refused, match="done already: alice answered “stay” at 09:00 UTC"):
        led.happens(events.Answered("decide", "bob", "go"))


def test_a_question_whose_card_could_not_be_posted_can_still_be_answered() -> None:
    led = LedRun(runbook(QUESTION))
    led.fails("decide", "Slack is down")
    led.happens(events.Answered("decide", "alice", "go"))
    assert led.states()["b"] == "running"


def test_an_item_that_needs_evidence_is_not_ticked_without() -> None:
    led = LedRun(runbook("- {id: x, title: X, do: {text: x, evidence: true}}"))
    with pytest.raises(Refused, match="what shows that it was done"):
        led.happens(events.PersonDid("x", "bob"))
    led.happens(events.PersonDid("x", "bob", "screenshot 7"))
    assert led.run.steps["x"].outputs == {"text": "screenshot 7"}


def test_an_item_that_is_overdue_is_remembered_once_and_stays_open() -> None:
    led = LedRun(runbook("- {id: x, title: X, do: {text: x, due: 2d}}"))
    led.succeeds("x")
    led.time_comes("x", Purpose.MOMENT)
    assert led.effects[-1].payload["occasion"] == "overdue"
    assert led.states() == {"x": "waiting"}


@pytest.mark.parametrize("act", [events.PersonDid, events.PersonSkipped])
def test_nobody_gets_round_an_approval_by_hand(act: type) -> None:
    led = LedRun(runbook("- {id: ok, title: OK, approve: {text: Go}}"))
    with pytest.raises(Refused, match="only the decision of an approver"):
        led.happens(act("ok", "alice", "I am sure"))


def test_nobody_gets_round_an_approval_by_skipping_what_is_around_it() -> None:
    text = BRANCHES.replace("say: {text: a2}", "approve: {text: Go}")
    led = LedRun(runbook(text))
    with pytest.raises(Refused, match="only the decision of an approver"):
        led.happens(events.PersonSkipped("both", "alice"))


def test_a_pause_lets_what_has_begun_end_and_begins_nothing_new() -> None:
    led = LedRun(runbook(TWO))
    led.happens(events.Paused("alice"))
    led.succeeds("a")
    assert (led.states(), led.run.state) == ({"a": "done", "b": "pending"}, "paused")
    led.happens(events.Resumed("alice"))
    assert led.states()["b"] == "running"


def test_a_timer_that_comes_due_in_a_pause_is_put_off_to_its_end() -> None:
    led = LedRun(runbook("- {id: w, title: W, wait: {for: 5m}, timeout: 1m, on_failure: continue}"))
    led.happens(events.Paused("alice"))
    led.time_comes("w", Purpose.TIMEOUT)
    assert led.states() == {"w": "waiting"}
    led.happens(events.Resumed("alice"))
    assert led.states() == {"w": "failed"}


def test_after_cancelling_nothing_is_heard_of_any_more() -> None:
    led = LedRun(runbook(TWO))
    key = led.key("a")
    led.happens(events.Cancelled("alice", "wrong runbook"))
    assert (led.run.state, led.states()["a"]) == ("cancelled", "stopped")
    before = led.run
    led.happens(events.EffectSucceeded(key))
    assert led.run == before
    assert led.run.notes[-1].text == "cancelled the run: wrong runbook"


def test_what_came_of_an_effect_after_the_run_was_cancelled_is_noted() -> None:
    led = LedRun(runbook("- {id: i, title: I, invoke: {for: 4h}}"))
    key = led.key("i")
    led.happens(events.Cancelled("alice"))
    for _ in range(2):
        led.happens(events.EffectSucceeded(key, {"ref": "EVT-3", "state": "planned", **STANDING}))
    assert (led.run.state, led.states()["i"]) == ("cancelled", "stopped")
    assert [note.text for note in led.run.notes[1:]] == [
        "i had ended, but EVT-3 is there all the same"
    ]


def test_what_may_have_happened_though_a_person_has_skipped_it_is_noted() -> None:
    led = LedRun(runbook(TWO))
    key = led.key("a")
    led.happens(events.PersonSkipped("a", "alice"))
    led.happens(events.EffectUnknown(key, "the bot stopped"))
    assert led.states() == {"a": "skipped", "b": "running"}
    assert "may have happened all the same" in led.run.notes[-1].text


def test_a_pause_keeps_each_timer_once_and_none_that_nobody_waits_for() -> None:
    led = LedRun(runbook("- {id: w, title: W, wait: {for: 5m}, timeout: 1m, on_failure: ask}"))
    moment, over = (effect.key for effect in led.effects)
    led.time_comes("w", Purpose.TIMEOUT)
    led.happens(events.PersonRetried("w", "alice"))
    led.happens(events.Paused("alice"))
    for key in (moment, over):
        led.happens(events.TimerDue(key))
    for _ in range(2):
        led.time_comes("w", Purpose.TIMEOUT)
    assert led.run.put_off == (led.run.steps["w"].waits[Purpose.TIMEOUT],)


def test_retrying_from_a_step_does_everything_after_it_again() -> None:
    led = LedRun(runbook(BRANCHES))
    for step in ("a1", "b1", "a2"):
        led.succeeds(step)
    led.fails("last")
    assert led.run.state == "failed"
    led.happens(events.PersonRetried("a2", "alice"))
    assert led.states() == {"both": "waiting", "a1": "done", "a2": "running", "b1": "done",
                            "last": "pending"}  # fmt: skip
    led.succeeds("a2")
    assert led.states()["last"] == "running"
    assert len(led.ordered()) == len(set(led.ordered()))


def test_a_step_that_is_being_performed_is_not_retried() -> None:
    led = LedRun(runbook(TWO))
    led.succeeds("a")
    with pytest.raises(Refused, match="RUN-1/b is being performed right now"):
        led.happens(events.PersonRetried("a", "alice"))


def test_a_coming_step_can_be_skipped_ahead_of_its_time() -> None:
    led = LedRun(runbook(TWO))
    led.happens(events.PersonSkipped("b", "alice", "not needed"))
    led.succeeds("a")
    assert led.run.state == "finished"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (events.PersonDid("b", "alice"), "has not begun"),
        (events.PersonFailed("b", "alice"), "has not begun"),
        (events.PersonRetried("b", "alice"), "nothing to retry"),
        (events.Answered("a", "alice", "x"), "asks nothing"),
        (events.Resumed("alice"), "not paused"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(event: events.Event, words: str) -> None:
    with pytest.raises(Refused, match=words):
        LedRun(runbook(TWO)).happens(event)


def test_a_step_that_does_not_exist_is_not_found_and_those_that_do_are_named() -> None:
    with pytest.raises(NotFound, match="It has: a, b"):
        LedRun(runbook(TWO)).happens(events.PersonDid("c", "alice"))


def test_objectives_are_measured_from_the_start_of_the_run() -> None:
    text = TWO.replace("title: B,", "title: B, objective: told,")
    led = LedRun(runbook(text, more="objectives: {told: 10m}"))
    led.passes(minutes=4)
    led.succeeds("a")
    assert [one.met for one in measures(led.run, led.now)] == [None]
    led.passes(minutes=8)
    assert [one.met for one in measures(led.run, led.now)] == [False]
    led.succeeds("b")
    (told,) = measures(led.run, led.now)
    assert (told.name, told.elapsed, told.met) == ("told", timedelta(minutes=12), False)


def test_an_objective_of_a_step_that_was_left_out_is_not_measured() -> None:
    text = TWO.replace("title: B,", "title: B, objective: told, when: run.ref == 'RUN-2',")
    led = LedRun(runbook(text, more="objectives: {told: 10m}"))
    led.passes(minutes=20)
    led.succeeds("a")
    assert led.run.state == "finished"
    assert measures(led.run, led.now) == []
