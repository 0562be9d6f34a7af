"""Who may act on an event: asked at the moment of the act, and every denial is audited."""

from __future__ import annotations

from continuitybot import audit
from continuitybot.errors import NotAllowed
from continuitybot.people import authority
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.store import Database


class Permission:
    """Lets a person through, or says who could do it instead."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def require(self, by: Person, act: str, *, verb: str, ref: str, platform: str) -> None:
        """Return when the person may. Raises NotAllowed."""
        try:
            authority.require(by, act, await self._directory.everyone())
        except NotAllowed as denial:
            await audit.record_denial(
                self._database,
                who=by.handle,
                verb=verb,
                ref=ref,
                text=denial.text,
                platform=platform,
            )
            raise
