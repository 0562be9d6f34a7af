"""The whole story, played by itself: mail breaks, moves, everybody is told, and it comes back.

The two admins act through the console's door only, as a browser would. What came of it is read
where it counts: on the phones, in the mailboxes, in the books.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

import httpx
from rich.console import Console
from rich.markup import escape

from continuitybot.errors import Refused
from continuitybot.lab.demonstration import Demonstration
from continuitybot.lab.mail.site import Mode
from continuitybot.lab.verdict import Verdict, verdict_of

_POLL = 0.1
_LIMIT = 90.0

Asks = Callable[[], Awaitable[bool]]


class StoryStopped(Refused):
    """Something that the story needs has not happened."""


class Story:
    """One play of the story; `play` returns 0 only when everything is accounted for."""

    def __init__(self, demonstration: Demonstration, screen: Console, breaks: str) -> None:
        self._lab = demonstration.lab
        self._screen = screen
        self._breaks = Mode(breaks)
        self._bot = httpx.AsyncClient(base_url=demonstration.bot_url, timeout=30)
        self._begun = monotonic()
        self._moments: dict[str, float] = {}

    async def play(self) -> int:
        """Play, print the timeline and the measured times, and check every account."""
        try:
            await self._mail_breaks()
            await self._mail_moves()
            await self._people_are_told()
            await self._mail_comes_back()
            await self._incident_closes()
        except StoryStopped as stopped:
            self._screen.print(f"\n[bold red]The story stopped:[/] {stopped}")
            return 1
        finally:
            await self._bot.aclose()
        self._print_times()
        return self._print_verdict(await verdict_of(self._lab))

    async def _mail_breaks(self) -> None:
        await self._until("every check is healthy", self._shows("alice", "status", "are healthy"))
        self._tell("Mail flows in and out, and every check is healthy")
        await self._lab.mail.primary.set_mode(self._breaks)
        self._mark("fault", f"The primary breaks: it {self._breaks}. Nobody tells the bot")
        await self._until("Alice's phone rings", self._phone_got("alice", "INC-1"))
        self._mark("alert", f"SMS to Alice: {self._newest_text('alice')}")
        self._tell(await self._say("alice", "incident INC-1"), indent=True)
        await self._say("alice", "ack INC-1")
        self._mark("acknowledged", "Alice acknowledges; paging stops")

    async def _mail_moves(self) -> None:
        question = self._shows("alice", "show RUN-1", "Invoke continuity")
        await self._until("the runbook asks what to do", question)
        await self._say("alice", "answer RUN-1 decide invoke")
        await self._until("the plan is there", self._shows("alice", "events", "EVT-1"))
        self._tell("Alice asks to invoke continuity. The plan that she is shown:")
        self._tell(await self._say("alice", "show EVT-1"), indent=True)
        refusal = await self._refused("alice", "approve EVT-1")
        self._tell(f"She tries to approve it herself. {refusal}")
        await self._say("bob", "approve EVT-1")
        self._mark("approved", "Bob approves")
        await self._until("ACTIVE", self._shows("bob", "show EVT-1", "ACTIVE"))
        self._mark("proved", "ACTIVE: canaries arrived through the standby in both directions")

    async def _people_are_told(self) -> None:
        await self._until(
            "a broadcast waits", self._shows("bob", "show SMS-1", "waits for approval")
        )
        self._tell(await self._say("bob", "show SMS-1"), indent=True)
        await self._say("bob", "approve SMS-1")
        self._mark("text approved", "Bob approves the text to everybody")
        await self._until("the last receipt", self._shows("bob", "show SMS-1", "✔ finished"))
        self._mark("receipts", "The last receipt is in:")
        self._tell(await self._say("bob", "show SMS-1"), indent=True)

    async def _mail_comes_back(self) -> None:
        await self._lab.mail.primary.set_mode(Mode.HEALTHY)
        self._mark("repaired", "The primary is repaired. Nobody tells the bot")
        moving = self._shows("alice", "show EVT-1", "waits for approval")
        await self._until("the bot proposes to move back", moving)
        self._mark("proposed", "The primary took canaries in a row; the bot proposes to move back")
        await self._say("alice", "approve EVT-1")
        self._mark("return approved", "Alice approves")
        await self._until("the event has ended", self._shows("alice", "show EVT-1", "✔ ended"))
        self._mark("ended", "The standby is drained, and the primary is proved:")
        self._tell(await self._say("alice", "show EVT-1"), indent=True)

    async def _incident_closes(self) -> None:
        recovered = self._shows("alice", "incident INC-1", "monitoring")
        await self._until("every check is healthy again", recovered)
        waits = self._shows("alice", "show SMS-2", "waits for approval")
        await self._until("the all-clear waits", waits)
        await self._say("bob", "approve SMS-2")
        await self._until("all clear", self._shows("bob", "show SMS-2", "✔ finished"))
        self._tell("Everybody has been told that mail is back")
        await self._until("the runbook's end", self._shows("bob", "show RUN-1", "✔ finished"))
        await self._say("alice", "close INC-1")
        self._tell("The incident is closed. Its report:")
        self._tell(await self._say("alice", "report INC-1"), indent=True)

    async def _say(self, person: str, line: str) -> str:
        ok, text = await self._ask(person, line)
        if not ok:
            raise StoryStopped(f"{person}: {line!r} was refused: {text}")
        return text

    async def _refused(self, person: str, line: str) -> str:
        ok, text = await self._ask(person, line)
        if ok:
            raise StoryStopped(f"{person}: {line!r} was allowed, and must not be.")
        return " ".join(text.split())

    async def _ask(self, person: str, line: str) -> tuple[bool, str]:
        answer = await self._bot.post("/console/say", data={"as": person, "text": line})
        body = answer.json()
        return bool(body["ok"]), str(body["text"])

    def _shows(self, person: str, line: str, wanted: str) -> Asks:
        async def ask() -> bool:
            _, text = await self._ask(person, line)
            return wanted in " ".join(text.split())

        return ask

    def _phone_got(self, handle: str, wanted: str) -> Asks:
        async def ask() -> bool:
            return wanted in self._newest_text(handle)

        return ask

    def _newest_text(self, handle: str) -> str:
        phone = self._lab.phones.of(handle)
        return phone.thread[-1].text if phone and phone.thread else ""

    async def _until(self, what: str, has_happened: Asks) -> None:
        deadline = monotonic() + _LIMIT
        while not await has_happened():
            if monotonic() > deadline:
                raise StoryStopped(f"not within {_LIMIT:.0f} s: {what}")
            await asyncio.sleep(_POLL)

    def _mark(self, moment: str, text: str) -> None:
        self._moments[moment] = monotonic()
        self._tell(text)

    def _tell(self, text: str, *, indent: bool = False) -> None:
        at = monotonic() - self._begun
        if indent:
            lines = [f"           │ {line}" for line in text.splitlines()]
            self._screen.print("\n".join(lines), style="dim", markup=False)
        else:
            self._screen.print(f"[bold]{at:7.1f} s[/]  {escape(text)}")

    def _print_times(self) -> None:
        self._screen.print("\nMeasured")
        for title, begin, end in (
            ("from the fault to the first alert on a phone", "fault", "alert"),
            ("from the approval to the proof at the standby", "approved", "proved"),
            ("from the approval of the text to the last receipt", "text approved", "receipts"),
            ("from the repair to the proposal to move back", "repaired", "proposed"),
            ("from the approval of the return to the end", "return approved", "ended"),
        ):
            took = self._moments[end] - self._moments[begin]
            self._screen.print(f"  {took:6.2f} s  {title}")

    def _print_verdict(self, verdict: Verdict) -> int:
        self._screen.print("\nAccounts")
        for line in verdict.lines:
            self._screen.print(f"  {line}")
        for fault in verdict.faults:
            self._screen.print(f"  [bold red]NOT ACCOUNTED FOR[/] {fault}")
        if verdict.faults:
            return 1
        self._screen.print("  [bold green]Every message and every SMS is accounted for.[/]")
        return 0
