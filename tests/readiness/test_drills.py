"""Drills begin when they should, or are missed aloud; and each leaves its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from continuitybot import audit
from continuitybot.errors import BadInput, NotFound, Transient
from continuitybot.readiness import Assessment, CheckFact, Drills, DrillState
from continuitybot.settings.readiness import DrillSettings
from continuitybot.store import Change, Database, Schedules, Transaction, Workers
from rig.clock import MovedClock
from rig.people import directory_of

MONTHLY = DrillSettings(
    name="monthly",
    cron="0 10 8-14 * 2",
    mode="pilot",
    inputs={"domain": "drill.example.com"},
    grace=timedelta(minutes=30),
)
# The clock of the tests stands at nine o'clock on the second Tuesday of March.
TEN = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)


class Runbooks:
    """Starts runs as the real ones do: the same key once, told as it happens."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.started: dict[str, tuple[str, str, Mapping[str, Any], str]] = {}
        self.faults: list[Exception] = []

    async def start(self, runbook: str, inputs: Mapping[str, Any], mode: str, key: str) -> str:
        if self.faults:
            raise self.faults.pop()
        if key not in self.started:
            async with self._database.transaction() as tx:
                ref = await tx.next_ref("DRILL")
            self.started[key] = (ref, runbook, inputs, mode)
            await self.tell(ref, "run.started", f"{runbook} was started.", mode=mode)
        return self.started[key][0]

    async def tell(self, ref: str, what: str, text: str = "", mode: str = "pilot") -> None:
        async with self._database.transaction() as tx:
            data = {"runbook": "continuity-test", "mode": mode}
            await tx.announce(Change(ref, what, text, data))


class Hall:
    """Drills with what they need, and what they said."""

    def __init__(self, database: Database, settings: Sequence[DrillSettings] = (MONTHLY,)) -> None:
        self.database = database
        self.runbooks = Runbooks(database)
        self.drills = Drills(database, settings, self.runbooks, database.clock)
        self.schedules = Schedules(database)
        for schedule in self.drills.schedules():
            self.schedules.add(schedule)
        self.said: list[Change] = []
        database.subscribe("drill.", self._heard)

    async def fires(self, due: datetime = TEN) -> None:
        await self.schedules.fire("drill/monthly", due)
        await self.works()

    async def works(self) -> None:
        await Workers(self.database, self.drills.duties(), self.database.clock).run_due()

    async def results(self) -> list[tuple[str, DrillState]]:
        async with self.database.reading() as tx:
            return [(one.ref, one.state) for one in await self.drills.results(tx)]

    async def _heard(self, _tx: Transaction, change: Change) -> None:
        self.said.append(change)


@pytest.fixture
async def hall(database: Database) -> Hall:
    return Hall(database)


async def test_a_drill_begins_at_its_time_in_its_mode(hall: Hall, clock: MovedClock) -> None:
    clock.advance(hours=1)
    await hall.fires()
    (run,) = hall.runbooks.started.values()
    assert run == ("DRILL-1", "continuity-test", {"domain": "drill.example.com"}, "pilot")
    assert await hall.results() == [("DRILL-1", DrillState.RUNNING)]
    assert hall.said == []


async def test_a_drill_within_its_grace_is_still_held(hall: Hall, clock: MovedClock) -> None:
    clock.advance(hours=1, minutes=30)
    await hall.fires()
    assert await hall.results() == [("DRILL-1", DrillState.RUNNING)]


async def test_a_drill_after_its_grace_is_missed_aloud_and_not_held(
    hall: Hall, clock: MovedClock
) -> None:
    clock.advance(hours=1, minutes=31)
    await hall.fires()
    assert hall.runbooks.started == {}
    text = (
        "The drill monthly of 2026-03-10 10:00 UTC was missed. "
        "The bot was not running at that time."
    )
    assert [(change.ref, change.what, change.text) for change in hall.said] == [
        ("monthly", "drill.missed", text)
    ]
    ((_, state),) = await hall.results()
    assert state is DrillState.MISSED
    async with hall.database.reading() as tx:
        (entry,) = await audit.entries(tx, ref="monthly")
    assert (entry.who, entry.verb, entry.outcome, entry.text) == (
        "bot",
        "hold drill",
        "failed",
        text,
    )


async def test_a_runbook_that_cannot_start_is_a_missed_drill_with_its_reason(
    hall: Hall, clock: MovedClock
) -> None:
    clock.advance(hours=1)
    hall.runbooks.faults = [NotFound("There is no runbook continuity-test.")]
    await hall.fires()
    assert hall.said[0].text.endswith("was missed. There is no runbook continuity-test.")


