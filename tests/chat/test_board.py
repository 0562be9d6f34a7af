"""One card per object on every platform, edited in place, never twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from continuitybot.chat.board import Board
from continuitybot.chat.message import Card
from continuitybot.chat.platform import MessageRef
from continuitybot.errors import NotFound, OutcomeUnknown, Permanent, Transient
from continuitybot.people.model import Identity
from continuitybot.store import Database, Transaction, Workers, effects
from rig.clock import MovedClock


@dataclass
class Wall:
    """A platform in memory. `fault`, when set, is raised once; `lost` after the post happened."""

    name: str
    shown: dict[str, Card] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    threads: dict[str, str] = field(default_factory=dict)
    edits: int = 0
    fault: Exception | None = None
    lost: Exception | None = None

    async def post(
        self, channel: str, card: Card, *, key: str, thread: MessageRef | None = None
    ) -> MessageRef:
        self._fail()
        name = str(len(self.shown) + 1)
        self.shown[name], self.keys[name] = card, key
        self.threads[name] = thread.id if thread else ""
        if self.lost is not None:
            error, self.lost = self.lost, None
            raise error
        return MessageRef(self.name, channel, name)

    async def find(
        self, channel: str, key: str, thread: MessageRef | None = None
    ) -> MessageRef | None:
        found = [name for name, known in self.keys.items() if known == key]
        return MessageRef(self.name, channel, found[0]) if found else None

    async def edit(self, message: MessageRef, card: Card) -> None:
        self._fail()
        if message.id not in self.shown:
            raise NotFound("gone")
        self.shown[message.id] = card
        self.edits += 1

    async def tell(self, person: Identity, card: Card) -> MessageRef:
        raise NotImplementedError

    async def make_channel(self, name: str, topic: str, people: Sequence[Identity]) -> str:
        raise NotImplementedError

    def _fail(self) -> None:
        if self.fault is not None:
            error, self.fault = self.fault, None
            raise error


@dataclass
class Scene:
    """A board over two walls, and the state of INC-7 that its card shows."""

    database: Database
    walls: dict[str, Wall]
    workers: Workers
    board: Board
    state: list[str]

    async def becomes(self, *states: str) -> None:
        for state in states:
            async with self.database.transaction() as tx:
                self.state[0] = state
                await self.board.show(tx, "INC-7")

    async def say(self, *texts: str) -> None:
        async with self.database.transaction() as tx:
            for text in texts:
                await self.board.say(tx, "INC-7", text)


@pytest.fixture
def scene(database: Database, clock: MovedClock) -> Scene:
    walls = {"slack": Wall("slack"), "console": Wall("console")}
    state = ["OPEN"]

    async def render(_tx: Transaction, ref: str) -> Card | None:
        return Card(ref, mode="DRILL", state=state[0]) if state[0] else None

    board = Board(database, walls, {"slack": "C1", "console": "main"}, render)
    return Scene(database, walls, Workers(database, board.duties(), clock), board, state)


async def test_a_card_is_posted_once_and_then_edited_in_place(
    scene: Scene, clock: MovedClock
) -> None:
    await scene.becomes("OPEN")
    await scene.workers.run_due()
    clock.advance(seconds=2)
    await scene.becomes("CLOSED")
    await scene.workers.run_due()

    for wall in scene.walls.values():
        assert [card.state for card in wall.shown.values()] == ["CLOSED"]
        assert wall.edits == 1


async def test_many_changes_make_one_edit_per_pace_that_shows_the_last(
    scene: Scene, clock: MovedClock
) -> None:
    await scene.becomes("OPEN")
    await scene.workers.run_due()
    await scene.becomes("1", "2", "3")
    await scene.workers.run_due()
    assert scene.walls["slack"].edits == 0

    clock.advance(seconds=1.2)
    await scene.workers.run_due()
    assert scene.walls["slack"].edits == 1
    assert scene.walls["slack"].shown["1"].state == "3"


async def test_a_change_while_the_card_is_being_shown_is_shown_after_it(
    scene: Scene, clock: MovedClock
) -> None:
    wall = scene.walls["slack"]
    original = wall.post

    async def post_during_a_change(*args: object, **rest: object) -> MessageRef:
        await scene.becomes("CLOSED")
        return await original(*args, **rest)  # type: ignore[arg-type]  # passed on as it came

    wall.post = post_during_a_change  # type: ignore[method-assign,assignment]  # this wall only
    await scene.becomes("OPEN")
    await scene.workers.run_due()
    clock.advance(seconds=1.2)
    await scene.workers.run_due()

    assert wall.shown["1"].state == "CLOSED"


async def test_a_card_that_says_the_same_is_not_edited(scene: Scene, clock: MovedClock) -> None:
    await scene.becomes("OPEN")
    await scene.workers.run_due()
    clock.advance(seconds=2)
    await scene.becomes("OPEN")
    await scene.workers.run_due()
    assert scene.walls["slack"].edits == 0


async def test_an_object_without_a_card_shows_nothing(scene: Scene) -> None:
    await scene.becomes("")
    await scene.workers.run_due()
    assert scene.walls["slack"].shown == {}


async def test_a_platform_that_is_away_holds_up_no_other_and_catches_up(
    scene: Scene, clock: MovedClock
) -> None:
    scene.walls["slack"].fault = Transient("away")
    await scene.becomes("OPEN")
    await scene.workers.run_due()
    assert [len(wall.shown) for wall in scene.walls.values()] == [0, 1]

    await scene.becomes("CLOSED")
    clock.advance(minutes=1)
    await scene.workers.run_due()
    assert scene.walls["slack"].shown["1"].state == "CLOSED"


async def test_a_platform_that_refuses_is_tried_again_at_the_next_change(
    scene: Scene, clock: MovedClock
) -> None:
    scene.walls["slack"].fault = Permanent("channel_not_found")
    await scene.becomes("OPEN")
    await scene.workers.run_due()
    clock.advance(minutes=1)
    await scene.becomes("CLOSED")
    await scene.workers.run_due()
    assert scene.walls["slack"].shown["1"].state == "CLOSED"


async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(
    scene: Scene, clock: MovedClock
) -> None:
    scene.walls["slack"].lost = OutcomeUnknown("no answer")
    await scene.becomes("OPEN")
    await scene.workers.run_due()
    clock.advance(minutes=1)
    await scene.workers.run_due()
    assert len(scene.walls["slack"].shown) == 1


async def test_a_crash_after_a_post_leaves_one_card_and_one_milestone(
    scene: Scene, clock: MovedClock
) -> None:
    await scene.becomes("OPEN")
    await scene.workers.run_due()
    await scene.say("Acknowledged by Alice.")
    await scene.workers.run_due()
    async with scene.database.transaction() as tx:  # as if nothing had been recorded
        await tx.execute(effects.update().values(state="leased", attempts=1, leased_until=tx.now))
    await scene.workers.run_due()

    for wall in scene.walls.values():
        assert [card.headline for card in wall.shown.values()] == [
            "INC-7",
            "Acknowledged by Alice.",
        ]


async def test_a_deleted_card_is_posted_anew(scene: Scene, clock: MovedClock) -> None:
    await scene.becomes("OPEN")
    await scene.workers.run_due()
    scene.walls["slack"].shown.clear()
    clock.advance(seconds=2)
    await scene.becomes("CLOSED")
    await scene.workers.run_due()
    assert [card.state for card in scene.walls["slack"].shown.values()] == ["CLOSED"]


async def test_milestones_come_below_the_card_in_their_order_and_say_drill(
    scene: Scene, clock: MovedClock
) -> None:
    await scene.say("Planned.", "Approved by Bob.", "Active.")
    await scene.becomes("OPEN")
    for _ in range(5):
        await scene.workers.run_due()
        clock.advance(seconds=1.2)

    wall = scene.walls["slack"]
    assert [card.headline for card in wall.shown.values()] == [
        "INC-7", "Planned.", "Approved by Bob.", "Active."
    ]  # fmt: skip
    assert list(wall.threads.values()) == ["", "1", "1", "1"]
    assert {card.mode for card in wall.shown.values()} == {"DRILL"}


async def test_a_milestone_waits_for_a_card_whose_instance_died_as_long_as_its_lease(
    scene: Scene, clock: MovedClock
) -> None:
    await scene.becomes("OPEN")
    await scene.say("Acknowledged by Alice.")
    card = effects.c.kind == "card.refresh"
    async with scene.database.transaction() as tx:
        held = clock.now() + timedelta(minutes=2)
        await tx.execute(
            effects.update().where(card).values(state="leased", attempts=1, leased_until=held)
        )
    for _ in range(20):
        await scene.workers.run_due()
        clock.advance(seconds=12)

    wall = scene.walls["slack"]
    assert [one.headline for one in wall.shown.values()] == ["INC-7", "Acknowledged by Alice."]
    assert list(wall.threads.values()) == ["", "1"]


async def test_a_milestone_without_a_card_is_said_on_its_own(scene: Scene) -> None:
    scene.state[0] = ""
    await scene.say("The directory was imported.")
    await scene.workers.run_due()
    assert list(scene.walls["slack"].threads.values()) == [""]
