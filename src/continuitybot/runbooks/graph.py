"""A runbook as a flow: what follows what, which steps run side by side, where a failure leads.

Pure values; `mermaid.py` writes them as text and `drawing.py` draws them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from continuitybot.runbooks.definition import (
    PARALLEL,
    Definition,
    OnFailure,
    StepDefinition,
    every_step,
)

# Control characters, which neither XML nor a terminal takes as text.
_UNSEEN = re.compile("[^\t\n\r\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Shape = Literal["begin", "end", "step", "question", "fork", "join"]


@dataclass(frozen=True)
class Node:
    """One thing in the flow; `lines` is what stands in it, the first one its title.

    `state` is how it stands in a run, "" where there is none; the last line says it in words.
    """

    id: str
    shape: Shape
    lines: tuple[str, ...]
    state: str = ""


@dataclass(frozen=True)
class Jump:
    """Where a failed step goes on: forward, in the same list."""

    source: str
    target: str


@dataclass(frozen=True)
class Fork:
    """Tracks side by side, between the node they part at and the one they meet at."""

    node: Node
    tracks: tuple[Track, ...]
    join: Node


@dataclass(frozen=True)
class Track:
    """One after the other, with the jumps inside it."""

    parts: tuple[Node | Fork, ...]
    jumps: tuple[Jump, ...] = ()


@dataclass(frozen=True)
class Graph:
    """The whole flow, with its title and a description for whoever cannot see it."""

    name: str
    title: str
    description: str
    track: Track


def graph_of(definition: Definition) -> Graph:
    """The flow of a runbook."""
    inner = _track(definition.steps)
    begin = Node("runbook_begins", "begin", (_seen(definition.title),))
    end = Node("runbook_ends", "end", ("The run is finished",))
    return Graph(
        name=definition.name,
        title=_seen(f"{definition.name}: {definition.title}"),
        description=_description(definition),
        track=Track((begin, *inner.parts, end), inner.jumps),
    )


def marked(graph: Graph, marks: Mapping[str, tuple[str, str]]) -> Graph:
    """The flow with the state of each step (by its id) and the words for it."""
    by_node = {f"step_{id}": mark for id, mark in marks.items()}
    return replace(graph, track=_marked(graph.track, by_node))


def _marked(track: Track, marks: Mapping[str, tuple[str, str]]) -> Track:
    return replace(track, parts=tuple(_marked_part(part, marks) for part in track.parts))


def _marked_part(part: Node | Fork, marks: Mapping[str, tuple[str, str]]) -> Node | Fork:
    if isinstance(part, Fork):
        tracks = tuple(_marked(track, marks) for track in part.tracks)
        return replace(part, node=_marked_node(part.node, marks), tracks=tracks)
    return _marked_node(part, marks)


def _marked_node(node: Node, marks: Mapping[str, tuple[str, str]]) -> Node:
    state, words = marks.get(node.id, ("", ""))
    return replace(node, lines=(*node.lines, _seen(words)), state=state) if words else node


def edges(track: Track) -> Iterator[tuple[str, str]]:
    """Which node leads to which when all goes well, in the order they are written."""
    for part in track.parts:
        if isinstance(part, Fork):
            for branch in part.tracks:
                yield part.node.id, entry(branch.parts[0])
                yield from edges(branch)
                yield exit_(branch.parts[-1]), part.join.id
    for before, after in zip(track.parts, track.parts[1:], strict=False):
        yield exit_(before), entry(after)


def jumps(track: Track) -> Iterator[Jump]:
    """Every jump of a track and of the tracks inside it."""
    yield from track.jumps
    for part in track.parts:
        if isinstance(part, Fork):
            for branch in part.tracks:
                yield from jumps(branch)


def nodes(track: Track) -> Iterator[Node]:
    """Every node of a track and of the tracks inside it."""
    for part in track.parts:
        if isinstance(part, Fork):
            yield part.node
            for branch in part.tracks:
                yield from nodes(branch)
            yield part.join
        else:
            yield part


def entry(part: Node | Fork) -> str:
    """The node by which a part is reached."""
    return part.node.id if isinstance(part, Fork) else part.id


def exit_(part: Node | Fork) -> str:
    """The node by which a part is left."""
    return part.join.id if isinstance(part, Fork) else part.id


def _track(steps: Sequence[StepDefinition]) -> Track:
    found = tuple(
        Jump(_left_at(step), f"step_{step.goto}")
        for step in steps
        if step.on_failure is OnFailure.GOTO
    )
    return Track(tuple(_part(step) for step in steps), found)


def _left_at(step: StepDefinition) -> str:
    return f"{'join' if step.action == PARALLEL else 'step'}_{step.id}"


def _part(step: StepDefinition) -> Node | Fork:
    if step.action != PARALLEL:
        shape: Shape = "question" if step.action in {"ask", "approve"} else "step"
        return Node(f"step_{step.id}", shape, _lines(step))
    join = Node(f"join_{step.id}", "join", (f"all of {step.id}",))
    tracks = tuple(_track(branch) for branch in step.branches)
    return Fork(Node(f"step_{step.id}", "fork", _lines(step)), tracks, join)


def _lines(step: StepDefinition) -> tuple[str, ...]:
    lines = [step.title, f"{step.action} · {step.owner}" if step.owner else step.action]
    if step.when:
        lines.append(f"when {step.when}")
    if step.on_failure is OnFailure.ASK:
        lines.append("a failure: a person decides")
    if step.on_failure is OnFailure.CONTINUE:
        lines.append("a failure: go on")
    return tuple(map(_seen, lines))


def _description(definition: Definition) -> str:
    steps = [f"{step.title} ({step.action})" for step in every_step(definition.steps)]
    return _seen(f"{len(steps)} steps, in this order: {'; '.join(steps)}.")


def _seen(text: str) -> str:
    return _UNSEEN.sub("", text)
