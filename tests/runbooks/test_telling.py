"""What others are told of when a run changes."""

from __future__ import annotations

from dataclasses import replace

from chat.runs import NOW, WAITS_FOR_EVENT
from continuitybot.runbooks.model import Note
from continuitybot.runbooks.states import RunState
from continuitybot.runbooks.telling import changes


def test_it_is_told_when_what_a_step_follows_has_moved_on() -> None:
    step = WAITS_FOR_EVENT.steps["switch"]
    moved = replace(step, outputs={**step.outputs, "standing": "verifying"})
    after = replace(WAITS_FOR_EVENT, steps={**WAITS_FOR_EVENT.steps, "switch": moved})
    (told,) = changes(WAITS_FOR_EVENT, after)
    assert (told.what, told.text) == ("run.followed", "EVT-3 is verifying.")


def test_a_note_is_told_once() -> None:
    noted = replace(WAITS_FOR_EVENT, notes=(Note(NOW, "bob", "They call back"),))
    (told,) = changes(WAITS_FOR_EVENT, noted)
    assert (told.what, told.text) == (
        "run.noted",
        "Live e-mail incident (RUN-1): They call back (bob).",
    )
    assert list(changes(noted, noted)) == []


def test_the_note_of_a_pause_is_told_with_the_pause() -> None:
    notes = (Note(NOW, "bob", "paused the run"),)
    paused = replace(WAITS_FOR_EVENT, notes=notes, state=RunState.PAUSED)
    assert [told.what for told in changes(WAITS_FOR_EVENT, paused)] == ["run.paused"]
