"""Scenarios script everything that can happen to a run, and say where it went otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from continuitybot.errors import BadInput
from continuitybot.runbooks import rehearse

BOOK = """
name: book
title: Book
kind: incident
objectives: {fast: 10m}
steps:
  - {id: look, title: Look, check: {direction: inbound}, retry: {times: 2, every: 5m}}
  - {id: hello, title: Hello, say: {text: Hello there}}
  - id: ask
    title: Ask
    objective: fast
    ask: {text: 'Go on?', choices: {go: Go, stay: Stay}}
    timeout: 1h
    on_failure: continue
  - {id: item, title: Item, owner: alice, do: {text: Do it., evidence: true, due: 2h}}
  - {id: agree, title: Agree, approve: {text: 'Really?'}, on_failure: ask}
  - {id: text, title: Text, broadcast: {text: Mail is down.}, when: steps.ask.choice == 'go'}
  - id: help
    title: Help
    when: steps.text.state == 'done'
    wait: {reply: {to: "{{ steps.text.ref }}", meaning: help}}
  - {id: well, title: Well, wait: {healthy: {direction: inbound, for: 30m}}}
  - {id: inner, title: Inner, run: {runbook: inner}, on_failure: ask}
"""
INNER = """
name: inner
title: Inner
kind: incident
steps:
  - id: both
    title: Both
    parallel:
      branches:
        - - {id: left, title: Left, canary: {route: primary_inbound}}
        - - {id: right, title: Right, wait: {for: 10m}}
  - {id: call, title: Call, http: {method: POST, url: "https://tickets.example"}}
"""
GOES_WELL = """
title: It goes well
results:
  ask: {answer: go}
  item: {act: done, text: Seen.}
  help: {returns: {data: {replies: {help: 1}}}}
"""


async def rehearsed(folder: Path, *scenarios: str) -> str:
    """What the rehearsals of the book answer."""
    place = folder / "rehearsals" / "book"
    place.mkdir(parents=True)
    (folder / "book.yaml").write_text(BOOK, encoding="utf-8")
    (folder / "inner.yaml").write_text(INNER, encoding="utf-8")
    for number, scenario in enumerate(scenarios):
        (place / f"{number}.yaml").write_text(scenario.lstrip(), encoding="utf-8")
    return "\n".join(str(result) for result in await rehearse([folder])).replace(f"{place}/", "")


async def test_people_probes_answers_and_nested_runs_are_scripted(tmp_path: Path) -> None:
    told = await rehearsed(tmp_path, """
title: Everything happens
given: {incident: INC-1}
results:
  agree:
    - {refused: Not yet., by: bob, after: 1m}
    - {act: retry, by: alice, after: 4m}
    - {expired: true, after: 1h}
    - {act: retry, by: alice}
    - {approved: bob, after: 5m}
  inner:
    - {act: skip, by: carol, text: We did it by hand., after: 3m}
happens:
  - {at: 0s, health: {inbound: failing}}
  - {at: 4m, health: {inbound: healthy}}
  - {at: 8m, note: The provider called., by: carol}
  - {at: 9m, act: pause, by: alice}
  - {at: 12m, act: resume, by: alice}
  - {at: 14m, step: ask, answer: go, by: alice}
  - {at: 15m, step: item, act: done, by: alice}
  - {at: 16m, step: item, act: done, by: alice, text: I have seen it.}
  - {at: 2h, step: text, replies: {safe: 3}}
  - {at: 3h, step: text, replies: {safe: 3, help: 1}}
nested:
  inner:
    results:
      left: {returns: {ok: false, detail: Nothing came.}, after: 2m}
    expect:
      state: failed
      order: [left running, right waiting, both waiting, left failed, right stopped, both stopped]
      never_does: [http]
expect:
  state: finished
  order:
    [look running, look waiting, look done, ask waiting, ask done, item waiting, item done,
     agree held, agree running, agree held, agree done, text done, help waiting, help done,
     well done, inner held, inner skipped]
  says:
    - exactly: Hello there
    - {words: "Go on?", step: ask}
    - say what shows that it was done
    - "Would text all: Mail is down."
  does:
    - {step: hello, with: {text: Hello there}}
    - {step: agree}
    - {step: agree}
    - {step: agree}
    - {step: text, with: {text: Mail is down.}}
    - {step: inner, with: {runbook: inner}}
  never_says: [Good bye]
  never_does: [page, invoke]
  times: {look: 5m, ask: 14m, item: 16m, help: 3h, inner: 3h3m}
  objectives: {fast: missed}
  within: 3h3m