async def test_a_start_that_fails_for_a_moment_is_tried_again(
    hall: Hall, clock: MovedClock
) -> None:
    clock.advance(hours=1)
    hall.runbooks.faults = [Transient("The database is away.")]
    await hall.fires()
    clock.advance(seconds=1)
    await hall.works()
    assert await hall.results() == [("DRILL-1", DrillState.RUNNING)]


async def test_a_drill_that_left_the_settings_is_not_held(hall: Hall, clock: MovedClock) -> None:
    clock.advance(hours=1)
    await hall.schedules.fire("drill/monthly", TEN)
    emptied = Hall(hall.database, settings=())
    await emptied.works()
    assert emptied.runbooks.started == {}
    assert emptied.said[0].text.endswith("It was taken out of the settings.")


async def test_drills_that_fell_into_a_down_time_are_missed_once(
    hall: Hall, clock: MovedClock
) -> None:
    await hall.drills.catch_up(hall.schedules)
    clock.advance(hours=24 * 70)
    restarted = Hall(hall.database)
    for _ in range(2):
        await restarted.drills.catch_up(restarted.schedules)
        await restarted.works()
    assert [state for _, state in await hall.results()] == [DrillState.MISSED] * 3
    assert [change.text[:36] for change in restarted.said] == [
        "The drill monthly of 2026-03-10 10:0",
        "The drill monthly of 2026-04-14 10:0",
        "The drill monthly of 2026-05-12 10:0",
    ]


async def test_a_drill_held_before_a_restart_is_not_missed_after_it(
    hall: Hall, clock: MovedClock
) -> None:
    await hall.drills.catch_up(hall.schedules)
    clock.advance(hours=1)
    await hall.fires()
    clock.advance(hours=5)
    restarted = Hall(hall.database)
    await restarted.drills.catch_up(restarted.schedules)
    await restarted.works()
    assert await restarted.results() == [("DRILL-1", DrillState.RUNNING)]


async def test_a_drill_that_one_instance_holds_while_another_is_restarted_is_held_once(
    postgresql_url: str, clock: MovedClock
) -> None:
    databases = [Database.at(postgresql_url, clock) for _ in range(3)]
    here, there = (Hall(database) for database in databases[:2])
    for hall in (here, there):
        await hall.drills.catch_up(hall.schedules)
    clock.advance(hours=1)  # `there` is down now
    await here.fires()
    clock.advance(minutes=45)
    restarted = Hall(databases[2])
    await restarted.drills.catch_up(restarted.schedules)
    await restarted.works()
    assert await here.results() == [("DRILL-1", DrillState.RUNNING)]
    assert [*here.said, *there.said, *restarted.said] == []
    for database in databases:
        await database.close()


async def test_a_drill_with_another_calendar_has_missed_nothing_of_it(
    hall: Hall, clock: MovedClock
) -> None:
    await hall.drills.catch_up(hall.schedules)
    clock.advance(hours=24 * 3)
    weekly = Hall(hall.database, [MONTHLY.model_copy(update={"cron": "0 8 * * *"})])
    await weekly.drills.catch_up(weekly.schedules)
    await weekly.works()
    assert (await weekly.results(), weekly.said) == ([], [])
    clock.advance(hours=24)
    restarted = Hall(hall.database, [MONTHLY.model_copy(update={"cron": "0 8 * * *"})])
    await restarted.drills.catch_up(restarted.schedules)
    await restarted.works()
    assert len(restarted.said) == 1


async def test_a_new_drill_has_missed_nothing(hall: Hall, clock: MovedClock) -> None:
    clock.advance(hours=24 * 70)
    await hall.drills.catch_up(hall.schedules)
    await hall.works()
    assert await hall.results() == []


async def test_drills_are_listed_with_their_next_time_and_last_result(
    any_database: Database, clock: MovedClock
) -> None:
    yearly = replace_settings(MONTHLY, name="yearly", cron="0 9 1 6 *", mode="tabletop")
    hall = Hall(any_database, [MONTHLY, yearly])
    clock.advance(hours=1)
    await hall.fires()
    await hall.runbooks.tell("DRILL-1", "run.finished", "All is well.")
    async with any_database.reading() as tx:
        monthly, other = await hall.drills.drills(tx)
    assert (monthly.name, monthly.mode, monthly.next) == (
        "monthly",
        "pilot",
        datetime(2026, 4, 14, 10, 0, tzinfo=UTC),
    )
    assert monthly.last is not None
    assert (monthly.last.state, monthly.last.text) == (DrillState.PASSED, "All is well.")
    assert other.last is None


