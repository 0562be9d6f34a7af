"""The language of runbooks: what a file may say, and its JSON Schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.actions.approve import ApproveBody
from continuitybot.runbooks.actions.ask import AskBody
from continuitybot.runbooks.actions.broadcast import BroadcastBody
from continuitybot.runbooks.actions.canary import CanaryBody
from continuitybot.runbooks.actions.check import CheckBody
from continuitybot.runbooks.actions.do import DoBody
from continuitybot.runbooks.actions.extend import ExtendBody
from continuitybot.runbooks.actions.fail_back import FailBackBody
from continuitybot.runbooks.actions.http import HttpBody
from continuitybot.runbooks.actions.invoke import InvokeBody
from continuitybot.runbooks.actions.page import PageBody
from continuitybot.runbooks.actions.report import ReportBody
from continuitybot.runbooks.actions.run import RunBody
from continuitybot.runbooks.actions.say import SayBody
from continuitybot.runbooks.actions.wait import WaitBody
from continuitybot.runbooks.definition import PARALLEL, InputDefinition
from continuitybot.runbooks.inputs import read_value
from continuitybot.settings.values import Duration, Form, Section
from continuitybot.store import cron

StepId = Annotated[
    str, Form(r"[a-z][a-z0-9_]{0,39}", "small letters, digits and `_`, such as ask_the_provider")
]
Name = Annotated[
    str, Form(r"[a-z][a-z0-9-]{0,59}", "small letters, digits and `-`, such as live-incident")
]


class InputSource(Section):
    """One input of a runbook."""

    type: Literal["text", "number", "duration", "choice", "domain"] = "text"
    title: str = Field("", description="What a form says beside it.")
    required: bool = False
    default: str | int | float | None = None
    choices: list[str] = Field([], description="For `type: choice`: what can be chosen.")

    @model_validator(mode="after")
    def _fits_its_type(self) -> InputSource:
        if bool(self.choices) != (self.type == "choice"):
            raise ValueError("`choices` belongs to `type: choice`, and only there")
        if self.default is not None:
            try:
                read_value(self.definition(""), self.default)
            except ValueError as error:
                raise ValueError(f"the default {self.default!r}: {error}") from error
        return self

    def definition(self, name: str) -> InputDefinition:
        """As the engine has it."""
        return InputDefinition(
            name, self.type, self.title, self.required, self.default, tuple(self.choices)
        )


class AlertSource(Section):
    """An alert that starts the runbook: of one check, or of a direction."""

    check: str = ""
    direction: Literal["", "inbound", "outbound"] = ""

    @model_validator(mode="after")
    def _names_one(self) -> AlertSource:
        if bool(self.check) == bool(self.direction):
            raise ValueError("name either a check or a direction")
        return self


class TriggerSource(Section):
    """What starts the runbook by itself."""

    alert: AlertSource | None = None
    cron: str = Field("", description="Five fields: minute, hour, day, month, weekday.")

    @model_validator(mode="after")
    def _can_be_read(self) -> TriggerSource:
        if self.cron:
            try:
                cron(self.cron)
            except ValueError as error:
                raise ValueError(f"cron: {error}") from error
        return self


class RetrySource(Section):
    """How often a step is tried."""

    times: int = Field(ge=2, le=100, description="Tries in all, the first included.")
    every: Duration = Field(timedelta(0), description="The pause between two tries.")


class GotoSource(Section):
    """Where to go on after a failure: forward, in the same list of steps."""

    goto: StepId


class ParallelSource(Section):
    """Lists of steps that run side by side; the step is done when all of them are."""

    branches: list[Annotated[list[StepSource], Field(min_length=1)]] = Field(min_length=2)


class StepSource(Section):
    """One step: exactly one action, and the rules around it."""

    id: StepId
    title: str
    when: str = Field("", description="An expression; the step is skipped when it is false.")
    owner: str = Field("", description="Whose it is: a handle or an audience.")
    timeout: Duration | None = Field(None, description="How long a try may take before it fails.")
    retry: RetrySource | None = None
    on_failure: Annotated[
        Annotated[Literal["stop", "continue", "ask"], Tag("word")]
        | Annotated[GotoSource, Tag("goto")],
        Discriminator(lambda value: "word" if isinstance(value, str) else "goto"),
    ] = "stop"
    objective: str = Field("", description="The objective that is met when this step is done.")

    check: CheckBody | None = None
    canary: CanaryBody | None = None
    page: PageBody | None = None
    say: SayBody | None = None
    ask: AskBody | None = None
    do: DoBody | None = None
    approve: ApproveBody | None = None
    invoke: InvokeBody | None = None
    extend: ExtendBody | None = None
    fail_back: FailBackBody | None = None
    broadcast: BroadcastBody | None = None
    http: HttpBody | None = None
    wait: WaitBody | None = None
    parallel: ParallelSource | None = None
    run: RunBody | None = None
    report: ReportBody | None = None

    @model_validator(mode="after")
    def _has_one_action(self) -> StepSource:
        if len(actions := self._actions()) != 1:
            found = " and ".join(actions) or "none"
            raise ValueError(
                f"a step has exactly one action, this one has {found}; "
                f"the actions are: {', '.join(ACTION_NAMES)}"
            )
        return self

    @property
    def action(self) -> str:
        """The name of its action."""
        return self._actions()[0]

    def _actions(self) -> list[str]:
        return [name for name in ACTION_NAMES if getattr(self, name) is not None]


class RunbookSource(Section):
    """A runbook file."""

    name: Name
    title: str
    kind: Literal["checklist", "drill", "incident"]
    inputs: dict[StepId, InputSource] = Field({}, description="What it is started with.")
    on: TriggerSource = TriggerSource()
    objectives: dict[StepId, Duration] = Field({}, description="Name -> time from the start.")
    steps: list[StepSource] = Field(min_length=1)


ACTION_NAMES = (*ACTIONS, PARALLEL)
STEP_RULES = tuple(name for name in StepSource.model_fields if name not in ACTION_NAMES)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a runbook file, for editors."""
    schema = RunbookSource.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
