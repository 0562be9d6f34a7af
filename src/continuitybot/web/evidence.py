"""The page where a file is given as evidence for an item of a run, and where it is read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from aiohttp import web
from jinja2 import Environment

from continuitybot.errors import NotFound, Refused
from continuitybot.runbooks import Runbooks
from continuitybot.runbooks.evidence import LARGEST
from continuitybot.runbooks.tasks import Kind, tasks_of
from continuitybot.settings import Settings
from continuitybot.store import Database
from continuitybot.web.forms import posted
from continuitybot.web.visitor import Door, Visitor

_ROOM_FOR_FIELDS = 100_000  # bytes of a form besides its file


@dataclass(frozen=True)
class EvidencePages:
    """`/portal/<REF>/evidence/<item>`, and each file under its digest."""

    settings: Settings
    database: Database
    door: Door
    runbooks: Runbooks
    templates: Environment

    def routes(self) -> list[web.RouteDef]:
        """The form, where it posts, and the files."""
        return [
            web.get("/portal/{ref}/evidence/{item}", self.page),
            web.post("/portal/{ref}/evidence/{item}", self.attach),
            web.get("/portal/{ref}/file/{sha256}", self.file),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """What is asked for, what was given so far, and a form for one more file."""
        visitor = await self.door.visitor(request)
        ref, item = _place(request)
        async with self.database.reading() as tx:
            run = await self.runbooks.run(tx, ref)
        spot = run.definition.spots.get(item)
        if spot is None or spot.step.action != "do":
            raise NotFound(f"{ref} has no item `{item}`.")
        is_open = any(task.step == item and task.kind is Kind.ITEM for task in tasks_of(run))
        body = self.templates.get_template("evidence.html").render(
            visitor=visitor,
            organisation=self.settings.organisation.name,
            ref=ref,
            item=item,
            title=spot.step.title,
            text=run.steps[item].given.get("text", ""),
            files=run.steps[item].outputs.get("files", ()),
            is_open=is_open,
            largest=LARGEST // 1_000_000,
        )
        return web.Response(text=body, content_type="text/html")

    async def attach(self, request: web.Request) -> web.Response:
        """Keep the posted file; with `done`, the item is ticked off as well."""
        larger = request.clone(client_max_size=LARGEST + _ROOM_FOR_FIELDS)
        await posted(larger)
        fields = await larger.post()
        try:
            visitor = await self.door.visitor(larger)
            return await self._keep(request, visitor, fields)
        finally:
            for field in fields.values():
                if isinstance(field, web.FileField):
                    field.file.close()

    async def _keep(
        self, request: web.Request, visitor: Visitor, fields: Mapping[str, Any]
    ) -> web.Response:
        ref, item = _place(request)
        file = fields.get("file")
        if not isinstance(file, web.FileField) or not file.filename:
            raise Refused("No file was chosen.", remedy="Choose one, and send the form again.")
        by, name, content = visitor.person, file.filename, file.file.read()
        await self.runbooks.attach(ref, item, name, content, by=by, platform="portal")
        if fields.get("done"):
            text = str(fields.get("text", ""))
            await self.runbooks.item(ref, item, "done", by=by, evidence=text, platform="portal")
        if "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther(f"/portal/{ref}/evidence/{item}?{visitor.query}")
        return web.json_response({"ok": True, "text": f"{name} is kept for {ref}/{item}"})

    async def file(self, request: web.Request) -> web.Response:
        """A file as it was given: to be saved, never to be shown inside of this site."""
        await self.door.visitor(request)
        ref = request.match_info["ref"].upper()
        async with self.database.reading() as tx:
            found = await self.runbooks.evidence(tx, ref, request.match_info["sha256"])
        name = f"attachment; filename*=UTF-8''{quote(found.name)}"
        return web.Response(
            body=found.content,
            content_type="application/octet-stream",
            headers={"Content-Disposition": name},
        )


def _place(request: web.Request) -> tuple[str, str]:
    return request.match_info["ref"].upper(), request.match_info["item"]
