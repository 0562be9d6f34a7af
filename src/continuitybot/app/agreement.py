"""Whether the settings agree with the people and the runbooks that they name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from continuitybot.errors import NotFound, Problem
from continuitybot.people.model import Person
from continuitybot.people.roster import Roster
from continuitybot.settings import SettingsFile
from continuitybot.sourcefile import Loc, suggestion
from continuitybot.store import cron

Named = Iterator[tuple[Loc, str]]


def disagreements_with_people(file: SettingsFile, people: Sequence[Person]) -> list[Problem]:
    """Whoever the settings name but nobody is. Without people nothing can be said."""
    if not people:
        return []
    handles = {person.handle for person in people}
    oncall = file.sections.get("oncall")
    roster = Roster(people, oncall.queries() if oncall else ())
    return [
        *(
            file.source.fault(loc, "names nobody in the people file", suggestion(handle, handles))
            for loc, handle in _handles(file)
            if handle not in handles
        ),
        *(problem for loc, query in _audiences(file)
          if (problem := _audience_problem(file, roster, loc, query))),
    ]  # fmt: skip


def disagreements_with_runbooks(file: SettingsFile, runbooks: Collection[str]) -> list[Problem]:
    """Drills that could not be held. Without runbooks only their times are looked at."""
    problems = []
    for index, drill in enumerate(file.sections.get("drills", ())):
        loc = ("drills", index)
        if runbooks and drill.runbook not in runbooks:
            remedy = suggestion(drill.runbook, runbooks)
            problems.append(file.source.fault((*loc, "runbook"), "names no runbook", remedy))
        try:
            cron(drill.cron)
        except ValueError as error:
            what = f"is no time that could come: {error}"
            problems.append(file.source.fault((*loc, "cron"), what))
    return problems


def _handles(file: SettingsFile) -> Named:
    """Every handle that the settings name."""
    if people := file.sections.get("people"):
        yield from _members(("people", "roles"), people.roles)
        yield from _members(("people", "groups"), people.groups)
    if web := file.sections.get("web"):
        for index, handle in enumerate(web.open_console_to):
            yield ("web", "open_console_to", index), handle


def _members(loc: Loc, named: Mapping[str, Sequence[str]]) -> Named:
    for name, handles in named.items():
        for index, handle in enumerate(handles):
            yield (*loc, name, index), handle


def _audiences(file: SettingsFile) -> Named:
    """Every audience that the settings name."""
    if oncall := file.sections.get("oncall"):
        for number, rung in enumerate(oncall.ladder):
            for index, query in enumerate(rung.people):
                yield ("oncall", "ladder", number, "people", index), query
    broadcast = file.sections.get("broadcast")
    if broadcast and broadcast.pilot_audience:
        yield ("broadcast", "pilot_audience"), broadcast.pilot_audience


def _audience_problem(file: SettingsFile, roster: Roster, loc: Loc, query: str) -> Problem | None:
    try:
        audience = roster.audience(query)
    except NotFound:
        names = [name for name, _ in roster.audiences()] + [one.handle for one in roster.everyone]
        return file.source.fault(loc, "names no person and no audience", suggestion(query, names))
    if audience.people:
        return None
    remedy = "Give somebody that role, in the people file or in people.roles."
    return file.source.fault(loc, f"reaches nobody: no one has {query}", remedy)
