"""A flow as an SVG picture that also reads aloud: a title, a description, and words as text."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from continuitybot.runbooks.graph import Graph, Shape
from continuitybot.runbooks.layout import LINE_HEIGHT, NODE_WIDTH, Box, Layout, Point, layout_of

_ROUNDING: Mapping[Shape, int] = {
    "begin": 18, "end": 18, "step": 4, "question": 16, "fork": 0, "join": 0,
}  # fmt: skip
_STYLE = """\
    text { font: 12px system-ui, sans-serif; fill: #1b1f24; text-anchor: middle; }
    .title { font-weight: 600; }
    .box { fill: #f6f8fa; stroke: #57606a; }
    .question .box { fill: #fff8e5; stroke: #7a5200; }
    .begin .box, .end .box { fill: #e7f3ec; stroke: #24663b; }
    .fork .box, .join .box { fill: #eaf1fb; stroke: #1f4e8c; }
    .mark { font-weight: 700; }
    .done .box { fill: #e7f3ec; stroke: #24663b; }
    .doing .box, .waiting .box { fill: #fff8e5; stroke: #7a5200; stroke-width: 3; }
    .failed .box, .unknown .box { fill: #fdeceb; stroke: #a40e26; stroke-width: 3; }
    .skipped .box, .todo .box { fill: #ffffff; stroke: #57606a; stroke-dasharray: 4 3; }
    .way { fill: none; stroke: #57606a; }
    .jump { fill: none; stroke: #a40e26; stroke-dasharray: 5 4; }
    .beside { fill: #a40e26; text-anchor: start; font-size: 11px; }"""


def svg(graph: Graph) -> str:
    """The picture; nothing outside of it is needed to show it."""
    layout = layout_of(graph)
    width, height = round(layout.width), round(layout.height)
    title, description, tip = (f"{graph.name}-{part}" for part in ("title", "desc", "tip"))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"',
            f'  width="{width}" height="{height}" role="img"'
            f' aria-labelledby="{title} {description}">',
            f'  <title id="{title}">{escape(graph.title)}</title>',
            f'  <desc id="{description}">{escape(graph.description)}</desc>',
            f"  <style>\n{_STYLE}\n  </style>",
            f'  <marker id="{tip}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8"'
            ' markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="#57606a"/></marker>',
            f'  <rect width="{width}" height="{height}" fill="#ffffff"/>',
            *_lines(layout, tip),
            *map(_box, layout.boxes),
            "</svg>",
        ]
    )


def _lines(layout: Layout, tip: str) -> list[str]:
    return [
        *(_line("way", points, tip) for points in layout.ways),
        *(_line("jump", points, tip) for points in layout.jumps),
        *(
            f'  <text class="beside" x="{points[0][0] + 6:g}" y="{points[0][1] - 5:g}">'
            "on failure</text>"
            for points in layout.jumps
        ),
    ]


def _line(kind: str, points: tuple[Point, ...], tip: str) -> str:
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'  <polyline class="{kind}" points="{path}" marker-end="url(#{tip})"/>'


def _box(box: Box) -> str:
    left, first = box.x - NODE_WIDTH / 2, box.y + (box.height - len(box.lines) * LINE_HEIGHT) / 2
    words = "".join(
        f'<text class="{_kind(box, number)}" x="{box.x:g}"'
        f' y="{first + number * LINE_HEIGHT + 12:g}">{escape(line)}</text>'
        for number, line in enumerate(box.lines)
    )
    kinds = f"{box.node.shape} {box.node.state}".strip()
    return (
        f'  <g class="{kinds}"><rect class="box" x="{left:g}" y="{box.y:g}"'
        f' width="{NODE_WIDTH}" height="{box.height:g}" rx="{_ROUNDING[box.node.shape]}"/>'
        f"{words}</g>"
    )


def _kind(box: Box, number: int) -> str:
    if number < box.title_lines:
        return "title"
    is_mark = bool(box.node.state) and number == len(box.lines) - 1
    return "mark" if is_mark else "detail"