""")  # fmt: skip
    assert told.splitlines() == ["ok   book/0: Everything happens"]


async def test_an_unknown_outcome_a_timeout_and_a_cancellation_are_scripted(
    tmp_path: Path,
) -> None:
    told = await rehearsed(tmp_path, """
title: Nobody knows
results:
  look: [{unknown: The bot was killed.}, {act: done, by: alice, text: I looked., after: 1m}]
happens:
  - {at: 3h2m, act: cancel, by: alice, text: Enough.}
expect:
  state: cancelled
  order: [look unknown, look done, ask failed, item waiting, item stopped]
  says: ["Overdue (alice): Do it."]
  times: {look: 1m, ask: 1h1m, item: 3h2m}
  objectives: {fast: missed}
""")  # fmt: skip
    assert told.splitlines() == ["ok   book/0: Nobody knows"]


async def test_everything_that_goes_otherwise_is_told_with_its_line(tmp_path: Path) -> None:
    told = await rehearsed(tmp_path, GOES_WELL + """
expect:
  state: failed
  steps: {hello: skipped}
  order: [ask done, hello done]
  says:
    - Hello there
    - Good bye
    - Would text all
  does:
    - {step: hello, with: {text: Good bye}}
  never_says: [Mail is down]
  never_does: [broadcast]
  times: {ask: 5m}
  objectives: {fast: missed}
  within: 1m
""")  # fmt: skip
    for words in (
        "FAIL book/0: It goes well",
        "0.yaml:8:3: RUN-1 ends\n  - failed\n  + finished",
        "0.yaml:9:11: the step hello ends\n  - skipped\n  + done",
        "0.yaml:10:21: the order of steps",
        "  - ask done   (not in this order)",
        "0.yaml:13:7: what is told",
        "    hello: Hello there\n  - Good bye\n  + ask: Go on? Go / Stay",
        "0.yaml:16:7: what is done",
        "  - hello: text=Good bye\n",
        "  + hello say: text=Hello there",
        "0.yaml:17:16: what is told\n  - nobody is told: Mail is down",
        "0.yaml:18:16: what is done\n  - never: broadcast\n  + text broadcast: text=Mail is down.",
        "0.yaml:19:11: the time until ask ended\n  - 5m\n  + 0s",
        "0.yaml:20:16: the objective fast\n  - missed\n  + met after 0s",
        "0.yaml:21:3: the time it took\n  - at most 1m\n  + 30m",
    ):
        assert words in told, (words, told)


async def test_all_rehearsals_are_played_though_one_fails(tmp_path: Path) -> None:
    well, ill = GOES_WELL + "expect: {state: finished}", GOES_WELL + "expect: {state: failed}"
    told = await rehearsed(tmp_path, ill, well, ill)
    assert [line[:11] for line in told.splitlines() if "book/" in line] == [
        "FAIL book/0",
        "ok   book/1",
        "FAIL book/2",
    ]


async def test_the_faults_of_all_scenarios_are_told_at_once(tmp_path: Path) -> None:
    ill = GOES_WELL.replace("ask:", "aks:") + "expect: {state: finished}"
    with pytest.raises(BadInput) as refused:
        await rehearsed(tmp_path, ill, ill, "title: [", "expect: {}")
    told = str(refused.value)
    assert told.count("book has no step `aks`. Did you mean `ask`?") == 2
    assert "2.yaml:1:" in told
    assert "3.yaml:1:1: `title` is missing" in told
    assert "`expect.state` is missing" in told


async def test_a_folder_of_no_runbook_is_refused(tmp_path: Path) -> None:
    stray = tmp_path / "rehearsals" / "bok"
    stray.mkdir(parents=True)
    (stray / "one.yaml").write_text("title: One", encoding="utf-8")
    with pytest.raises(BadInput, match=r"no runbook `bok` to rehearse.*Did you mean `book`"):
        await rehearsed(tmp_path, GOES_WELL + "expect: {state: finished}")
