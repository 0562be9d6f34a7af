"""Bad files, and the exact answer that each must get.

Beside each file stands `<name>.expected`. To see what a new file is answered with, add it with an
empty one and read the difference; write the answer that a tired person should get.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from continuitybot.app.checking import check_everything
from continuitybot.errors import BadInput
from continuitybot.people.importers.csv_file import read_people
from continuitybot.runbooks import load_runbooks, shipped_folder
from continuitybot.runbooks.scenario_files import load_scenarios
from continuitybot.sourcefile import MAX_BYTES

HERE = Path(__file__).parent


def settings_answer(file: Path, folder: Path) -> str:
    shutil.copy(HERE / "settings" / "people.csv", folder)
    config = Path(shutil.copy(file, folder / "continuitybot.yaml"))
    return refusal(lambda: check_everything(config))


def people_answer(file: Path, folder: Path) -> str:
    people = Path(shutil.copy(file, folder / "people.csv"))
    return "\n".join(map(str, read_people(people, ["harbour.example"]).problems))


def runbook_answer(file: Path, folder: Path) -> str:
    shutil.copy(file, folder / "runbook.yaml")
    return refusal(lambda: load_runbooks([folder]))


def rehearsal_answer(file: Path, folder: Path) -> str:
    scenario = folder / "rehearsals" / "live-incident" / "scenario.yaml"
    scenario.parent.mkdir(parents=True)
    shutil.copy(file, scenario)
    return refusal(lambda: load_scenarios([folder], load_runbooks([shipped_folder()])))


ANSWERS: dict[str, Callable[[Path, Path], str]] = {
    "settings": settings_answer,
    "people": people_answer,
    "runbooks": runbook_answer,
    "rehearsals": rehearsal_answer,
}
FILES = sorted(
    file
    for kind, ending in (
        ("settings", "yaml"),
        ("people", "csv"),
        ("runbooks", "yaml"),
        ("rehearsals", "yaml"),
    )
    for file in (HERE / kind).glob(f"*.{ending}")
    if file != HERE / "settings" / "people.csv"
)


def refusal(read: Callable[[], object]) -> str:
    with pytest.raises(BadInput) as refused:
        read()
    return str(refused.value)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_bad_file_gets_the_answer_that_is_written_beside_it(file: Path, tmp_path: Path) -> None:
    answer = ANSWERS[file.parent.name](file, tmp_path).replace(f"{tmp_path}/", "")
    assert f"{answer}\n" == file.with_suffix(".expected").read_text(encoding="utf-8")


def test_every_answer_belongs_to_a_file() -> None:
    assert {file.with_suffix(".expected") for file in FILES} == set(HERE.glob("*/*.expected"))


def test_no_answer_repeats_a_secret() -> None:
    assert not [file for file in HERE.glob("*/*.expected") if "hunter2" in file.read_text()]


def test_a_settings_file_of_megabytes_is_not_read(tmp_path: Path) -> None:
    config = tmp_path / "continuitybot.yaml"
    config.write_text("#" * (MAX_BYTES + 1))
    assert refusal(lambda: check_everything(config)) == (
        f"{config} cannot be read.\n  {config}: is larger than 2 MB. Is it the right file?"
    )


def test_settings_that_are_not_there_are_said_how_to_make(tmp_path: Path) -> None:
    answer = refusal(lambda: check_everything(tmp_path / "continuitybot.yaml"))
    assert "does not exist. Write one with `continuitybot init`" in answer
