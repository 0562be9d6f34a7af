"""A rehearsal's scenario: what is given, what happens, and what is expected of the run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AwareDatetime, BeforeValidator, Discriminator, Field, Tag, model_validator

from continuitybot.runbooks.model import Mode, Purpose
from continuitybot.runbooks.states import RunState, StepState
from continuitybot.settings.values import Duration, Section, parse_duration

_NO_TIME = parse_duration(0)
_START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
StepAct = Literal["done", "na", "skip", "fail", "retry"]
RunAct = Literal["pause", "resume", "cancel"]
RUN_ACTS = frozenset({"pause", "resume", "cancel"})


class Given(Section):
    """How the run is started."""

    inputs: dict[str, Any] = Field({}, description="Its inputs.")
    mode: Mode = Mode.LIVE
    requester: str = "alice"
    incident: str = ""
    event: dict[str, Any] = Field({}, description="What started it.")
    ref: str = Field("RUN-1", description="What the run is called.", pattern=r"^[A-Z]+-\d+$")
    at: AwareDatetime = Field(_START, description="When it starts, on the simulated clock.")
    recorded: bool = Field(
        False, description="`happens` is everything: nothing is answered and no timer due by itself"
    )


class Turnout(Section):
    """How something outside turns out, or what a person does to a step."""

    returns: dict[str, Any] | None = Field(None, description="What comes back, beside the usual.")
    fails: str | None = Field(None, description="It does not happen, for this reason.")
    unknown: str | None = Field(None, description="Nobody knows whether it happened.")
    answer: str | None = Field(None, description="A person gives this answer.")
    by: str = Field("alice", description="Who does it.")
    text: str = Field("", description="Their words: evidence, a reason.")

    kinds: ClassVar[tuple[str, ...]] = ()

    @property
    def things(self) -> tuple[str, ...]:
        """What it says that happens."""
        return tuple(name for name in self.kinds if getattr(self, name) not in (None, False))

    @model_validator(mode="after")
    def _is_one_thing(self) -> Turnout:
        if len(self.things) != 1:
            found = " and ".join(self.things) or "none"
            raise ValueError(f"say exactly one of {', '.join(self.kinds)}; this has {found}")
        return self


class Result(Turnout):
    """How one try of a step turns out, or what a person does to it: exactly one of these."""

    approved: str | None = Field(None, description="Its approval is given by this person.")
    refused: str | None = Field(None, description="Its approval is refused, for this reason.")
    expired: bool = Field(False, description="Nobody decides about its approval in time.")
    act: StepAct | None = Field(None, description="By hand.")
    after: Duration = Field(_NO_TIME, description="How long it takes.")

    kinds = ("returns", "fails", "unknown", "approved", "refused", "expired", "answer", "act")

    @property
    def is_by_person(self) -> bool:
        """Whether a person does it, rather than the outside."""
        return self.answer is not None or self.act is not None


class GivenFile(Section):
    """A file that somebody gives as evidence."""

    name: str = Field(description="What it is called.")
    size: int = Field(1, ge=1, description="In bytes.")
    sha256: str = Field("0" * 64, description="Its checksum.")


class Happening(Turnout):
    """Something that happens at a moment of the run: exactly one of these."""

    at: Duration = Field(description="Counted from the start of the run.")
    step: str = Field("", description="The step that it happens to.")
    timer: Purpose | None = Field(None, description="Recorded: this timer of the step comes due.")
    act: StepAct | RunAct | None = Field(None, description="What a person does.")
    note: str | None = Field(None, description="A person leaves a remark.")
    changed: list[str] | None = Field(None, description="What the run may wait for has changed.")
    health: dict[str, Literal["healthy", "failing", "unknown"]] | None = Field(
        None, description="What checks and directions are from now on."
    )
    replies: dict[str, int] | None = Field(
        None, description="How many answers of each meaning the broadcast of the step has by now."
    )

    attached: GivenFile | None = Field(None, description="A person gives a file as evidence.")

    kinds = ("returns", "fails", "unknown", "answer", "act", "timer", "note", "changed",
              "health", "replies", "attached")  # fmt: skip

    @model_validator(mode="after")
    def _names_its_step(self) -> Happening:
        (kind,) = self.things
        of_run = kind in {"note", "changed", "health"} or self.act in RUN_ACTS
        if of_run == bool(self.step):
            what = f"`{self.act or kind}`"
            raise ValueError(
                f"{what} is of the whole run: leave out `step`"
                if of_run
                else f"{what} happens to a step: name it with `step`"
            )
        return self


class Said(Section):
    """Something that is told: as it is, or with these words in it."""

    words: str = Field("", description="These words are part of it.")
    exactly: str = Field("", description="This is the whole of it.")
    step: str = Field("", description="The step that tells it.")

    @model_validator(mode="after")
    def _is_one(self) -> Said:
        if bool(self.words) == bool(self.exactly):
            raise ValueError("say either `words` or `exactly`")
        return self


class Done(Section):
    """Something that a step does outside."""

    step: str
    with_: dict[str, Any] = Field({}, alias="with", description="Values of its body, filled in.")


class Expect(Section):
    """What the run should come to."""

    state: RunState
    steps: dict[str, StepState] = Field({}, description="The state of steps at the end.")
    order: list[str] = Field([], description="`step state`, in this order, others between.")
    says: list[
        Annotated[
            Annotated[str, Tag("text")] | Annotated[Said, Tag("said")],
            Discriminator(lambda value: "text" if isinstance(value, str) else "said"),
        ]
    ] = Field([], description="Words that are told, in this order, others between.")
    does: list[Done] = Field([], description="What is done outside, in this order.")
    never_says: list[str] = Field([], description="Words that nobody is told.")
    never_does: list[str] = Field([], description="Actions or steps that do nothing outside.")
    times: dict[str, Duration] = Field({}, description="When steps end, from the start of the run.")
    objectives: dict[str, Literal["met", "missed", "open"]] = Field(
        {}, description="How the objectives of the runbook stand at the end."
    )
    within: Duration | None = Field(None, description="How long the run may take.")


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


Tries = Annotated[
    list[Result], BeforeValidator(_as_list, json_schema_input_type=Result | list[Result])
]


class Part(Section):
    """What is scripted for one run."""

    results: dict[str, Tries] = Field(
        {}, description="By step, in the order of its tries; the last one of the outside repeats."
    )
    happens: list[Happening] = Field([], description="What happens meanwhile, and when.")
    nested: dict[str, NestedPart] = Field(
        {}, description="By step: the run it starts, played for real; without, it is finished."
    )


class NestedPart(Part):
    """What is scripted and expected for a run that a step starts."""

    expect: Expect | None = None


class Scenario(Part):
    """A scenario file."""

    title: str
    given: Given = Given()
    expect: Expect


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema of a scenario file, for editors."""
    schema = Scenario.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
