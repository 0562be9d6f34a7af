"""What people can do about a run, as buttons that say what they will do before they do it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from continuitybot.chat.cards.phrases import consent_buttons, present
from continuitybot.chat.cards.run_waits import Around, approval_for, open_leaves
from continuitybot.chat.cards.run_words import (
    again_words,
    cancel_words,
    leaves,
    title_of,
    without_words,
)
from continuitybot.chat.message import Button, Confirm, Field, Form
from continuitybot.runbooks.answers import YES_NO
from continuitybot.runbooks.model import Purpose, Run
from continuitybot.runbooks.states import RunState, StepState

_STUCK = frozenset({StepState.HELD, StepState.UNKNOWN})


def run_buttons(run: Run, around: Around) -> tuple[Button, ...]:
    """For the run as a whole: answers, consent, and the ways to hold it and to end it."""
    diff = Button("What has changed", f"diff {run.ref}") if around.drifted else None
    page = Button("My page of it", f"show {run.ref}")
    if run.has_ended:
        failed = failed_step(run)
        again = (retry_button(run, failed, "Go on again from there"),) if failed else ()
        return (*_emphasised(again, is_first=True), *present(page, diff))
    paused = run.state is RunState.PAUSED
    return _one_primary(
        (
            *present(Button("Resume", f"resume {run.ref}", "primary") if paused else None),
            *_answers(run),
            *_consent(run, around),
            *present(
                None if paused else Button("Pause", f"pause {run.ref}"),
                Button("Cancel", f"cancel {run.ref}", "danger", cancel_confirm(run)),
                page,
                diff,
            ),
        )
    )


def step_buttons(run: Run, id: str, *, is_first: bool = False) -> tuple[Button, ...]:
    """For one step: ticking it off, or deciding what becomes of it.

    The first of them is the primary one when `is_first`, and nothing about the run comes before.
    """
    step = run.steps[id]
    if run.has_ended:
        return ()
    if step.state in _STUCK:
        first = retry_button(run, id) if step.state is StepState.HELD else done_button(run, id)
        second = done_button(run, id) if step.state is StepState.HELD else retry_button(run, id)
        return _emphasised((first, second, skip_button(run, id)), is_first)
    if is_item(run, id):
        buttons = (
            Button("Done", f"item done {run.ref} {id}"),
            Button("Does not apply", f"item na {run.ref} {id}"),
        )
        return _emphasised(buttons, is_first)
    if step.state is StepState.WAITING and Purpose.RETRY in step.waits:
        return (skip_button(run, id),)
    return ()


def words_form(run: Run) -> Form | None:
    """A form for the first open step that cannot go on without words of a person."""
    for id in open_leaves(run):
        step = run.steps[id]
        if is_item(run, id) and step.given.get("evidence") in {True, "link"}:
            field = Field("evidence", "What shows that it was done")
            return Form(f"Done: {title_of(run, id)}", f"item done {run.ref} {id}", (field,))
        if is_question(run, id) and not choices(run, id):
            field = Field("choice", str(step.given.get("text", "")) or title_of(run, id))
            return Form(f"Answer: {title_of(run, id)}", f"answer {run.ref} {id}", (field,))
    return None


def retry_button(run: Run, id: str, label: str = "Try again") -> Button:
    """Begin again from a step."""
    confirm = Confirm(f"Try “{title_of(run, id)}” again?", again_words(run, id), "Try again")
    return Button(label, f"step retry {run.ref} {id}", "plain", confirm)


def done_button(run: Run, id: str) -> Button:
    """Say that a step was done by hand."""
    text = f"The bot takes your word and does not check it. {without_words(run, id)}"
    confirm = Confirm(f"Is “{title_of(run, id)}” done?", text, "It is done")
    return Button("It is done", f"step done {run.ref} {id}", "plain", confirm)


def skip_button(run: Run, id: str) -> Button:
    """Leave a step out."""
    confirm = Confirm(f"Skip “{title_of(run, id)}”?", without_words(run, id), "Skip it")
    return Button("Skip", f"step skip {run.ref} {id}", "plain", confirm)


def fail_button(run: Run, id: str) -> Button:
    """Say that a step has failed for good."""
    text = "It is not tried again, and what the runbook says about its failure follows."
    confirm = Confirm(f"Has “{title_of(run, id)}” failed?", text, "It has failed")
    return Button("It has failed", f"step fail {run.ref} {id}", "plain", confirm)


def cancel_confirm(run: Run) -> Confirm:
    """What is asked before a run ends early."""
    return Confirm(f"End {run.ref} where it stands?", cancel_words(run), "End it")


def failed_step(run: Run) -> str:
    """The step that ended a failed run; "" for any other run."""
    if run.state is not RunState.FAILED:
        return ""
    failed = [id for id in leaves(run) if run.steps[id].state is StepState.FAILED]
    return failed[-1] if failed else ""


def is_item(run: Run, id: str) -> bool:
    """Whether a step waits to be ticked off."""
    step, action = run.steps[id], run.definition.spots[id].step.action
    return action == "do" and step.state is StepState.WAITING and Purpose.RETRY not in step.waits


def is_question(run: Run, id: str) -> bool:
    """Whether a step waits for an answer."""
    step, action = run.steps[id], run.definition.spots[id].step.action
    return action == "ask" and step.state is StepState.WAITING and Purpose.RETRY not in step.waits


def choices(run: Run, id: str) -> Mapping[str, str]:
    """The answers of a question, by id; none when it is answered in one's own words."""
    given = run.steps[id].given
    if given.get("type") == "yes_no":
        return YES_NO
    found: Mapping[str, str] = given.get("choices") or {}
    return found


def has_primary(run: Run, around: Around) -> bool:
    """Whether the run as a whole has an answer that comes before those of its items."""
    return any(button.style == "primary" for button in run_buttons(run, around))


def _answers(run: Run) -> Iterable[Button]:
    questions = [id for id in open_leaves(run) if is_question(run, id)]
    for id in questions:
        of = f" ({title_of(run, id)})" if len(questions) > 1 else ""
        for choice, label in choices(run, id).items():
            yield Button(f"{label}{of}", f"answer {run.ref} {id} {choice}", "primary")


def _consent(run: Run, around: Around) -> Iterable[Button]:
    """Approve what the run itself asks for; other objects are approved where their plan is."""
    for id in open_leaves(run):
        approval = approval_for(run.steps[id], around)
        if approval is None:
            continue
        if approval.subject.startswith(run.ref):
            yield from consent_buttons(approval.subject, approval.plan_hash, approval.title)
        else:
            yield Button(f"See {approval.subject}", f"show {approval.subject}", "primary")


def _one_primary(buttons: Iterable[Button]) -> tuple[Button, ...]:
    """Only the first of the primary buttons stays one."""
    found: list[Button] = []
    for button in buttons:
        seen = any(one.style == "primary" for one in found)
        is_more = seen and button.style == "primary"
        found.append(replace(button, style="plain") if is_more else button)
    return tuple(found)


def _emphasised(buttons: tuple[Button, ...], is_first: bool) -> tuple[Button, ...]:
    if not (is_first and buttons):
        return buttons
    first, *rest = buttons
    return replace(first, style="primary"), *rest
