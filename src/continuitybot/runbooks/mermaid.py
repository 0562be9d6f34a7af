"""A flow as the text of a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from continuitybot.runbooks.graph import Graph, Node, Shape, edges, jumps, nodes

_BRACKETS: Mapping[Shape, tuple[str, str]] = {
    "begin": ("([", "])"),
    "end": ("([", "])"),
    "step": ("[", "]"),
    "question": ("{{", "}}"),
    "fork": ("[[", "]]"),
    "join": ("((", "))"),
}
_MARKS = re.compile(r"[^\w\s.,:()/?!'’…·–=-]|^[-*+]|(?<=\d)\.")


def mermaid(graph: Graph) -> str:
    """The flowchart, from top to bottom; a dotted arrow is where a failure leads."""
    lines = ["flowchart TD"]
    lines.append(f"  accTitle: {_plain(graph.title)}")
    lines.append(f"  accDescr: {_plain(graph.description)}")
    lines += [f"  {_node(node)}" for node in nodes(graph.track)]
    lines += [f"  {before} --> {after}" for before, after in edges(graph.track)]
    lines += [f"  {one.source} -. on failure .-> {one.target}" for one in jumps(graph.track)]
    return "\n".join(lines)


def _node(node: Node) -> str:
    before, after = _BRACKETS[node.shape]
    label = "<br/>".join(_escaped(line) for line in node.lines)
    return f'{node.id}{before}"{label}"{after}'


def _escaped(text: str) -> str:
    """Whatever could be markup as a character code."""
    return _MARKS.sub(lambda found: f"#{ord(found[0])};", " ".join(text.split()))


def _plain(text: str) -> str:
    """A line that cannot end early: `#` and `;` end it."""
    return " ".join(re.sub(r"[#;{}]", ",", text).split())
