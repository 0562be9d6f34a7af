"""How fast things go in the lab, in seconds unless said otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paces:
    """The defaults suit a person who watches; tests use much smaller ones.

    `transit`, `answer`: the range from which the carrier draws the time a text needs to each
    next state, and a person the time to answer it. `linger`: how long the standby looks for
    stragglers after it has copied everything back.
    """

    messages_per_second: float = 2.0
    first_retry: float = 0.5
    longest_retry: float = 2.0
    slow_command: float = 3.0
    smtp_timeout: float = 30.0
    linger: float = 2.0
    transit: tuple[float, float] = (0.2, 1.5)
    answer: tuple[float, float] = (3.0, 12.0)
    webhook_retry: float = 1.0
    push: float = 1.0
