"""Verbs of runbooks, their steps, checklists and drills."""

from __future__ import annotations

from collections.abc import Iterable

from continuitybot.chat.cards.dry_run import dry_run_card
from continuitybot.chat.cards.readiness import drills_card
from continuitybot.chat.commands import seeing
from continuitybot.chat.commands.desk import Asked, Desk, Perform, said, shown
from continuitybot.chat.grammar import Missing, form_of
from continuitybot.chat.platform import Reply
from continuitybot.chat.verbs import VERBS
from continuitybot.errors import BadInput, Problem, Refused
from continuitybot.runbooks import Run
from continuitybot.runbooks.definition import Kind
from continuitybot.runbooks.states import StepState


async def run(desk: Desk, asked: Asked) -> Reply:
    """Start a runbook, or show what each of its steps would do."""
    if asked.args["dry-run"]:
        played = await desk.runbooks.dry_run(
            asked.text("name"),
            asked.args["inputs"],
            by=asked.by,
            incident=asked.text("incident"),
            mode=asked.text("mode"),
            answers=_answers(asked.args["answer"]),
            platform=asked.platform,
        )
        return shown(dry_run_card(played))
    if asked.args["answer"]:
        raise Refused("--answer is for a dry run.", remedy="Add --dry-run, or leave it out.")
    started = await desk.runbooks.start(
        asked.text("name"),
        asked.args["inputs"],
        by=asked.by,
        incident=asked.text("incident"),
        mode=asked.text("mode"),
        platform=asked.platform,
    )
    return _started(started)


def _answers(pairs: Iterable[str]) -> dict[str, str]:
    """`decide=wait` by step. Raises BadInput with all that are none."""
    found = {step: choice for step, _, choice in (pair.partition("=") for pair in pairs)}
    problems = [
        Problem(f"--answer {step}", "says no choice", remedy=f"Write --answer {step}=CHOICE.")
        for step, choice in found.items()
        if not choice
    ]
    if problems:
        raise BadInput("These answers cannot be read.", problems)
    return found


async def answer(desk: Desk, asked: Asked) -> Reply:
    """Answer the question of a step."""
    ref, step, choice = asked.text("ref"), asked.text("step"), asked.text("choice")
    await desk.runbooks.answer(ref, step, choice, by=asked.by, platform=asked.platform)
    return said(f"{ref}: your answer is “{choice}”")


def step(act: str) -> Perform:
    """What a person says about a step: done, skip, fail or retry."""

    async def perform(desk: Desk, asked: Asked) -> Reply:
        ref, name = asked.text("ref"), asked.text("step")
        await desk.runbooks.step(
            ref, name, act, by=asked.by, text=asked.text("text"), platform=asked.platform
        )
        return said(f"{ref}: step {name}, {act}")

    return perform


async def item_done(desk: Desk, asked: Asked) -> Reply:
    """Tick an item, with evidence."""
    ref, item = asked.text("ref"), asked.text("item")
    evidence = asked.text("evidence")
    await _ask_for_evidence(desk, asked, ref, item)
    await desk.runbooks.item(
        ref, item, "done", by=asked.by, evidence=evidence, platform=asked.platform
    )
    return said(f"{ref}: {item} is done")


async def _ask_for_evidence(desk: Desk, asked: Asked, ref: str, item: str) -> None:
    """Refuse an item that is not done without evidence, and say where to give it.

    Words are asked for by a form (Missing), a file on a page of its own.
    """
    async with desk.database.reading() as tx:
        step = (await desk.runbooks.run(tx, ref)).steps.get(item)
    if step is None or step.state is not StepState.WAITING or step.outputs.get("files"):
        return
    wanted = step.given.get("evidence")
    if wanted == "file":
        page = desk.page_of(asked.by, f"{ref}/evidence/{item}")
        raise Refused(f"{ref}/{item} needs a file that shows it.", remedy=f"Attach it: {page}")
    if wanted and not asked.text("evidence"):
        verb = VERBS["item done"]
        form = form_of(verb, {"ref": ref, "item": item})
        raise Missing(verb, verb.arguments[-1], form)


async def item_na(desk: Desk, asked: Asked) -> Reply:
    """An item does not apply."""
    ref, item = asked.text("ref"), asked.text("item")
    evidence = asked.text("evidence")
    await desk.runbooks.item(
        ref, item, "na", by=asked.by, evidence=evidence, platform=asked.platform
    )
    return said(f"{ref}: {item} does not apply")


async def pause(desk: Desk, asked: Asked) -> Reply:
    """Begin nothing new."""
    run = await desk.runbooks.pause(asked.text("ref"), by=asked.by, platform=asked.platform)
    return said(f"{run.ref} is paused", "What has begun goes on to its end.")


async def resume(desk: Desk, asked: Asked) -> Reply:
    """Go on."""
    run = await desk.runbooks.resume(asked.text("ref"), by=asked.by, platform=asked.platform)
    return said(f"{run.ref} goes on")


async def cancel(desk: Desk, asked: Asked) -> Reply:
    """End a run where it stands."""
    run = await desk.runbooks.cancel(asked.text("ref"), by=asked.by, platform=asked.platform)
    return said(f"{run.ref} is cancelled", "What it has done stays done.")


async def checklist(desk: Desk, asked: Asked) -> Reply:
    """Start a checklist by name, or show those under way."""
    if name := asked.text("name"):
        started = await desk.runbooks.start(name, {}, by=asked.by, platform=asked.platform)
        return _started(started)
    async with desk.database.reading() as tx:
        found = await desk.runbooks.runs(tx, open_only=True)
        checklists = [run for run in found if run.definition.kind is Kind.CHECKLIST]
        cards = [await desk.cards.card(tx, run.ref) for run in checklists[:3]]
    return shown(*cards) if cards else await seeing.runbooks(desk, asked)


async def drill_list(desk: Desk, _asked: Asked) -> Reply:
    """Drills to come, and how the last ones went."""
    async with desk.database.reading() as tx:
        return shown(drills_card(await desk.drills.drills(tx)))


async def drill_start(desk: Desk, asked: Asked) -> Reply:
    """Practise now."""
    started = await desk.runbooks.start(
        asked.text("name"),
        {},
        by=asked.by,
        mode=asked.text("mode") or "tabletop",
        platform=asked.platform,
    )
    return _started(started)


def _started(run: Run) -> Reply:
    return said(f"{run.ref} has started: {run.definition.title}")
