"""A runbook as a tree in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.text import Text
from rich.tree import Tree

from continuitybot.runbooks.definition import Definition, InputDefinition, StepDefinition
from continuitybot.runbooks.wording import body_words, input_words, rule_words, trigger_words
from continuitybot.settings.values import format_duration


def tree_of(definition: Definition) -> Tree:
    """The whole runbook: what starts it, what it takes, and its steps with their rules."""
    root = Tree(_line((definition.name, "bold"), (definition.title, "")))
    root.add(_line(("kind", "dim"), (definition.kind.value, "")))
    root.add(_line(("starts", "dim"), (trigger_words(definition.trigger), "")))
    _add_pairs(root, "inputs", {one.name: _of_input(one) for one in definition.inputs})
    times = {name: f"within {format_duration(t)}" for name, t in definition.objectives.items()}
    _add_pairs(root, "objectives", times)
    _add_steps(root.add(Text("steps", "bold")), definition.steps)
    return root


def _of_input(given: InputDefinition) -> str:
    return f"{input_words(given)}{f' ({given.title})' if given.title else ''}"


def _add_pairs(parent: Tree, name: str, pairs: Mapping[str, str]) -> None:
    if pairs:
        branch = parent.add(Text(name, "bold"))
        for key, words in pairs.items():
            branch.add(_line((key, "cyan"), (words, "")))


def _add_steps(parent: Tree, steps: Sequence[StepDefinition]) -> None:
    for step in steps:
        branch = parent.add(_line((step.id, "cyan"), (step.action, "magenta"), (step.title, "")))
        for name, words in {**rule_words(step), **body_words(step.body)}.items():
            branch.add(Text.assemble((f"{name}: ", "dim"), words))
        for number, track in enumerate(step.branches, start=1):
            _add_steps(branch.add(Text(f"branch {number}", "bold")), track)


def _line(*pieces: tuple[str, str]) -> Text:
    """Words in their styles; what a runbook says is never read as markup."""
    return Text("  ").join(Text(words, style) for words, style in pieces)
