"""Where everything of a flow stands: from top to bottom, tracks side by side. Pure.

Lengths are pixels; `x` is the middle of a box and `y` its top.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from continuitybot.runbooks.graph import Fork, Graph, Node, Track, edges

NODE_WIDTH = 264
LINE_HEIGHT = 16
_LETTERS = 34  # of one line in a box, in bold
_PADDING = 10
_BELOW = 30  # between a box and the next one
_BESIDE = 28  # between two tracks
_FIRST_LANE = 70  # beside a track; the words "on failure" stand before it
_LANE = 14
_MARGIN = 24

Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A node in its place, its words in lines that fit."""

    node: Node
    lines: tuple[str, ...]
    x: float
    y: float

    @property
    def title_lines(self) -> int:
        """How many of the lines are the title's."""
        return len(_lines(self.node.lines[0]))

    @property
    def height(self) -> float:
        """From its top to its bottom."""
        return _height(self.lines)

    @property
    def top(self) -> Point:
        """Where an arrow comes in."""
        return self.x, self.y

    @property
    def bottom(self) -> Point:
        """Where an arrow goes out."""
        return self.x, self.y + self.height

    @property
    def side(self) -> Point:
        """Where a jump goes out and comes in."""
        return self.x + NODE_WIDTH / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Layout:
    """The picture as boxes and lines; `ways` are what follows when all goes well."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    ways: tuple[tuple[Point, ...], ...]
    jumps: tuple[tuple[Point, ...], ...]


def layout_of(graph: Graph) -> Layout:
    """Every box and every line in its place."""
    width, height = _size(graph.track)
    placing = _Placing()
    placing.track(graph.track, _MARGIN + width / 2, _MARGIN)
    ways = tuple(placing.way(before, after) for before, after in edges(graph.track))
    boxes = tuple(placing.boxes.values())
    return Layout(width + 2 * _MARGIN, height + 2 * _MARGIN, boxes, ways, tuple(placing.jumps))


class _Placing:
    """Puts parts below and beside each other."""

    def __init__(self) -> None:
        self.boxes: dict[str, Box] = {}
        self.jumps: list[tuple[Point, ...]] = []

    def track(self, track: Track, x: float, y: float) -> None:
        for part in track.parts:
            self._part(part, x, y)
            y += _size_of_part(part)[1] + _BELOW
        outside = x + _inner_width(track) / 2 + _FIRST_LANE
        for number, jump in enumerate(track.jumps):
            source, target = self.boxes[jump.source].side, self.boxes[jump.target].side
            lane = outside + number * _LANE
            self.jumps.append((source, (lane, source[1]), (lane, target[1]), target))

    def way(self, before: str, after: str) -> tuple[Point, ...]:
        """Straight down, or with a step aside just above where it leads."""
        start, end = self.boxes[before].bottom, self.boxes[after].top
        if start[0] == end[0]:
            return start, end
        turn = end[1] - _BELOW / 2
        return start, (start[0], turn), (end[0], turn), end

    def _part(self, part: Node | Fork, x: float, y: float) -> None:
        if isinstance(part, Node):
            self.boxes[part.id] = Box(part, _wrapped(part), x, y)
            return
        self._part(part.node, x, y)
        top = y + _size_of_part(part.node)[1] + _BELOW
        for track, middle in zip(part.tracks, _middles(part, x), strict=True):
            self.track(track, middle, top)
        self._part(part.join, x, y + _size_of_part(part)[1] - _size_of_part(part.join)[1])


def _middles(fork: Fork, x: float) -> Iterator[float]:
    """The middle of each track, when all of them together stand around `x`."""
    widths = [_size(track)[0] for track in fork.tracks]
    left = x - _width_of_tracks(fork) / 2
    ends = accumulate(width + _BESIDE for width in widths)
    return (left + end - _BESIDE - width / 2 for end, width in zip(ends, widths, strict=True))


def _size(track: Track) -> Point:
    heights = [_size_of_part(part)[1] for part in track.parts]
    lanes = _FIRST_LANE + _LANE * len(track.jumps) if track.jumps else 0
    return _inner_width(track) + 2 * lanes, sum(heights) + _BELOW * (len(heights) - 1)


def _inner_width(track: Track) -> float:
    return max(_size_of_part(part)[0] for part in track.parts)


def _size_of_part(part: Node | Fork) -> Point:
    if isinstance(part, Node):
        return NODE_WIDTH, _height(_wrapped(part))
    ends = _size_of_part(part.node)[1] + _size_of_part(part.join)[1]
    tallest = max(_size(track)[1] for track in part.tracks)
    return max(NODE_WIDTH, _width_of_tracks(part)), ends + tallest + 2 * _BELOW


def _width_of_tracks(fork: Fork) -> float:
    return sum(_size(track)[0] for track in fork.tracks) + _BESIDE * (len(fork.tracks) - 1)


def _wrapped(node: Node) -> tuple[str, ...]:
    return tuple(line for text in node.lines for line in _lines(text))


def _lines(text: str) -> list[str]:
    """A text in lines that fit; East Asian letters take the room of two."""
    is_wide = any(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return textwrap.wrap(text, _LETTERS // 2 if is_wide else _LETTERS)


def _height(lines: tuple[str, ...]) -> float:
    return len(lines) * LINE_HEIGHT + 2 * _PADDING
