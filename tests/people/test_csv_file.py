"""Which files of people are taken, and what each fault is answered with."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuitybot.people.importers.csv_file import MAX_BYTES, read_people
from continuitybot.people.model import Identity, Role

GOOD = """\
handle,name,email,phone,phone2,alternate_email,language,site,groups,roles,slack,teams,time_zone
alice,Alice Brandt,alice@example.com,0660 1234567,+43 1 58858,alice@example.net,de,Vienna,\
it|crisis,"admin, approver",T1/U1,aaaa/bbbb,Europe/Vienna
bob,Bob Okafor,bob@example.com,+43 660 1234568,,,,,,,,,
"""

HEADER = "handle,name,email,phone,roles\n"
ALICE = "alice,Alice,alice@example.com,+436601234567,\n"


def problems_of(folder: Path, content: str | bytes) -> list[str]:
    file = folder / "people.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [str(problem) for problem in read_people(file, ["example.com"], "AT").problems]


def test_every_column_finds_its_place(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(GOOD)
    result = read_people(file, ["example.com"], "AT")
    assert result.problems == ()
    alice, bob = result.people
    assert alice.phones == ("+436601234567", "+43158858")
    assert alice.alternate_email == "alice@example.net"
    assert (alice.language, alice.site, alice.time_zone) == ("de", "Vienna", "Europe/Vienna")
    assert alice.groups == {"it", "crisis"}
    assert alice.roles == {Role.ADMIN, Role.APPROVER}
    assert alice.identities == (Identity("slack", "T1", "U1"), Identity("teams", "aaaa", "bbbb"))
    assert (bob.language, bob.roles, bob.alternate_email) == ("en", frozenset(), "")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_spreadsheets_of_every_country_are_taken(
    tmp_path: Path, separator: str, mark: bytes, line_end: str
) -> None:
    lines = ["handle,name,email,site", 'zoë,"Zoë Núñez",zoe@example.com,Wien'.replace("zoë", "zoe")]
    text = line_end.join(lines).replace(",", separator)
    file = tmp_path / "people.csv"
    file.write_bytes(mark + text.encode())
    result = read_people(file)
    assert result.problems == ()
    assert [(one.name, one.site) for one in result.people] == [("Zoë Núñez", "Wien")]


def test_a_cell_may_hold_line_ends_and_the_lines_are_still_counted(tmp_path: Path) -> None:
    content = HEADER + 'alice,"Alice\nvon Brandt",alice@example.com,,\nbob,,bob@example.com,,\n'
    assert problems_of(tmp_path, content) == [
        "people.csv:4:5: `name` is empty. Everybody needs one."
    ]
    file = tmp_path / "people.csv"
    assert read_people(file).people[0].name == "Alice von Brandt"


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    assert problems_of(tmp_path, HEADER + "\n,,,,\n" + ALICE) == []


FAULTS = {
    "a number with too few digits": (
        "bob,Bob,bob@example.com,+43 660,\n",
        ["3:25: `phone` is not a number that +43 gives out (found +43 660)."],
    ),
    "words instead of a number": (
        "bob,Bob,bob@example.com,mobile,\n",
        ["3:25: `phone` is not a phone number (found mobile). Write it like +43 660 1234567."],
    ),
    "a landline where texts go": (
        "bob,Bob,bob@example.com,+43 1 58858,\n",
        ["3:25: `phone` is a landline, which takes no texts (found +43 1 58858)."],
    ),
    "an extension": (
        "bob,Bob,bob@example.com,+43 660 1234567 ext 5,\n",
        ["3:25: `phone` has an extension, which cannot be dialled"],
    ),
    "the handle of somebody else": (
        "ALICE,Bob,bob@example.com,,\n",
        ["3:1: `handle` is that of line 2 as well (found ALICE). Everybody needs their own."],
    ),
    "the address of somebody else": (
        "bob,Bob,Alice@Example.com,,\n",
        ["3:9: `email` is that of line 2 as well (found Alice@Example.com)."],
    ),
    "the number of somebody else, written otherwise": (
        "bob,Bob,bob@example.com,0660/1234567,\n",
        ["3:25: `phone` is that of line 2 as well (found 0660/1234567)."],
    ),
    "a role that does not exist": (
        "bob,Bob,bob@example.com,,admin|chief\n",
        ["3:26: `roles` has no such role: chief (found admin|chief). The roles are viewer,"],
    ),
    "no name": ("bob,,bob@example.com,,\n", ["3:5: `name` is empty."]),
    "no handle": (",Bob,bob@example.com,,\n", ["3:1: `handle` is empty."]),
    "a handle that means everybody": (
        "all,Bob,bob@example.com,,\n",
        ["3:1: `handle` means something else (found all)."],
    ),
    "a handle with a space": (
        "bob o,Bob,bob@example.com,,\n",
        ["3:1: `handle` is not a handle (found bob o)."],
    ),
    "an address without a domain": ("bob,Bob,bob,,\n", ["3:9: `email` is not an e-mail address"]),
    "a comma in a name without quotes": (
        "bob,Okafor, Bob,bob@example.com,,admin\n",
        [
            "3:34: has more cells than the first line",
            "3:12: `email` is not an e-mail address",
            "3:17: `phone` is not",
        ],
    ),
    "two faults in one line, all of them told": (
        "bob,,bob@example.com,12,\n",
        ["3:5: `name` is empty.", "3:22: `phone` is not a number that"],
    ),
    "a quote that never ends": (
        'bob,"Bob,bob@example.com,,\n',
        ["3:1: is not well-formed CSV: unexpected end of data."],
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_told_with_its_place_and_value(tmp_path: Path, fault: str) -> None:
    line, expected = FAULTS[fault]
    found = problems_of(tmp_path, HEADER + ALICE + line)
    assert len(found) == len(expected), found
    for problem, words in zip(found, expected, strict=True):
        assert problem.startswith(f"people.csv:{words}"), problem


COLUMN_FAULTS = {
    "an alternate address inside the protected domain": (
        "handle,name,email,alternate_email\nbob,Bob,bob@example.com,bob@home.example.com\n",
        ["2:25: `alternate_email` is inside example.com, which it is to replace"],
    ),
    "a second number without a first": (
        "handle,name,email,phone,phone2\nbob,Bob,bob@example.com,,+43 660 1234567\n",
        ["2:25: `phone` is empty. Texts go to this one first."],
    ),
    "a language in words": (
        "handle,name,email,language\nbob,Bob,bob@example.com,German\n",
        ["2:25: `language` is not a language code (found German). Write it like en, de or pt-BR."],
    ),
    "a time zone that does not exist": (
        "handle,name,email,time_zone\nbob,Bob,bob@example.com,Vienna\n",
        ["2:25: `time_zone` is not a time zone (found Vienna). Write it like Europe/Vienna."],
    ),
    "a comma in a site": (
        'handle,name,email,site\nbob,Bob,bob@example.com,"Vienna, HQ"\n',
        ["2:25: `site` has a comma"],
    ),
    "the account of somebody else": (
        "handle,name,email,slack\na,A,a@example.com,T1/U1\nbob,Bob,bob@example.com,T1/U1\n",
        ["3:25: `slack` is that of line 2 as well (found T1/U1)."],
    ),
    "an unknown column": (
        "handle,name,e-mail,email\nbob,Bob,,bob@example.com\n",
        ["1:13: `e-mail` is not a column. Did you mean `email`?"],
    ),
    "a column twice": (
        "handle,name,email,Name\nbob,Bob,bob@example.com,Bob\n",
        ["1:19: `name` is there twice. Keep one."],
    ),
    "a column that is missing, once and not at every line": (
        "handle,name\nalice,Alice\nbob,Bob\n",
        ["1:1: the column `email` is missing. Add it."],
    ),
}


@pytest.mark.parametrize("fault", COLUMN_FAULTS)
def test_each_fault_of_a_column_is_told(tmp_path: Path, fault: str) -> None:
    content, expected = COLUMN_FAULTS[fault]
    found = problems_of(tmp_path, content)
    assert len(found) == len(expected), found
    for problem, words in zip(found, expected, strict=True):
        assert problem.startswith(f"people.csv:{words}"), problem


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "people.csv: is empty. Begin with the line handle,name,email,"),
        (b"\n \n", "people.csv: is empty."),
        (HEADER.encode(), "people.csv: names nobody. Write one person a line."),
        ("handle,name\nzoe,Zoë\n".encode("cp1252"), "people.csv: is not UTF-8 text (line 2)."),
        ("handle,name\n".encode("utf-16"), "people.csv: is not UTF-8 text (line 1)."),
        (b"x" * (MAX_BYTES + 1), "people.csv: is larger than 5 MB. Is it the right file?"),
    ],
    ids=["empty", "blank", "header only", "windows-1252", "utf-16", "too large"],
)
def test_a_file_that_cannot_be_the_right_one_is_refused(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    found = problems_of(tmp_path, content)
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    result = read_people(tmp_path / "people.csv")
    assert [problem.what for problem in result.problems] == [
        "cannot be opened: No such file or directory"
    ]


def test_a_local_number_needs_a_region(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(HEADER + "bob,Bob,bob@example.com,0660 1234567,\n")
    (problem,) = read_people(file).problems
    assert problem.what == "`phone` has no country"
    assert "people.default_region" in problem.remedy
