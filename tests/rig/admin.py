"""Somebody at a browser: reads the console, types lines and presses buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import httpx

from rig.pages import Page


class Site(Protocol):
    """The company whose bot a person talks to."""

    http: httpx.AsyncClient

    def link(self, handle: str) -> dict[str, str]: ...
    async def moment(self) -> None: ...
    async def settles(self) -> None: ...


@dataclass(frozen=True)
class Answer:
    """What a person gets back from the bot."""

    ok: bool
    text: str


@dataclass(frozen=True)
class Section:
    """One message in a person's console; `shared` when everybody sees it."""

    page: Page
    shared: bool


class Admin:
    """Somebody at a browser, in through a signed link."""

    def __init__(self, company: Site, handle: str) -> None:
        self._company = company
        self._handle = handle

    async def says(self, line: str) -> str:
        """Type a line that the bot carries out; what it answers."""
        answer = await self.asks(line)
        assert answer.ok, f"{self._handle}: {line} was refused: {answer.text}"
        await self._company.moment()
        return answer.text

    async def is_refused(self, line: str) -> str:
        """Type a line that the bot must not carry out; what it answers."""
        answer = await self.asks(line)
        assert not answer.ok, f"{self._handle}: {line} was carried out: {answer.text}"
        await self._company.settles()
        return answer.text

    async def clicks(self, label: str, **answers: str) -> str:
        """Press the newest button of that name, where it must confirm included."""
        for section in reversed(await self.feed()):
            if form := section.page.form(label):
                filled = {f"answer:{name}": text for name, text in answers.items()}
                answer = await self._posts(form.action, form.filled(filled))
                assert answer.ok, f"{self._handle}: {label} was refused: {answer.text}"
                await self._company.moment()
                return answer.text
        raise AssertionError(f"{self._handle} has no button {label!r}")

    async def sees_button(self, label: str) -> bool:
        """Whether a button of that name is anywhere in the console."""
        return any(section.page.form(label) for section in await self.feed())

    async def asks(self, line: str) -> Answer:
        """Type a line, whatever comes of it."""
        fields = [*self._company.link(self._handle).items(), ("text", line)]
        return await self._posts("/console/say", fields)

    async def feed(self) -> list[Section]:
        """Everything in this person's console, the oldest first."""
        link = self._company.link(self._handle)
        answer = await self._company.http.get("/console/feed", params=link)
        return [_section(message["html"]) for message in answer.json()["messages"]]

    async def reads(self) -> str:
        """All the words in this person's console."""
        return "\n".join(section.page.text for section in await self.feed())

    async def _posts(self, action: str, fields: list[tuple[str, str]]) -> Answer:
        answer = await self._company.http.post(action, data=dict(fields))
        said = answer.json()
        return Answer(answer.is_success and said["ok"], said["text"])


def _section(html: str) -> Section:
    classes = html.partition('class="')[2].partition('"')[0].split()
    return Section(Page(html), shared=not {"private", "mine", "reply"} & set(classes))
