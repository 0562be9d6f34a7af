"""The page of one run: what it does and waits for, step by step, and the forms to answer it."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from jinja2 import Environment
from markupsafe import Markup

from continuitybot import audit
from continuitybot.chat.cards.rendering import Cards
from continuitybot.chat.cards.run import run_head
from continuitybot.chat.cards.run_steps import progress_of
from continuitybot.chat.cards.run_words import again_words, objectives
from continuitybot.chat.html import HtmlCards
from continuitybot.chat.message import Span, Text
from continuitybot.chat.times import shown
from continuitybot.chat.wording import progress_words
from continuitybot.runbooks import Runbooks
from continuitybot.runbooks.drawing import svg
from continuitybot.runbooks.graph import graph_of, marked
from continuitybot.settings import Settings
from continuitybot.store import Database
from continuitybot.web.run_view import bars, marks, may_not, run_acts, steps_for
from continuitybot.web.visitor import Visitor

_ENTRIES = 60
_ADDRESS = re.compile(r"(https?://[^\s<>\"]+)")


@dataclass(frozen=True)
class RunPage:
    """Makes the page and the picture of a run."""

    settings: Settings
    database: Database
    cards: Cards
    runbooks: Runbooks
    templates: Environment

    async def html(self, ref: str, visitor: Visitor, notice: Markup) -> str:
        """The whole page, for one person. Raises NotFound."""
        async with self.database.reading() as tx:
            run = await self.runbooks.run(tx, ref)
            around = await self.cards.around(tx, run)
            entries = await audit.entries(tx, ref, limit=_ENTRIES)
            drift = await self.runbooks.drift(tx, ref) if around.drifted else None
        zone = ZoneInfo(visitor.person.time_zone or self.settings.organisation.time_zone)
        hidden = {**visitor.proof, "once": secrets.token_urlsafe(9)}
        renderer = HtmlCards(f"/portal/{ref}", zone, hidden, visitor.page_of)
        return self.templates.get_template("run.html").render(
            visitor=visitor,
            organisation=self.settings.organisation.name,
            ref=ref,
            run=run,
            notice=notice,
            hidden=hidden,
            renderer=renderer,
            head=renderer.card(run_head(run, around)),
            may_not=may_not(around, visitor.person),
            bars=bars(run, around, dict(objectives(run, around.now))),
            steps=steps_for(run, around, visitor.person),
            acts=run_acts(run, visitor.person),
            notes=[(around.roster.name(note.by), note) for note in run.notes],
            entries=[(around.roster.name(entry.who), entry) for entry in entries],
            drift=drift,
            progress=progress_words(progress_of(run)),
            name_of=around.roster.name,
            again=lambda id: again_words(run, id),
            linked=_linked,
            clock=lambda at: _clock(at, zone),
            shown=lambda at: shown(at, zone),
            now=around.now,
        )

    async def picture(self, ref: str) -> str:
        """The flow of the runbook that the run carries, as SVG, each step with its state."""
        async with self.database.reading() as tx:
            run = await self.runbooks.run(tx, ref)
        return svg(marked(graph_of(run.definition), marks(run)))


def _linked(text: str) -> Text:
    """What a person wrote, with its addresses marked as such."""
    pieces = _ADDRESS.split(text)
    return tuple(Span(one, "code") if _ADDRESS.fullmatch(one) else one for one in pieces if one)


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"
