"""What a broadcast would do, worked out before anybody is asked: who, which text, at what price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from continuitybot.approvals.model import plan_digest
from continuitybot.broadcast.model import Plan, Recipient
from continuitybot.broadcast.templates import text_for
from continuitybot.broadcast.text import Encoding, advice, measure
from continuitybot.errors import NotFound, Refused
from continuitybot.people.directory import Directory
from continuitybot.people.model import Audience, Person
from continuitybot.settings.broadcast import BroadcastSettings

_LONGEST = 1600  # characters; Twilio takes no more (error 21617)


@dataclass(frozen=True)
class PreviewText:
    """The exact text in one language, as its first recipient would get it.

    `segments` is the most that anybody's copy takes.
    """

    language: str
    text: str
    encoding: Encoding
    segments: int
    recipients: int
    advice: str


@dataclass(frozen=True)
class Preview:
    """Everything a person should see before they ask for a broadcast, or approve it.

    `segments` and `cost` are those of all texts together; `opted_out` and `missing` (without a
    phone) are handles.
    """

    audience: str
    texts: tuple[PreviewText, ...]
    recipients: int
    opted_out: tuple[str, ...]
    missing: tuple[str, ...]
    segments: int
    cost: Decimal | None
    currency: str
    eta: timedelta
    carriers: tuple[str, ...]
    drill: bool
    plan_hash: str


@dataclass(frozen=True)
class Draft:
    """A plan, the people it is for, and how it looks."""

    plan: Plan
    recipients: tuple[Recipient, ...]
    preview: Preview


class Planner:
    """Works out plans from the directory and the settings."""

    def __init__(self, settings: BroadcastSettings, directory: Directory) -> None:
        self._settings = settings
        self._directory = directory

    async def draft(self, audience: str, text: str, template: str, *, drill: bool) -> Draft:
        """The plan for an audience and either a text or a template's name.

        Raises: Refused when there is no such template, nothing to send it with, or nobody to
        send it to; NotFound for an unknown audience.
        """
        if not self._settings.carriers:
            raise Refused(
                "There is no carrier to send texts with.",
                remedy="Add one under `broadcast.carriers` in the settings.",
                code="carrier",
            )
        texts = self.texts(text, template)
        people = await self._audience(audience, drill=drill)
        reachable = [one for one in people.people if one.phone and not one.opted_out]
        if not reachable:
            raise Refused(
                f"Nobody in {people.name} can be sent a text.",
                remedy="They have no phone in the directory, or have opted out.",
                code="audience",
            )
        recipients = tuple(
            Recipient(one.handle, one.name, one.phone, one.language) for one in reachable
        )
        return self._worked_out(people, recipients, texts, drill=drill)

    def texts(self, text: str, template: str) -> Mapping[str, str]:
        """The text by language: the one given, or a template of the settings."""
        if bool(text.strip()) == bool(template):
            raise Refused("A broadcast has either a text or a template.", code="text")
        if text:
            return {self._settings.default_language: text.strip()}
        if template not in self._settings.templates:
            names = ", ".join(self._settings.templates) or "none yet"
            raise NotFound(f"There is no template {template}.", remedy=f"There are: {names}.")
        return self._settings.templates[template]

    async def _audience(self, query: str, *, drill: bool) -> Audience:
        found = await self._directory.audience(query)
        if not drill:
            return found
        if not self._settings.pilot_audience:
            raise Refused(
                "A drill sends texts to the pilot audience only, and none is named.",
                remedy="Name it under `broadcast.pilot_audience` in the settings.",
                code="pilot",
            )
        pilots = await self._directory.audience(self._settings.pilot_audience)
        both = tuple(one for one in found.people if one.handle in pilots.handles)
        return Audience(f"{query} (pilots: {pilots.name})", both)

    def _worked_out(
        self,
        audience: Audience,
        recipients: tuple[Recipient, ...],
        texts: Mapping[str, str],
        *,
        drill: bool,
    ) -> Draft:
        default = self._settings.default_language
        default = default if default in texts else next(iter(texts))
        copies = _copies(recipients, texts, default, drill=drill)
        plan = Plan(
            audience=audience.name,
            audience_digest=audience.digest,
            texts=dict(texts),
            default_language=default,
            people=len(recipients),
            segments=sum(measure(text).segments for some in copies.values() for text in some),
            opted_out=_handles(one for one in audience.people if one.phone and one.opted_out),
            missing=_handles(one for one in audience.people if not one.phone),
            carriers=tuple(one.name for one in self._settings.carriers),
            drill=drill,
        )
        return Draft(plan, recipients, self.preview(plan, recipients))

    def preview(self, plan: Plan, recipients: Sequence[Recipient]) -> Preview:
        """How a plan looks to whoever has to decide about it."""
        copies = _copies(recipients, plan.texts, plan.default_language, drill=plan.drill)
        texts = tuple(_shown(language, copies[language]) for language in copies)
        carrier = self._settings.carriers[0]
        price = carrier.price_per_segment
        return Preview(
            audience=plan.audience,
            texts=texts,
            recipients=plan.people,
            opted_out=plan.opted_out,
            missing=plan.missing,
            segments=plan.segments,
            cost=None if price is None else price * plan.segments,
            currency=carrier.currency,
            eta=timedelta(seconds=round(plan.segments / carrier.rate_per_second)),
            carriers=plan.carriers,
            drill=plan.drill,
            plan_hash=hash_of(plan),
        )


def hash_of(plan: Plan) -> str:
    """What an approval is bound to: the audience, the texts and the carriers."""
    return plan_digest(
        {
            "audience": plan.audience_digest,
            "texts": dict(plan.texts),
            "carriers": list(plan.carriers),
            "drill": plan.drill,
        }
    )


def _copies(
    recipients: Sequence[Recipient], texts: Mapping[str, str], default: str, *, drill: bool
) -> dict[str, list[str]]:
    """Every recipient's exact text, by language. Raises Refused for one that cannot be sent."""
    copies: dict[str, list[str]] = {}
    for recipient in recipients:
        language = recipient.language if recipient.language in texts else default
        text = text_for(texts[language], recipient, drill=drill)
        if not text or len(text) > _LONGEST:
            raise Refused(
                f"The text is {len(text)} characters long; a text has 1 to {_LONGEST}.",
                remedy="Shorten it.",
                code="text",
            )
        copies.setdefault(language, []).append(text)
    return copies


def _shown(language: str, copies: Sequence[str]) -> PreviewText:
    measures = [measure(text) for text in copies]
    first = measures[0]
    longest = max(one.segments for one in measures)
    return PreviewText(language, copies[0], first.encoding, longest, len(copies), advice(first))


def _handles(people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(one.handle for one in people)
