"""The listener of the IMAP server."""

from __future__ import annotations

import asyncio

from continuitybot.lab.addresses import HOST, Door, Login
from continuitybot.lab.mail.imap.session import CAPABILITIES, Session
from continuitybot.lab.mail.imap.wire import SyntaxFault, read_command
from continuitybot.lab.mail.mailboxes import Mailboxes


class ImapDoor:
    """Opens a session for every client; `login` is the one user who may read."""

    def __init__(self, port: int, mailboxes: Mailboxes, login: Login) -> None:
        self._port = port
        self._mailboxes = mailboxes
        self._login = login
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    @property
    def door(self) -> Door:
        """Where it listens; stays the same when it is closed and opened again."""
        return Door(HOST, self._port)

    async def open(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, HOST, self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop whoever is connected."""
        if self._server is not None:
            self._server.close()
            conversations = [task for task in self._clients.values() if task]
            for client in tuple(self._clients):
                client.transport.abort()
            await asyncio.gather(*conversations)
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients[writer] = asyncio.current_task()
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away in the middle of a command
        finally:
            del self._clients[writer]
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self._mailboxes, self._login)
        writer.write(f"* OK [{CAPABILITIES}] lab mail is ready\r\n".encode())
        while not session.ended:
            await writer.drain()
            try:
                command = await read_command(reader, writer)
            except SyntaxFault as fault:
                writer.write(f"* BAD {fault}\r\n".encode())
                continue
            if command is None:
                return
            writer.writelines(line + b"\r\n" for line in session.answer(command))
