"""Who hears of what: cards kept up to date, milestones said, approvers asked.

Listens to the changes of all rooms, inside their transactions, so that nothing that happened goes
untold after a crash.
"""

from __future__ import annotations

from continuitybot.approvals import Approvals
from continuitybot.approvals.codes import Codes
from continuitybot.chat.board import Board
from continuitybot.chat.cards.rendering import Cards
from continuitybot.errors import NotFound
from continuitybot.incidents import Incidents
from continuitybot.people.authority import who_may
from continuitybot.people.directory import Directory
from continuitybot.people.model import BOT, Person
from continuitybot.people.roster import Roster
from continuitybot.store import Change, Database, Transaction

# Said below the incident's card; everything else is seen on the cards themselves.
_MILESTONES = frozenset(
    {
        "incident.acknowledged",
        "incident.noted",
        "incident.closed",
        "alert.opened",
        "alert.closed",
        "alert.escalated",
        "event.planned",
        "event.activated",
        "event.rolled_back",
        "event.failed",
        "event.extended",
        "event.reminded",
        "event.fail_back_proposed",
        "event.fail_back_failed",
        "event.draining",
        "event.ended",
        "broadcast.requested",
        "broadcast.finished",
        "broadcast.stopped",
    }
)
# Mail is not where an approved plan wanted it, and somebody has to look at once.
_ALARMS = frozenset({"event.rolled_back", "event.failed", "event.fail_back_failed"})
_DRILL = "[DRILL] "
_ROOMS = ("incident.", "alert.", "event.", "broadcast.", "run.", "approval.", "reply.")


class Notices:
    """Decides what is shown and to whom; the board and the pagers do it."""

    def __init__(
        self,
        database: Database,
        *,
        board: Board,
        cards: Cards,
        directory: Directory,
        approvals: Approvals,
        incidents: Incidents,
        codes: Codes,
    ) -> None:
        self._board = board
        self._cards = cards
        self._directory = directory
        self._approvals = approvals
        self._incidents = incidents
        self._codes = codes
        for prefix in _ROOMS:
            database.subscribe(prefix, self._show)
        database.subscribe("", self._say)
        database.subscribe("event.", self._alarm)
        for what in ("approval.requested", "approval.reminded"):
            database.subscribe(what, self._ask_approvers)

    async def _show(self, tx: Transaction, change: Change) -> None:
        for ref in {change.ref, str(change.data.get("incident") or "")}:
            if ref and self._cards.shows(ref):
                await self._board.show(tx, ref)

    async def _say(self, tx: Transaction, change: Change) -> None:
        ref = str(change.data.get("incident") or change.ref)
        if change.what in _MILESTONES and change.text and self._cards.shows(ref):
            await self._board.say(tx, ref, change.text)

    async def _alarm(self, tx: Transaction, change: Change) -> None:
        """Page whoever has to do with an event that went wrong, and whoever is on call."""
        if change.what not in _ALARMS:
            return
        roster = await self._directory.roster(tx)
        concerned = {change.data.get("requester"), change.data.get("approver")}
        if not change.data.get("drill"):
            concerned |= set(roster.audience("on-call").handles)
        await self._incidents.page(
            tx,
            key=f"{change.ref}/{change.what}/{tx.now:%Y%m%dT%H%M%S}",
            people=[person for person in roster.everyone if person.handle in concerned],
            channels=("chat", "sms", "email"),
            text=change.text,
            ref=change.ref,
        )

    async def _ask_approvers(self, tx: Transaction, change: Change) -> None:
        """Page whoever is asked to approve, each with a code for answering by text message."""
        approval = next(iter(await self._approvals.pending(tx, change.ref)), None)
        if approval is None:
            return
        roster = await self._directory.roster(tx)
        silent = {approval.requester, *(decision.by for decision in approval.decisions)}
        able = [one for one in who_may(approval.act, roster.everyone) if one.handle not in silent]
        asking = "The bot" if approval.requester == BOT else roster.name(approval.requester)
        card = await self._cards.card_or_none(tx, change.ref)
        drill = card is not None and card.mode == "DRILL"
        again = " again" if change.what == "approval.reminded" else ""
        for person in _asked(able, roster, str(change.data.get("of") or "")):
            how = _how(change.ref, self._codes.code(approval.id, person.handle))
            title = approval.title.removeprefix(_DRILL)
            text = f"{asking} asks you{again} to approve: {title}. {how}"
            await self._incidents.page(
                tx,
                key=str(change.data.get("key") or f"{approval.id}/ask"),
                people=(person,),
                channels=("chat", "sms"),
                text=f"{_DRILL}{text}" if drill else text,
                ref=change.ref,
            )


def _asked(able: list[Person], roster: Roster, of: str) -> list[Person]:
    """Those who may decide and are asked to; everybody who may when nobody of these may."""
    try:
        wanted = set(roster.audience(of).handles) if of else set()
    except NotFound:
        wanted = set()
    return [person for person in able if person.handle in wanted] or able


def _how(ref: str, code: str) -> str:
    kind, _, number = ref.partition("-")
    subject = number if kind == "EVT" else ref
    return f"Reply APPROVE {subject} {code}"
