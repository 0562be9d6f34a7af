"""How fast a broadcast leaves: 2,000 texts on SQLite to a carrier that takes 50 ms for each.

Prints texts a second from the approval to the last hand-over, and the ratio to a plain loop that
posts one text after the other to the same carrier in the same run.

    python benchmarks/broadcast.py
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

import aiohttp
import structlog
from aiohttp import web

from continuitybot.approvals import Approvals
from continuitybot.broadcast import Broadcasts, open_carriers
from continuitybot.broadcast.model import DeliveryState
from continuitybot.clock import SystemClock
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person, Role
from continuitybot.settings.broadcast import BroadcastSettings
from continuitybot.store import Database, Workers
from continuitybot.store.migrate import migrate

TEXTS = 2_000
PLAIN_TEXTS = 60
LATENCY = 0.05
CONCURRENCY = 100
ALICE = Person("alice", "Alice Brandt", roles=frozenset({Role.ADMIN}))
BOB = Person("bob", "Bob Okafor", roles=frozenset({Role.ADMIN}))
PATH = "/2010-04-01/Accounts/AC1/Messages.json"


def carrier_process(door: Connection) -> None:
    """A carrier that accepts everything, in a process of its own."""

    async def take(request: web.Request) -> web.Response:
        form = await request.post()
        await asyncio.sleep(LATENCY)
        sid = f"SM{form['To']}"
        return web.json_response({"sid": sid, "status": "queued", "to": form["To"]}, status=201)

    async def serve() -> None:
        app = web.Application()
        app.router.add_post(PATH, take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        door.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await asyncio.Event().wait()

    asyncio.run(serve())


async def plain_loop(url: str) -> float:
    """Texts a second of a loop without memory."""
    async with aiohttp.ClientSession() as session:
        began = perf_counter()
        for number in range(PLAIN_TEXTS):
            form = {"To": f"+4366020{number:05}", "Body": "Mail is down."}
            async with session.post(f"{url}{PATH}", data=form) as answer:
                await answer.read()
        return PLAIN_TEXTS / (perf_counter() - began)


async def broadcast(url: str, folder: str) -> float:
    """Texts a second of a broadcast, each of which would survive a crash."""
    secret = Path(folder, "secret")
    secret.write_text("anything")
    carrier = {
        "name": "twilio",
        "kind": "twilio",
        "api_url": url,
        "account_sid": "AC1",
        "auth_token": f"file:{secret}",
        "from_number": "+436609999999",
        "rate_per_second": 1_000_000,
        "concurrency": CONCURRENCY,
    }
    settings = BroadcastSettings.model_validate({"carriers": [carrier]})
    clock = SystemClock()
    database = Database.at(f"sqlite:///{folder}/benchmark.db", clock)
    await migrate(database)
    directory = Directory(database)
    approvals = Approvals(database, directory)
    carriers = open_carriers(settings, "https://bot.example.com")
    broadcasts = Broadcasts(database, settings, directory, approvals, carriers, clock)
    staff = [Person(f"p{n}", f"Person {n}", phones=(f"+4366020{n:05}",)) for n in range(TEXTS)]
    async with database.transaction() as tx:
        await directory.save(tx, [ALICE, BOB, *staff])
    asked = await broadcasts.request(by=ALICE, audience="all", text="Mail is down.")
    workers = Workers(database, broadcasts.duties(), clock)

    began = perf_counter()
    await approvals.decide(subject=asked.ref, by=BOB, approve=True)
    left = 0
    while left < TEXTS:
        await workers.run_due()
        async with database.reading() as tx:
            left = (await broadcasts.counts(tx, asked.ref)).of(DeliveryState.SENT)
    rate = TEXTS / (perf_counter() - began)
    await carriers["twilio"].close()
    await database.close()
    return rate


async def compare(url: str) -> None:
    """Measure both and print them."""
    with tempfile.TemporaryDirectory() as folder:
        plain = await plain_loop(url)
        durable = await broadcast(url, folder)
    sys.stdout.write(
        f"plain loop  {plain:8.0f} texts/s\n"
        f"broadcast   {durable:8.0f} texts/s   ({durable / plain:.0f} times as fast)\n"
    )


def main() -> None:
    """Start the carrier, measure, stop it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    ours, theirs = multiprocessing.Pipe()
    carrier = multiprocessing.get_context("spawn").Process(target=carrier_process, args=(theirs,))
    carrier.start()
    try:
        asyncio.run(compare(ours.recv()))
    finally:
        carrier.terminate()
        carrier.join()


if __name__ == "__main__":
    main()
