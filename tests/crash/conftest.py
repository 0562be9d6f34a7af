"""Each test has a company of its own, and as many databases of one kind as it likes."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from rig.company import company
from rig.databases import fresh_postgresql

__all__ = ["company"]


class FreshDatabase:
    """Databases of one `kind`, with empty tables, until the end of a test."""

    def __init__(self, kind: str, template: Path, server: str, until: AsyncExitStack) -> None:
        self.kind = kind
        self._template = template
        self._server = server
        self._until = until

    async def at(self, folder: Path) -> str:
        """The URL of a new one, for a bot whose files are in this new folder."""
        folder.mkdir()
        if self.kind == "sqlite":
            return f"sqlite:///{shutil.copy(self._template, folder / 'bot.db')}"
        return await self._until.enter_async_context(fresh_postgresql(self._server))


@pytest.fixture(params=["sqlite", "postgresql"])
def kind_and_server(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Each kind of database in turn, and the server of those that have one."""
    if request.param == "sqlite":
        return request.param, ""
    return request.param, request.getfixturevalue("postgresql_server")


@pytest.fixture
async def fresh_database(
    kind_and_server: tuple[str, str], sqlite_template: Path
) -> AsyncIterator[FreshDatabase]:
    """Databases of each kind in turn."""
    kind, server = kind_and_server
    async with AsyncExitStack() as until:
        yield FreshDatabase(kind, sqlite_template, server, until)
