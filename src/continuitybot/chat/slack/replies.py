"""The answer to whoever asked: a form, or cards by the best of the ways back."""

from __future__ import annotations

from datetime import timedelta

from continuitybot.chat.message import Card, Form
from continuitybot.chat.platform import MessageRef, Reply
from continuitybot.chat.slack import blocks, views
from continuitybot.chat.slack.api import SlackApi
from continuitybot.chat.slack.inbound import Back, kept_with_form
from continuitybot.chat.slack.platform import PLATFORM, SlackPlatform
from continuitybot.clock import Clock
from continuitybot.errors import NotFound, Permanent
from continuitybot.people.model import Identity

URL_LIVES = timedelta(minutes=29)  # Slack: 30 minutes and five answers
URL_ANSWERS = 4


class Replies:
    """Gives replies. A private one is a passing copy; what must last is on the board."""

    def __init__(self, api: SlackApi, platform: SlackPlatform, clock: Clock) -> None:
        self._api = api
        self._platform = platform
        self._clock = clock

    async def give(self, reply: Reply, back: Back, key: str) -> None:
        """Show a reply. Raises Transient and Permanent; showing it twice does no harm."""
        cards = reply.cards
        if reply.form is not None and not await self.open_form(reply.form, back):
            cards = (*cards, Card(reply.form.title, form=reply.form))
        for number, card in enumerate(cards):
            if not await self._by_url(reply, card, back, number):
                await self._by_message(reply, card, back, f"{key}/{number}")

    async def open_form(self, form: Form, back: Back) -> bool:
        """Open a form on the asker's screen; False when the moment for it has passed."""
        if not back.trigger:
            return False
        view = views.view(form, kept_with_form(back))
        try:
            await self._api.call("views.open", trigger_id=back.trigger, view=view)
        except Permanent as error:
            if error.code not in ("expired_trigger_id", "exchanged_trigger_id", "invalid_trigger"):
                raise
            return False
        return True

    async def _by_url(self, reply: Reply, card: Card, back: Back, number: int) -> bool:
        is_alive = self._clock.now() - back.at < URL_LIVES and number < URL_ANSWERS
        if not back.response_url or not is_alive:
            return False
        seen_by = "ephemeral" if reply.private else "in_channel"
        for message in (blocks.message(card), blocks.message(card, plain_tables=True)):
            try:
                await self._api.respond(back.response_url, {"response_type": seen_by, **message})
                return True
            except Permanent:
                continue
        return False

    async def _by_message(self, reply: Reply, card: Card, back: Back, key: str) -> None:
        if reply.private and not back.direct:
            await self._privately(card, back)
            return
        thread = MessageRef(PLATFORM, back.channel, back.thread) if back.thread else None
        await self._platform.post(back.channel, card, key=key, thread=thread)

    async def _privately(self, card: Card, back: Back) -> None:
        try:
            await self._platform.tell_here(back.channel, back.user, card, back.thread)
        except (Permanent, NotFound):  # not in that channel: then in the direct conversation
            await self._platform.tell(Identity(PLATFORM, "", back.user), card)
