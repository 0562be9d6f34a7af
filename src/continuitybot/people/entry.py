"""One person as written down somewhere, read into a Person or into its faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import PhoneNumberType

from continuitybot.people.model import BOT, Identity, Person, Role

T = TypeVar("T")

_HANDLE = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
_EMAIL = re.compile(r"[^@\s]+@([^@\s]+\.[^@\s.]+)")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
_RESERVED = {BOT, "all", "on-call"}


class FieldFault(ValueError):
    """What is wrong with one field, and what to do about it."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass
class Entry:
    """The written fields of one person, and the faults found while reading them.

    `faults` are (field name, fault), in the order of the fields.
    """

    fields: Mapping[str, str]
    faults: list[tuple[str, FieldFault]] = field(default_factory=list)

    def read(self, name: str, reader: Callable[[str], T], empty: T) -> T:
        """The field through its reader; `empty` when it is blank or faulty."""
        text = " ".join(self.fields.get(name, "").split())
        if not text:
            return empty
        try:
            return reader(text)
        except FieldFault as fault:
            self.faults.append((name, fault))
            return empty

    def require(self, name: str) -> None:
        """Note a fault when a field is blank."""
        if not self.fields.get(name, "").strip():
            self.faults.append((name, FieldFault("is empty", "Everybody needs one.")))


@dataclass(frozen=True)
class EntryReader:
    """Reads written entries by the rules of one organisation.

    Numbers without an international prefix are of `default_region`; an alternate address inside
    one of the `protected_domains` would fail together with the mail it is to replace.
    """

    default_region: str = ""
    protected_domains: Collection[str] = ()

    def person(self, fields: Mapping[str, str]) -> tuple[Person, list[tuple[str, FieldFault]]]:
        """The person, as far as readable, and every fault of the entry."""
        entry = Entry(fields)
        for name in ("handle", "name", "email"):
            entry.require(name)
        if self._phone2_stands_alone(fields):
            entry.faults.append(("phone", FieldFault("is empty", "Texts go to this one first.")))
        phones = (
            entry.read("phone", self._text_phone, ""),
            entry.read("phone2", self._phone, ""),
        )
        slack = entry.read("slack", _account("slack"), None)
        teams = entry.read("teams", _account("teams"), None)
        person = Person(
            handle=entry.read("handle", _handle, ""),
            name=entry.read("name", str, ""),
            email=entry.read("email", _email, ""),
            phones=tuple(dict.fromkeys(filter(None, phones))),
            alternate_email=entry.read("alternate_email", self._alternate_email, ""),
            language=entry.read("language", _language, "en"),
            site=entry.read("site", _label, ""),
            groups=entry.read("groups", _groups, frozenset()),
            roles=entry.read("roles", _roles, frozenset()),
            identities=tuple(account for account in (slack, teams) if account),
            time_zone=entry.read("time_zone", _time_zone, ""),
        )
        return person, entry.faults

    @staticmethod
    def _phone2_stands_alone(fields: Mapping[str, str]) -> bool:
        return bool(fields.get("phone2", "").strip()) and not fields.get("phone", "").strip()

    def _phone(self, text: str) -> str:
        return _e164(_number(text, self.default_region))

    def _text_phone(self, text: str) -> str:
        number = _number(text, self.default_region)
        if phonenumbers.number_type(number) == PhoneNumberType.FIXED_LINE:
            raise FieldFault(
                "is a landline, which takes no texts",
                "Write a mobile number here; a landline can stand in `phone2`.",
            )
        return _e164(number)

    def _alternate_email(self, text: str) -> str:
        address = _email(text)
        domain = address.rpartition("@")[2].casefold()
        for protected in self.protected_domains:
            if domain == protected.casefold() or domain.endswith(f".{protected.casefold()}"):
                raise FieldFault(
                    f"is inside {protected}, which it is to replace",
                    "Write an address elsewhere, or leave it empty.",
                )
        return address


def _number(text: str, region: str) -> phonenumbers.PhoneNumber:
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException as error:
        if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
            remedy = "Begin with + and the country, such as +43, or set people.default_region."
            raise FieldFault("has no country", remedy) from error
        raise FieldFault("is not a phone number", "Write it like +43 660 1234567.") from error
    if number.extension:
        raise FieldFault("has an extension, which cannot be dialled from outside")
    if not phonenumbers.is_valid_number(number):
        raise FieldFault(
            f"is not a number that +{number.country_code} gives out",
            "Check for missing or extra digits.",
        )
    return number


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _handle(text: str) -> str:
    handle = text.casefold().removeprefix("@")
    if not _HANDLE.fullmatch(handle):
        raise FieldFault("is not a handle", "Use letters, digits, `.`, `-` and `_`, such as alice.")
    if handle in _RESERVED:
        raise FieldFault("means something else", "Choose another handle.")
    return handle


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise FieldFault("is not an e-mail address", "Write it like alice@example.com.")
    return text


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise FieldFault("is not a language code", "Write it like en, de or pt-BR.")
    return text


def _time_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError) as error:
        raise FieldFault("is not a time zone", "Write it like Europe/Vienna.") from error


def _label(text: str) -> str:
    if "," in text:
        raise FieldFault("has a comma, which stands between audiences", "Leave the comma out.")
    return text


def _words(text: str) -> list[str]:
    return [word for word in (part.strip() for part in re.split(r"[,;|]", text)) if word]


def _groups(text: str) -> frozenset[str]:
    return frozenset(_words(text))


def _roles(text: str) -> frozenset[Role]:
    words = [word.casefold() for word in _words(text)]
    unknown = [word for word in words if word not in set(Role)]
    if unknown:
        raise FieldFault(
            f"has no such role: {', '.join(unknown)}", f"The roles are {', '.join(Role)}."
        )
    return frozenset(Role(word) for word in words)


def _account(platform: str) -> Callable[[str], Identity | None]:
    """`TEAM/USER`, or the user alone when the bot is in one workspace or tenant only."""

    def read(text: str) -> Identity:
        team, _, user = text.rpartition("/")
        if not user or " " in text:
            raise FieldFault("is not an account", "Write TEAM/USER, such as T024BE7LD/U061F7AUR.")
        return Identity(platform, team, user)

    return read
