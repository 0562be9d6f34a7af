"""Everything a bot reads at its start, read offline: all problems of all files at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from continuitybot.app.agreement import disagreements_with_people, disagreements_with_runbooks
from continuitybot.app.runbook_agreement import disagreements_of_runbooks
from continuitybot.errors import BadInput, Refused
from continuitybot.people.importers.csv_file import ImportResult, read_people
from continuitybot.people.importing import with_settings
from continuitybot.people.model import Person
from continuitybot.runbooks import Library, read_library, shipped_folder
from continuitybot.runbooks.definition import Definition
from continuitybot.settings import Settings, SettingsFile, read_settings
from continuitybot.settings.runbooks import RunbooksSettings
from continuitybot.settings.tree import secrets


@dataclass(frozen=True)
class Checked:
    """The contents of an installation, all of them well."""

    settings: Settings
    people: Sequence[Person]
    runbooks: Mapping[str, Definition]


def check_everything(config: Path) -> Checked:
    """Read settings, people and runbooks. Raises BadInput with every problem of all of them."""
    file = read_settings(config)
    people = _people(file, config.parent)
    library = _runbooks(file, config.parent)
    sound_people = people.people if not people.problems else ()
    problems = [
        *file.problems,
        *disagreements_with_people(file, sound_people),
        *disagreements_with_runbooks(file, () if library.problems else library.loaded),
        *people.problems,
        *library.problems,
        *disagreements_of_runbooks(file, sound_people, library),
    ]
    if file.settings is None or problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise BadInput(f"{config} and the files it names have {count}:", problems)
    return Checked(file.settings, people.people, library.definitions)


def unreadable_secrets(settings: Settings) -> Iterator[str]:
    """A sentence for each secret that cannot be read by this process, now."""
    for loc, secret in secrets(settings):
        try:
            secret.read()
        except Refused as refusal:
            yield f"{refusal.text} It is `{'.'.join(map(str, loc))}`."


def runbook_folders(settings: RunbooksSettings, folder: Path) -> list[Path]:
    """Where runbooks are: those that are shipped, then those of the settings, which win."""
    shipped = [shipped_folder()] if settings.shipped else []
    return [*shipped, *(folder / one for one in settings.folders)]


def _people(file: SettingsFile, folder: Path) -> ImportResult:
    """The people with all their roles and groups, as far as the settings let them be read."""
    settings, organisation = file.sections.get("people"), file.sections.get("organisation")
    if settings is None or organisation is None:
        return ImportResult((), ())
    found = read_people(folder / settings.file, organisation.domains, settings.default_region)
    people = tuple(with_settings(person, settings) for person in found.people)
    return ImportResult(people, found.problems)


def _runbooks(file: SettingsFile, folder: Path) -> Library:
    settings = file.sections.get("runbooks")
    return read_library(runbook_folders(settings, folder) if settings is not None else ())
