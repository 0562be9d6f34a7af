"""What charts, progress and checklists say in words: the same on every platform."""

from __future__ import annotations

from continuitybot.chat.message import Card, Chart, ItemState, Progress, Tone

ITEM_MARKS: dict[ItemState, tuple[str, str]] = {
    "todo": ("☐", "to do"),
    "doing": ("▶", "under way"),
    "waiting": ("◷", "waiting"),
    "done": ("✔", "done"),
    "skipped": ("↷", "skipped"),
    "failed": ("✘", "failed"),
    "na": ("–", "does not apply"),
    "unknown": ("?", "unknown"),
}
TONE_MARKS: dict[Tone, str] = {"": "", "good": "✔", "warning": "⚠", "bad": "✘"}
_BARS = "▁▂▃▄▅▆▇█"


def state_words(card: Card) -> str:
    """The card's state with the mark of its tone: `✘ FAILING`."""
    return f"{TONE_MARKS[card.tone]} {card.state}".strip() if card.state else ""


def progress_words(progress: Progress) -> str:
    """`12 delivered, 3 sent, 1 failed of 16`."""
    parts = ", ".join(f"{part.count} {part.label}" for part in progress.parts if part.count)
    return f"{parts or '0'} of {progress.total}"


def progress_bar(progress: Progress, cells: int = 20) -> str:
    """The first part as filled cells, the others as half filled ones."""
    total = max(progress.total, 1)
    first = progress.parts[0].count if progress.parts else 0
    begun = sum(part.count for part in progress.parts)
    full = min(cells, first * cells // total)
    half = min(cells, begun * cells // total) - full
    return "█" * full + "▒" * half + "░" * (cells - full - half)


def number(value: float, unit: str = "") -> str:
    """A measurement without false precision: `0.42 s`, `3.1 s`, `118 s`."""
    size = abs(value)
    digits = 0 if size >= 100 or value == int(value) else 1 if size >= 1 else 2
    return f"{value:.{digits}f} {unit}".strip()


def chart_words(chart: Chart) -> str:
    """What a chart shows, for those who cannot see it."""
    values = [point.value for point in chart.points if point.value is not None]
    if not values:
        return "nothing measured yet"
    last = chart.points[-1].value
    latest = "nothing" if last is None else number(last, chart.unit)
    words = [f"latest {latest}"]
    words.append(f"lowest {number(min(values), chart.unit)}")
    words.append(f"highest {number(max(values), chart.unit)}")
    if chart.normal is not None:
        above = sum(value > chart.normal for value in values)
        limit = number(chart.normal, chart.unit)
        words.append(f"{above or 'none'} of {len(values)} above the normal {limit}")
    if gaps := len(chart.points) - len(values):
        words.append(f"{gaps} without a measurement")
    return ", ".join(words)


def sparkline(chart: Chart, cells: int = 40) -> str:
    """The last points as a row of bars; `·` where nothing was measured."""
    values = [point.value for point in chart.points[-cells:]]
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(0.0, *known), max(known)
    span = (high - low) or 1.0
    steps = len(_BARS) - 1
    return "".join(
        "·" if value is None else _BARS[round((value - low) / span * steps)] for value in values
    )
