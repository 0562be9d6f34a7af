"""Harbour Logistics, the company that the lab simulates, and its employees."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

COMPANY = "Harbour Logistics"
DOMAIN = "harbour.example"
PROBE_MAILBOX = f"probe@{DOMAIN}"
OUTSIDE_DOMAIN = "outside.example"
OUTSIDE_PROBE_DOMAIN = f"probe.{OUTSIDE_DOMAIN}"
OUTSIDE_PROBE = f"canary@{OUTSIDE_PROBE_DOMAIN}"
PRIVATE_DOMAIN = "private.example"

PEOPLE_COLUMNS = (
    "handle",
    "name",
    "email",
    "phone",
    "phone2",
    "alternate_email",
    "language",
    "site",
    "groups",
    "roles",
    "slack",
    "teams",
    "time_zone",
)


class Habit(StrEnum):
    """What a person does with a text that asks for an answer."""

    SILENT = "silent"
    SAFE = "1"
    NEEDS_HELP = "2"


@dataclass(frozen=True)
class Employee:
    """One person of the company; `phone` is "" for the one who has none."""

    handle: str
    name: str
    phone: str
    site: str
    groups: tuple[str, ...]
    roles: tuple[str, ...] = ()
    language: str = "en"
    habit: Habit = Habit.SAFE
    switched_off: bool = False

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.')}@{DOMAIN}"

    @property
    def alternate_email(self) -> str:
        """The private mailbox; only those who may be paged have given theirs."""
        return f"{self.handle}@{PRIVATE_DOMAIN}" if self.roles else ""


def _phone(number: int) -> str:
    return f"+436605550{number}"


EMPLOYEES = (
    Employee(
        "alice", "Alice Brandt", _phone(101), "Vienna", ("it",), ("admin",), habit=Habit.SILENT
    ),
    Employee(
        "bob", "Bob Okafor", _phone(102), "Rotterdam", ("it",), ("admin",), habit=Habit.SILENT
    ),
    Employee(
        "carol",
        "Carol Nystrom",
        _phone(103),
        "Vienna",
        ("it",),
        ("responder", "broadcaster"),
    ),
    Employee("dmitri", "Dmitri Volkov", _phone(104), "Rotterdam", ("it",), ("responder",)),
    Employee("esra", "Esra Demir", _phone(105), "Vienna", ("operations", "leads"), ("approver",)),
    Employee("farid", "Farid Haddad", _phone(106), "Rotterdam", ("operations",)),
    Employee("grace", "Grace Mbeki", _phone(107), "Trieste", ("operations",)),
    Employee("hannah", "Hannah Leitner", _phone(108), "Vienna", ("sales",), language="de"),
    Employee("ivan", "Ivan Petrov", _phone(109), "Trieste", ("warehouse",), habit=Habit.NEEDS_HELP),
    Employee("jia", "Jia Chen", _phone(110), "Rotterdam", ("sales",)),
    Employee("kofi", "Kofi Mensah", _phone(111), "Rotterdam", ("warehouse",), habit=Habit.SILENT),
    Employee("lena", "Lena Gruber", _phone(112), "Vienna", ("finance",), language="de"),
    Employee("mateo", "Mateo Rossi", _phone(113), "Trieste", ("warehouse",)),
    Employee("noor", "Noor Jansen", _phone(114), "Rotterdam", ("finance",)),
    Employee(
        "oskar", "Oskar Lindqvist", _phone(115), "Trieste", ("operations",), switched_off=True
    ),
    Employee("priya", "Priya Raman", _phone(116), "Vienna", ("sales", "leads")),
    Employee("quentin", "Quentin Moreau", _phone(117), "Rotterdam", ("sales",)),
    Employee("rosa", "Rosa Bianchi", _phone(118), "Trieste", ("finance",), habit=Habit.SILENT),
    Employee("samir", "Samir Aziz", _phone(119), "Rotterdam", ("warehouse",)),
    Employee("tereza", "Tereza Novak", _phone(120), "Vienna", ("operations",), language="de"),
    Employee("uwe", "Uwe Steiner", "", "Vienna", ("warehouse",), language="de"),
    Employee("valentina", "Valentina Costa", _phone(122), "Trieste", ("sales",)),
    Employee("wanjiru", "Wanjiru Kamau", _phone(123), "Rotterdam", ("operations", "leads")),
    Employee("yuki", "Yuki Tanaka", _phone(124), "Vienna", ("finance",), habit=Habit.SILENT),
)


def mailboxes() -> frozenset[str]:
    """Every address that receives mail in the company's domain."""
    return frozenset(employee.email for employee in EMPLOYEES) | {PROBE_MAILBOX}


def write_people(path: Path) -> None:
    """Write the employees as the directory file that the bot imports."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, PEOPLE_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(_row(employee) for employee in EMPLOYEES)


def _row(employee: Employee) -> dict[str, str]:
    return {
        "handle": employee.handle,
        "name": employee.name,
        "email": employee.email,
        "phone": employee.phone,
        "alternate_email": employee.alternate_email,
        "language": employee.language,
        "site": employee.site,
        "groups": ";".join(employee.groups),
        "roles": ";".join(employee.roles),
    }
