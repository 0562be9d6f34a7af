"""A runbook as a flow: every step is in it, and nothing that it says can break the picture."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

import pytest

from continuitybot.runbooks import load_runbooks, shipped_folder
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.drawing import svg
from continuitybot.runbooks.graph import graph_of, jumps, nodes
from continuitybot.runbooks.layout import NODE_WIDTH, Box, layout_of
from continuitybot.runbooks.mermaid import mermaid
from rig.rehearsed import runbook

NESTED = r"""
- {id: a, title: "1. A \"quoted\" <b>&</b> #35; `x` \x01", check: {}, on_failure: {goto: d}}
- {id: b, title: B, check: {}, on_failure: {goto: e}}
- id: c
  title: Both
  parallel:
    branches:
      - - id: c1
          title: Inner
          parallel:
            branches:
              - - {id: x, title: X, say: {text: X}, on_failure: {goto: y}}
                - {id: y, title: Y, say: {text: Y}}
              - - {id: z, title: Z, say: {text: Z}}
      - - {id: end, title: A branch, say: {text: E}}
        - {id: c3, title: Another, say: {text: E}}
- {id: d, title: D, say: {text: D}}
- {id: e, title: E, ask: {text: E, choices: {yes_: Yes, no_: No}}}
"""
SHIPPED = load_runbooks([shipped_folder()])
BOOKS = [*SHIPPED.values(), runbook(NESTED)]


@pytest.fixture(params=BOOKS, ids=lambda book: book.name)
def book(request: pytest.FixtureRequest) -> Definition:
    found: Definition = request.param
    return found


def test_every_step_is_a_node_and_every_goto_a_jump(book: Definition) -> None:
    track = graph_of(book).track
    found = [node.id for node in nodes(track)]
    assert len(found) == len(set(found))
    assert {f"step_{id}" for id in book.spots} <= set(found)
    targets = [spot.step.goto for spot in book.spots.values() if spot.step.goto]
    assert sorted(jump.target for jump in jumps(track)) == sorted(f"step_{id}" for id in targets)


def test_no_box_stands_on_another_or_outside_of_the_picture(book: Definition) -> None:
    layout = layout_of(graph_of(book))
    for box in layout.boxes:
        assert 0 <= box.x - NODE_WIDTH / 2 < box.x + NODE_WIDTH / 2 <= layout.width
        assert 0 <= box.y < box.bottom[1] <= layout.height
    for one, other in combinations(layout.boxes, 2):
        assert not _overlap(one, other), (one.node.id, other.node.id)
    for x, y in (point for line in (*layout.ways, *layout.jumps) for point in line):
        assert 0 <= x <= layout.width
        assert 0 <= y <= layout.height


def test_words_of_wide_letters_stay_inside_their_box() -> None:
    wide = runbook('- {id: a, title: "受信メールが止まっているので待機系に切り替える", report: {}}')
    box = next(box for box in layout_of(graph_of(wide)).boxes if box.node.id == "step_a")
    assert box.title_lines == 2
    assert max(map(len, box.lines)) * 14 <= NODE_WIDTH


def test_a_jump_passes_beside_every_box(book: Definition) -> None:
    layout = layout_of(graph_of(book))
    for _, (lane, top), (_, bottom), _ in layout.jumps:
        passed = [box for box in layout.boxes if box.y < bottom and box.bottom[1] > top]
        assert all(abs(lane - box.x) > NODE_WIDTH / 2 for box in passed)


def test_the_picture_reads_aloud_whatever_the_runbook_says(book: Definition) -> None:
    picture = ElementTree.fromstring(svg(graph_of(book)))
    name = "{http://www.w3.org/2000/svg}"
    assert picture.get("role") == "img"
    described = {one.get("id"): one.text or "" for one in picture[:2]}
    assert list(described) == str(picture.get("aria-labelledby")).split()
    for spot in book.spots.values():
        assert spot.step.title.replace("\x01", "") in "".join(described.values())
    words = " ".join(one.text or "" for one in picture.iter(f"{name}text"))
    assert book.title in words


def test_what_a_runbook_says_is_no_markup_in_mermaid() -> None:
    shown = mermaid(graph_of(runbook(NESTED)))
    assert 'step_a["1#46; A #34;quoted#34; #60;b#62;#38;#60;/b#62; #35;35#59; ' in shown
    assert "#96;x#96;" in shown
    assert "step_a -. on failure .-> step_d" in shown
    assert "join_c1 --> join_c" in shown
    assert all(line.count('"') in {0, 2} for line in shown.splitlines())
    assert "\x01" not in shown


def _overlap(one: Box, other: Box) -> bool:
    beside = abs(one.x - other.x) >= NODE_WIDTH
    return not beside and one.y < other.bottom[1] and other.y < one.bottom[1]
