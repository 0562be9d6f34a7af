"""Whether runbooks agree with the settings and the people that their steps name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from continuitybot.errors import NotFound, Problem
from continuitybot.people.model import Person
from continuitybot.people.roster import Roster
from continuitybot.runbooks import Library
from continuitybot.runbooks.templates import is_template
from continuitybot.runbooks.written import a_list, a_mapping, steps_of
from continuitybot.settings import SettingsFile
from continuitybot.sourcefile import Loc, SourceFile, suggestion

# The routes by which continuity is proved; a runbook may count on them before they are set up.
_PROVING = frozenset({"primary_inbound", "primary_outbound", "standby_inbound", "standby_outbound"})
_LADDER = frozenset({"on-call"})  # whether anybody is on it, the settings' own check says
_Named = Iterator[tuple[Loc, str, Any]]


def disagreements_of_runbooks(
    settings: SettingsFile, people: Sequence[Person], library: Library
) -> list[Problem]:
    """Every check, route, provider and audience that a runbook names and that there is not."""
    finds = _finders(settings, people)
    return [
        problem
        for one in library.loaded.values()
        for loc, kind, name in _names(one.file)
        if kind in finds and isinstance(name, str) and name and not is_template(name)
        and (problem := finds[kind](one.file, loc, name))
    ]  # fmt: skip


_Find = Callable[[SourceFile, Loc, str], Problem | None]


def _finders(settings: SettingsFile, people: Sequence[Person]) -> Mapping[str, _Find]:
    """How each kind of name is looked up; a section with faults says nothing about names."""
    finds: dict[str, _Find] = {}
    sections = settings.sections
    if checks := sections.get("checks"):
        finds["check"] = _among("check", {check.name for check in checks})
    if mailflow := sections.get("mailflow"):
        finds["route"] = _among("route", {*mailflow.routes, *_PROVING})
    if continuity := sections.get("continuity"):
        finds["provider"] = _among("provider", {one.name for one in continuity.providers})
    if people:
        finds["audience"] = _audiences(Roster(people))
    return finds


def _among(kind: str, known: Collection[str]) -> _Find:
    def find(file: SourceFile, loc: Loc, name: str) -> Problem | None:
        if name in known:
            return None
        what = f"the settings have no {kind} of this name"
        return file.problem(loc, what, suggestion(name, known))

    return find


def _audiences(roster: Roster) -> _Find:
    def find(file: SourceFile, loc: Loc, name: str) -> Problem | None:
        others = [term for term in name.split(",") if term.strip() not in _LADDER]
        try:
            roster.audience(",".join(others) or "all")
        except NotFound as error:
            return file.problem(loc, "names no person and no audience", error.remedy)
        return None

    return find


def _names(file: SourceFile) -> _Named:
    """Everything that a runbook names from outside, with its place and its kind."""
    data = a_mapping(file.data)
    yield ("on", "alert", "check"), "check", _at(data, "on", "alert", "check")
    for step in steps_of(data.get("steps"), ("steps",)):
        for kind, path in _PLACES:
            yield (*step.loc, *path), kind, _at(step.raw, *path)
        for index, name in enumerate(a_list(_at(step.raw, "check", "checks"))):
            yield (*step.loc, "check", "checks", index), "check", name


_PLACES: Sequence[tuple[str, tuple[str, ...]]] = (
    ("check", ("wait", "healthy", "check")),
    ("route", ("canary", "route")),
    ("provider", ("invoke", "provider")),
    ("audience", ("page", "who")),
    ("audience", ("broadcast", "audience")),
    ("audience", ("owner",)),
)


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = a_mapping(value).get(key)
    return value
