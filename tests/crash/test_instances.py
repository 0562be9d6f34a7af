"""Several complete bots on one PostgreSQL: together, one killed, one frozen. Shipped intervals."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from continuitybot.cli.running import FENCED
from continuitybot.clock import steady
from rig.several import Several, open_several, until

pytestmark = pytest.mark.live  # real processes, real beats, real silence

TEXT = "Read your mail at the standby."
CALLS = 12
_HERE = Path(__file__).parent
_FREEZING = _HERE / "freezing.py"
_BEFORE = "625f4f4"
_TAKEN_OVER = 30.0


@pytest.fixture
async def several(tmp_path: Path, postgresql_url: str) -> AsyncIterator[Several]:
    async with open_several(tmp_path, postgresql_url) as opened:
        yield opened


async def test_two_bots_share_a_broadcast_and_a_run_and_everything_happens_once(
    several: Several,
) -> None:
    several.write_runbook("POST", CALLS)
    await asyncio.gather(several.north.start(), several.south.start())
    assert await several.south.shows("status", "Instances 2:")
    await several.north.says("alice", "run relay")
    await several.north.says("alice", f'broadcast all "{TEXT}"')
    await several.south.says("bob", "approve SMS-1")
    await until(lambda: min(several.received(TEXT)) > 0)
    await until(lambda: several.south.shows("show RUN-1", "finished"))
    assert set(several.received(TEXT)) == {1}
    assert several.calls == [f"POST {number}" for number in range(CALLS)]


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
async def test_the_work_of_a_bot_that_is_gone_is_taken_over_within_30_seconds(
    several: Several, blow: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    several.write_runbook("GET", 3)
    await asyncio.gather(several.north.start(), several.south.start())
    several.holds = held = asyncio.Event()
    await several.north.says("alice", "run relay")
    await asyncio.wait_for(held.wait(), 20)
    gone = await several.holder("run.http")
    gone.process.send_signal(blow)
    begun = steady()
    await until(lambda: len(several.calls) > 1)
    took = steady() - begun
    with capsys.disabled():
        print(f" [taken over after {took:.1f} s]", end="")
    assert took < _TAKEN_OVER
    other = several.other(gone)
    await until(lambda: other.shows("show RUN-1", "finished"))
    assert several.calls == ["GET 0", "GET 0", "GET 1", "GET 2"]
    gone.process.send_signal(signal.SIGCONT) if blow is signal.SIGSTOP else None
    status = await asyncio.wait_for(gone.process.wait(), 30)
    assert status == (FENCED if blow is signal.SIGSTOP else -signal.SIGKILL)
    assert several.calls == ["GET 0", "GET 0", "GET 1", "GET 2"]


async def test_texts_that_were_noted_by_a_bot_which_froze_leave_once(several: Several) -> None:
    await several.north.start(str(_FREEZING), str(several.north.config), "broadcast.sending")
    await several.north.says("alice", f'broadcast all "{TEXT}"')
    await several.north.says("bob", "approve SMS-1")
    await until(lambda: _is_frozen(several.north.process.pid))
    assert set(several.received(TEXT)) == {0}
    await several.south.start()
    await until(lambda: min(several.received(TEXT)) > 0)
    several.north.process.send_signal(signal.SIGCONT)
    assert await asyncio.wait_for(several.north.process.wait(), 30) == FENCED
    assert "instance.fenced " in several.north.log
    await asyncio.sleep(2)  # a text is on its way for 0.3 s at most
    assert set(several.received(TEXT)) == {1}


async def test_a_bot_of_the_first_such_version_works_beside_one_of_this_version(
    several: Several, tmp_path: Path
) -> None:
    environment = {"PYTHONPATH": str(_version_before(tmp_path) / "src")}
    await several.without_tables()
    several.write_runbook("POST", CALLS)
    await several.north.start(environment=environment)
    await several.north.says("alice", "run relay")
    await several.south.start()
    await several.south.says("alice", "run relay")
    await several.south.says("alice", f'broadcast all "{TEXT}"')
    await several.north.says("bob", "approve SMS-1")
    await until(lambda: min(several.received(TEXT)) > 0)
    for bot in (several.north, several.south):
        for ref in ("RUN-1", "RUN-2"):
            await until(lambda bot=bot, ref=ref: bot.shows(f"show {ref}", "finished"))  # type: ignore[misc]  # bound now
    assert set(several.received(TEXT)) == {1}
    assert sorted(several.calls) == sorted(2 * [f"POST {number}" for number in range(CALLS)])
    assert "Traceback" not in several.north.log + several.south.log


def _version_before(folder: Path) -> Path:
    """The first version that others may work beside, from the history."""
    archive, sources = folder / "before.tar", folder / "before"
    git = ["git", "archive", f"--output={archive}", _BEFORE]
    if subprocess.run(git, cwd=_HERE.parents[1], capture_output=True, check=False).returncode:
        pytest.skip("the history is not here: this is no clone, or a shallow one")
    sources.mkdir()
    with tarfile.open(archive) as files:
        files.extractall(sources, filter="data")
    return sources


def _is_frozen(process: int) -> bool:
    state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    return state == "T"
