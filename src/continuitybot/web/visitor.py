"""Who is on the other end of a page: the person a signed link was made for."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from continuitybot.clock import Clock
from continuitybot.errors import NotAllowed
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.settings.web import WebSettings
from continuitybot.web.forms import posted
from continuitybot.web.links import Links


@dataclass(frozen=True)
class Visitor:
    """A person at a page; `proof` is what every further request of the page must carry."""

    person: Person
    proof: dict[str, str]

    @property
    def query(self) -> str:
        """The proof as a query string."""
        return urlencode(self.proof)

    def page_of(self, ref: str) -> str:
        """The address of an object's page, for this person."""
        return f"/portal/{ref}?{self.query}"


class Door:
    """Lets people in: by signed link (`key`), or by name (`as`) where the settings allow it."""

    def __init__(
        self, settings: WebSettings, links: Links, directory: Directory, clock: Clock
    ) -> None:
        self._open_to = settings.open_console_to
        self._links = links
        self._directory = directory
        self._clock = clock

    async def visitor(self, request: web.Request) -> Visitor:
        """The person behind a request. Raises NotAllowed without a valid link."""
        fields = {**request.query}
        if request.method == "POST":
            fields |= dict(await posted(request))
        if key := fields.get("key", ""):
            handle, proof = self._links.person(key, self._clock.now()), {"key": key}
        elif (name := fields.get("as", "")) in self._open_to and not _is_foreign(request):
            handle, proof = name, {"as": name}
        else:
            raise NotAllowed(
                "This page needs a link of your own.",
                remedy="Ask the bot for one, or run: continuitybot console --as YOU --link",
            )
        person = await self._directory.person(handle)
        if not person.active:
            raise NotAllowed(f"{person.name} is no longer in the directory.")
        return Visitor(person, proof)

    async def others(self, visitor: Visitor) -> list[Person]:
        """Who else the page may be opened for by name."""
        if "as" not in visitor.proof:
            return []
        roster = await self._directory.roster()
        return [roster.person(handle) for handle in self._open_to]


def _is_foreign(request: web.Request) -> bool:
    """Whether a page of another site posts this: it could name anybody, without any secret.

    Origin does not tell, since our pages send no referrer; browsers send Sec-Fetch-Site to
    loopback addresses as well (https://www.w3.org/TR/fetch-metadata/).
    """
    site = request.headers.get("Sec-Fetch-Site", "none")
    return request.method == "POST" and site not in {"same-origin", "none"}
