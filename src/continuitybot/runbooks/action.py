"""What all actions share; each action is a file in `actions/`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Generic, Literal, TypeVar

from pydantic import ValidationError

from continuitybot.errors import Refused
from continuitybot.runbooks.moves import Done, Fault, Move, Next
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.settings.values import Section
from continuitybot.store import Outcome

BodyT = TypeVar("BodyT", bound=Section)
Data = dict[str, Any]


class Action(Generic[BodyT]):
    """One kind of step: what its body may say, how its steps go on, what it does outside.

    This class itself is the plain case: one effect, whose success is the step's. `outputs` names
    what templates may use of a step that is done. `after_crash` says what happens to an effect
    that was begun and never recorded: `redo` it, `reconcile` (ask `reconcile` whether it may be
    done again), or `ask` a person.
    """

    name: ClassVar[str]
    body: type[BodyT]
    outputs: ClassVar[frozenset[str]] = frozenset()
    after_crash: ClassVar[Literal["redo", "reconcile", "ask"]] = "redo"

    @property
    def kind(self) -> str:
        """The kind of its effects."""
        return f"run.{self.name}"

    def parse(self, given: Mapping[str, Any]) -> BodyT:
        """The rendered body. Raises Fault when what was filled in does not fit."""
        try:
            return self.body.model_validate(given)
        except ValidationError as error:
            faults = "; ".join(
                f"{'.'.join(map(str, fault['loc']))}: "
                f"{fault['msg'].removeprefix('Value error, ')} (found {fault['input']!r})"
                for fault in error.errors()
            )
            raise Fault(f"`{self.name}` cannot be done as filled in: {faults}") from error

    def begin(self, given: Mapping[str, Any], now: datetime) -> Move:
        """See moves.Conduct."""
        return self.first(self.parse(given), now)

    def first(self, _body: BodyT, _now: datetime) -> Move:
        """What a step does first."""
        return Next(kind=self.kind)

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        """See moves.Conduct."""
        return Done(data)

    def elapsed(self, given: Mapping[str, Any], outputs: Mapping[str, Any], now: datetime) -> Move:
        """See moves.Conduct."""
        return Done()

    def answered(self, given: Mapping[str, Any], choice: str, by: str) -> Move:
        """See moves.Conduct."""
        raise Refused("This step asks nothing.")

    def objection(
        self, given: Mapping[str, Any], outputs: Mapping[str, Any], act: str, text: str
    ) -> str:
        """See moves.Conduct."""
        return ""

    def shown(self, text: str) -> Mapping[str, Any]:
        """See moves.Conduct."""
        return {"text": text}

    def repeats(self, given: Mapping[str, Any]) -> bool:
        """See moves.Conduct."""
        return True

    async def perform(self, reach: Reach, order: Order, body: BodyT) -> Data:
        """Do it outside, and tell what came of it."""
        raise NotImplementedError(f"{self.name} performs nothing")

    async def look(self, reach: Reach, order: Order, body: BodyT) -> Data:
        """Look at what the step waits for."""
        raise NotImplementedError(f"{self.name} looks at nothing")

    async def reconcile(self, order: Order, body: BodyT) -> Outcome | None:
        """What became of an interrupted effect; None when it may be performed again."""
        raise NotImplementedError(f"{self.name} cannot tell")
