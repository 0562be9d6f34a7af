"""A card with everything in it, and one with too much of everything."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from continuitybot.chat.message import (
    Button,
    Card,
    Chart,
    Confirm,
    Fact,
    Field,
    Form,
    Item,
    Moment,
    Part,
    Point,
    Progress,
    Span,
    Table,
)

AT = datetime(2026, 3, 10, 9, 12, tzinfo=UTC)
HOSTILE = "<!channel> <script>alert(1)</script> *bold* & `code` \x1b[31m"

FORM = Form(
    "Invoke continuity for acme.example",
    "invoke",
    (
        Field("--for", "For", "choice", ("1h", "4h"), value="4h"),
        Field("--reason", "Reason", "multiline", required=False, hint="one sentence"),
    ),
)

FULL = Card(
    headline="INC-7 Mail does not arrive",
    mode="LIVE",
    state="FAILING",
    tone="bad",
    facts=(Fact("Since", (Moment(AT),)), Fact("Commander", HOSTILE)),
    text=("Primary defers every message.", ("Run ", Span("status", "code"), ".")),
    table=Table(("Check", "State"), (("mx-inbound", "failing"), (HOSTILE, ""))),
    chart=Chart(
        "Latency",
        "s",
        tuple(Point(AT + timedelta(minutes=n), None if n == 3 else n * n) for n in range(8)),
        normal=30.0,
    ),
    checklist=(
        Item("Confirm", "done", note="by Alice"),
        Item("Invoke", "doing", buttons=(Button("Skip", "step skip RUN-1 invoke"),)),
        Item("Tell everybody"),
    ),
    progress=Progress((Part("delivered", 12), Part("sent", 3), Part("failed", 0)), 20),
    buttons=(
        Button("Invoke", "invoke --for 4h", "danger", Confirm("Move the mail?", "All of it.")),
        Button("Acknowledge", "ack INC-7", "primary"),
    ),
    form=FORM,
    footer=("Opened ", Moment(AT)),
)

HUGE = Card(
    headline="x" * 400,
    state="s" * 200,
    facts=tuple(Fact("f" * 100, "v" * 900) for _ in range(40)),
    text=("t" * 9_000, *("u" * 100 for _ in range(60))),
    table=Table(("a",) * 30, tuple((("c" * 500,) * 30) for _ in range(300))),
    checklist=tuple(
        Item("i" * 300, buttons=(Button("b" * 100, "c" * 1_900),) * 7) for _ in range(60)
    ),
    buttons=(*(Button("b" * 100, f"note INC-7 {n}") for n in range(30)), Button("l", "x" * 2_001)),
    footer="f" * 5_000,
)
