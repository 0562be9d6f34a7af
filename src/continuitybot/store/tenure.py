"""Whether this instance may still take its leases for its own, by a clock that nobody sets.

Among several instances, one that was frozen or cut off from the database is fenced: the others
end its leases and do its work. It cannot know that at the moment it wakes. So it never acts on
the strength of an old answer: each confirmed beat (`store.instances`) makes it sure for a while,
that while ends well before anybody may fence it, and it is measured by `clock.steady`, which
runs on through SIGSTOP and suspension.

What remains: a process that is frozen after `confirm` and before its request has left, for longer
than the two limits lie apart, sends it when it thaws. `confirm` is therefore asked directly before
the outside is touched, and what must not happen twice has its own answer in the room that does
it: a delivery carries the moment until which it may be handed over, a provider is asked where the
routes stand, an HTTP call that cannot be repeated is put to a person.
"""

from __future__ import annotations

import math

from continuitybot.clock import steady
from continuitybot.errors import Transient


class Tenure:
    """Sure for ever, until somebody sets a limit: a database of one process has no others."""

    def __init__(self) -> None:
        self._until = math.inf

    @property
    def is_sure(self) -> bool:
        """Whether nobody can have taken over what this instance has leased."""
        return steady() < self._until

    def lasts_until(self, moment: float) -> None:
        """Be sure up to this moment of `clock.steady`."""
        self._until = moment

    def confirm(self) -> None:
        """Nothing, when sure. Raises Transient before anything was done."""
        if not self.is_sure:
            raise Transient(
                "This instance has not reached the database for a while, so another may have "
                "taken over its work.",
                code="unsure",
            )