async def test_a_drill_that_a_person_started_counts_as_well(hall: Hall) -> None:
    await hall.runbooks.tell("DRILL-7", "run.started")
    await hall.runbooks.tell("DRILL-7", "run.failed", "The canary did not arrive.")
    async with hall.database.reading() as tx:
        (monthly,) = await hall.drills.drills(tx)
    assert monthly.last is not None
    assert monthly.last.state is DrillState.FAILED


async def test_a_live_run_is_no_drill(hall: Hall) -> None:
    await hall.runbooks.tell("RUN-7", "run.started")
    assert await hall.results() == []


async def test_a_report_has_the_result_and_everything_that_led_to_it(
    any_database: Database, clock: MovedClock
) -> None:
    hall = Hall(any_database)
    for what, text in (
        ("run.started", "The test was started."),
        ("run.advanced", "The canary arrived."),
        ("run.finished", "The test is finished."),
    ):
        await hall.runbooks.tell("DRILL-1", what, text)
        clock.advance(minutes=5)
    async with any_database.reading() as tx:
        report = await hall.drills.drill_report(tx, "DRILL-1")
    assert report.duration == timedelta(minutes=10)
    assert [entry.text for entry in report.evidence] == [
        "The test was started.",
        "The canary arrived.",
        "The test is finished.",
    ]
    assert report.evidence[1].at - report.evidence[0].at == timedelta(minutes=5)


async def test_a_report_of_no_drill_is_not_found(hall: Hall) -> None:
    with pytest.raises(NotFound, match="There is no drill DRILL-9"):
        async with hall.database.reading() as tx:
            await hall.drills.drill_report(tx, "DRILL-9")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cron": "0 10 * * 9"}, "weekdays are 0"),
        ({"cron": "0 25 * * *"}, "25"),
    ],
)
async def test_a_drill_without_a_usable_time_is_refused(
    database: Database, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        Hall(database, [replace_settings(MONTHLY, **changes)])
    assert caught.value.problems[0].where == "drills.monthly"


async def test_the_time_of_a_drill_is_that_of_the_organisation(database: Database) -> None:
    drills = Drills(database, [MONTHLY], Runbooks(database), database.clock, "Europe/Vienna")
    async with database.reading() as tx:
        (monthly,) = await drills.drills(tx)
    assert monthly.next == datetime(2026, 4, 14, 8, 0, tzinfo=UTC)


async def test_readiness_is_gathered_from_every_room(hall: Hall, clock: MovedClock) -> None:
    proved: list[datetime] = []

    async def checks(_tx: Transaction) -> list[CheckFact]:
        return [CheckFact("inbound", "healthy")]

    async def standby_proved(_tx: Transaction) -> datetime | None:
        return proved[-1] if proved else None

    directory = await directory_of(hall.database)
    assessment = Assessment(directory, hall.drills, checks, standby_proved)
    async with hall.database.reading() as tx:
        before = await assessment.readiness(tx)
    assert [finding.what for finding in before.findings] == [
        "No mail was ever seen to come through the standby.",
        "The first drill is still to come.",
    ]
    proved.append(clock.now())
    await hall.runbooks.tell("DRILL-1", "run.started")
    await hall.runbooks.tell("DRILL-1", "run.finished")
    async with hall.database.reading() as tx:
        assert (await assessment.readiness(tx)).score == 100


async def test_a_person_without_a_phone_or_with_stop_is_noticed(hall: Hall) -> None:
    async def checks(_tx: Transaction) -> list[CheckFact]:
        return []

    async def standby_proved(tx: Transaction) -> datetime | None:
        return tx.now

    directory = await directory_of(hall.database)
    bob, dave = await directory.person("bob"), await directory.person("dave")
    async with hall.database.transaction() as tx:
        await directory.save(tx, [replace(dave, phones=())])
        await directory.set_opted_out(tx, bob.phone, True)
    async with hall.database.reading() as tx:
        found = await Assessment(directory, hall.drills, checks, standby_proved).readiness(tx)
    assert [finding.what for finding in found.findings] == [
        "No text reaches Bob Okafor.",
        "The first drill is still to come.",
        "1 of 4 people have no mobile number.",
    ]


def replace_settings(drill: DrillSettings, **changes: Any) -> DrillSettings:
    return DrillSettings(**{**drill.model_dump(), **changes})
