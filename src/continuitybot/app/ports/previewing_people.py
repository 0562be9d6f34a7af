"""Whom a runbook would page, and who could give the approvals that it needs."""

from __future__ import annotations

from collections.abc import Sequence

from continuitybot.app.ports.speaking import CHANNELS, people_to_page
from continuitybot.incidents import Incidents
from continuitybot.people.authority import who_may
from continuitybot.people.directory import Directory
from continuitybot.people.roster import Roster
from continuitybot.runbooks.ports import ApprovalRequest, Approving, Place, Speaker, Standing
from continuitybot.settings.values import format_duration
from continuitybot.store import Database

_NAMED_AT_MOST = 6


class Who:
    """The people there are now."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def roster(self) -> Roster:
        """Everybody, and who is on call."""
        async with self._database.reading() as tx:
            return await self._directory.roster(tx)

    async def may(self, act: str, not_by: str) -> str:
        """The handles of those who have the authority, without one person."""
        everyone = await self._directory.everyone()
        return _listed([one.handle for one in who_may(act, everyone) if one.handle != not_by])


class PreviewPaging:
    """Wakes nobody, and says who would be woken by which channels."""

    def __init__(
        self, incidents: Incidents, who: Who, speaker: Speaker, *, drill: bool, pilots: str
    ) -> None:
        self._incidents = incidents
        self._who = who
        self._speaker = speaker
        self._drill = drill
        self._pilots = pilots

    async def page(self, place: Place, who: str, text: str) -> Sequence[str]:
        roster = await self._who.roster()
        people = people_to_page(roster, who, drill=self._drill, pilots=self._pilots)
        ways = {one.handle: self._incidents.ways_to(one, CHANNELS) for one in people}
        reached = [f"{handle} by {', '.join(by)}" for handle, by in ways.items() if by]
        unreached = [handle for handle, by in ways.items() if not by]
        missing = f" No way to: {_listed(unreached)}." if unreached else ""
        mark = "[DRILL] " if self._drill else ""
        told = f"Would page {who} ({'; '.join(reached) or 'nobody'}): {mark}{text}{missing}"
        await self._speaker.say(place, told)
        return [handle for handle, by in ways.items() if by]

    async def tell(self, place: Place, who: str, text: str) -> Sequence[str]:
        mark = "[DRILL] " if self._drill else ""
        await self._speaker.say(place, f"Would tell {who}: {mark}{text}")
        return (who,)


class PreviewApprovals:
    """Asks nobody, and says who could agree."""

    def __init__(self, usual: Approving, who: Who, speaker: Speaker) -> None:
        self._usual = usual
        self._who = who
        self._speaker = speaker

    async def request(self, place: Place, request: ApprovalRequest) -> Standing:
        able = await self._who.may(request.act, request.by)
        count = f"{request.quorum} people" if request.quorum > 1 else "somebody"
        told = (
            f"Would ask {count} other than {request.by} for approval ({request.act}: {able}) "
            f"within {format_duration(request.expires)}: {request.title}"
        )
        await self._speaker.say(place, told)
        return Standing(place.run, "granted", data={"approval": ""})

    async def standing(self, ref: str, approval: str) -> Standing:
        return await self._usual.standing(ref, approval)

    async def remind(self, place: Place, approval: str, of: str) -> None:
        await self._usual.remind(place, approval, of)


def _listed(names: Sequence[str]) -> str:
    if len(names) > _NAMED_AT_MOST:
        names = [*names[:_NAMED_AT_MOST], f"{len(names) - _NAMED_AT_MOST} others"]
    return ", ".join(names) or "nobody"
