"""Talking to a running server from its own machine: say, console, run, runs, show, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import httpx
import typer
from rich.console import Console
from rich.prompt import Prompt

from continuitybot.chat.grammar import quote
from continuitybot.cli.options import DEFAULT_CONFIG, AsPerson, ConfigPath
from continuitybot.clock import SystemClock
from continuitybot.errors import Refused
from continuitybot.settings import Settings, load
from continuitybot.web.links import Links, link_key

_TIMEOUT = httpx.Timeout(60, connect=3)


class LocalServer:
    """A running server, spoken to as one person; the key file beside the settings lets us in."""

    def __init__(self, config: Path, person: str) -> None:
        settings = load(config)
        key = Links(link_key(settings, config.parent)).sign(person, SystemClock().now())
        self.console_link = f"{settings.web.url}/console?key={key}"
        self._key = key
        self._base = _own_address(settings)

    def say(self, text: str) -> str:
        """The answer to one line of the grammar, as text. Raises Refused when refused."""
        answer = self._request("POST", "/console/say", data={"text": text, "key": self._key})
        body = answer.json()
        if not body["ok"]:
            raise Refused(body["text"])
        return str(body["text"])

    def report(self, ref: str, style: str) -> str:
        """The report of an incident as `md`, `html` or `json`."""
        path = f"/portal/report/{ref}.{style}"
        return self._request("GET", path, params={"key": self._key}).text

    def _request(self, method: str, path: str, **rest: object) -> httpx.Response:
        headers = {"Accept": "application/json"}
        try:
            with httpx.Client(base_url=self._base, timeout=_TIMEOUT, headers=headers) as client:
                answer = client.request(method, path, **rest)  # type: ignore[arg-type]  # passed on
        except httpx.TransportError as error:
            raise Refused(
                f"No server answers at {self._base}: {error}.",
                remedy="Start it with: continuitybot serve",
            ) from error
        if answer.is_error:
            raise Refused(_reason(answer))
        return answer


def _own_address(settings: Settings) -> str:
    host = "127.0.0.1" if settings.web.host in {"0.0.0.0", "::"} else settings.web.host  # noqa: S104 - compared, not bound
    return f"http://{host}:{settings.web.port}"


def _reason(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["text"])
    except (ValueError, KeyError, TypeError):
        return f"The server answered {answer.status_code} to {answer.request.url.path}."


def say(
    words: Annotated[list[str], typer.Argument(metavar="TEXT", help="A line of the grammar.")],
    person: AsPerson,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Say one line to the running bot, as in chat: [bold]say --as alice "status"[/]."""
    typer.echo(LocalServer(config, person).say(" ".join(words)))


def console(
    person: AsPerson,
    config: ConfigPath = DEFAULT_CONFIG,
    link: Annotated[
        bool, typer.Option("--link", help="Print a link to the browser console and stop.")
    ] = False,
) -> None:
    """Talk to the running bot line by line; an empty line or Ctrl-D ends it."""
    server = LocalServer(config, person)
    screen = Console()
    if link:
        typer.echo(server.console_link)
        return
    screen.print(f"In the browser: {server.console_link}", soft_wrap=True)
    while True:
        try:
            line = Prompt.ask(f"[bold]{person}[/]", console=screen, default="", show_default=False)
        except EOFError:
            return
        if not line.strip():
            return
        try:
            screen.print(server.say(line), markup=False, highlight=False)
        except Refused as error:
            screen.print(str(error), style="red", markup=False)


def run(
    name: Annotated[str, typer.Argument(help="The runbook's name.")],
    person: AsPerson,
    inputs: Annotated[
        list[str] | None, typer.Argument(metavar="KEY=VALUE", help="Its inputs.")
    ] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what each step would do.")
    ] = False,
    mode: Annotated[str, typer.Option("--mode", help="live, tabletop, pilot or full.")] = "",
    incident: Annotated[str, typer.Option("--incident", help="The incident, INC-7.")] = "",
    answers: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="STEP=CHOICE", help="Of a dry run: not the first answer."),
    ] = None,
) -> None:
    """Start a runbook on the running bot: [bold]run live-incident hours=4h[/]."""
    words = ["run", quote(name), *map(_input, inputs or ())]
    words += [f"--mode {quote(mode)}"] if mode else []
    words += [f"--incident {quote(incident)}"] if incident else []
    words += [f"--answer {quote(answer)}" for answer in answers or ()]
    line = " ".join([*words, "--dry-run"] if dry_run else words)
    typer.echo(LocalServer(config, person).say(line))


def _input(pair: str) -> str:
    key, given, value = pair.partition("=")
    if not given:
        raise Refused(f"{pair} is no input.", remedy="Write it as key=value.")
    return f"{key}={quote(value)}"


def runs(person: AsPerson, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """The newest runs, how each stands and what it is at."""
    typer.echo(LocalServer(config, person).say("runs"))


def show(
    ref: Annotated[str, typer.Argument(help="Such as RUN-3, INC-7, EVT-1 or SMS-2.")],
    person: AsPerson,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """One run, incident, event or broadcast as it stands: [bold]show RUN-3 --as alice[/]."""
    typer.echo(LocalServer(config, person).say(f"show {quote(ref)}"))


def report(
    ref: Annotated[str, typer.Argument(help="The incident, such as INC-7.")],
    person: AsPerson,
    config: ConfigPath = DEFAULT_CONFIG,
    style: Annotated[str, typer.Option("--format", help="md, html or json.")] = "md",
    out: Annotated[Path | None, typer.Option("--out", help="Write it to this file.")] = None,
) -> None:
    """The report of an incident: timeline, measured times against objectives, deliveries."""
    if style not in {"md", "html", "json"}:
        raise Refused(f"A report has no format {style!r}.", remedy="Use md, html or json.")
    text = LocalServer(config, person).report(ref.upper(), style)
    if out is None:
        typer.echo(text)
    else:
        out.write_text(text, encoding="utf-8")
        typer.echo(f"Written to {out}.")


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.command(rich_help_panel="Talk to a running bot")(say)
    app.command(rich_help_panel="Talk to a running bot")(console)
    app.command(rich_help_panel="Talk to a running bot")(run)
    app.command(rich_help_panel="Talk to a running bot")(runs)
    app.command(rich_help_panel="Talk to a running bot")(show)
    app.command(rich_help_panel="Talk to a running bot")(report)
