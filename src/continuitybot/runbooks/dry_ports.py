"""What a dry run acts on: it tells what live ports would do, as far as rooms are not needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from continuitybot.runbooks.ports import Findings, Place, Ports, Question, Speaker
from continuitybot.runbooks.tabletop import TabletopChecks, tabletop_ports


def dry_run_ports(speaker: Speaker) -> Ports:
    """Ports that tell what live ones would do, as far as it can be told without the rooms."""
    ports = tabletop_ports(speaker, mark="")
    return replace(ports, checks=_Checks(speaker, ""), speaker=_Voice(speaker))


class _Checks(TabletopChecks):
    """Observes nothing."""

    async def check(self, names: Sequence[str], direction: str) -> Findings:
        return Findings(ok=True, detail="dry run: nothing was observed")


class _Voice:
    """Says what would be said and asked."""

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker

    async def say(self, place: Place, text: str, to: str = "") -> None:
        await self._speaker.say(place, f"Would say{f' to {to}' if to else ''}: {text}")

    async def ask(self, place: Place, question: Question) -> None:
        whom = question.owner or f"whoever may {question.act}"
        if question.type and not question.choices:
            await self._speaker.say(place, f"Would ask {whom}: {question.text} ({question.type})")
            return
        if not question.choices:
            due = f", due {question.due:%Y-%m-%d %H:%M} UTC" if question.due else ""
            await self._speaker.say(place, f"Would ask {whom} to do{due}: {question.text}")
            return
        labels = " / ".join(question.choices.values())
        await self._speaker.say(place, f"Would ask {whom}: {question.text} {labels}.")
