"""The carrier answers the real Twilio client, and signs what it posts as Twilio does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import pytest
from aiohttp import web
from twilio.base.exceptions import TwilioRestException
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from continuitybot.lab import BotDoors, Lab
from continuitybot.lab.carrier.faults import Fault
from continuitybot.lab.web.server import HttpDoor
from lab.clients import eventually

CAROL, IVAN, OSKAR = "+436605550103", "+436605550109", "+436605550115"
QUESTION = "E-mail is down. Reply 1 if you are safe, 2 if you need help."


@dataclass
class Bot:
    """Takes webhooks, checks each signature, refuses the first few, and answers texts."""

    auth_token: str
    refusals: int = 0
    answer: str = ""
    forms: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        valid = RequestValidator(self.auth_token).validate(
            self.url + request.path, form, request.headers["X-Twilio-Signature"]
        )
        if self.refusals or not valid:
            self.refusals -= 1
            return web.Response(status=503)
        self.forms.append(form)
        twiml = f"<Response><Message>{self.answer}</Message></Response>" if self.answer else ""
        return web.Response(text=twiml, content_type="text/xml")

    def statuses(self, to: str) -> list[str]:
        return [f["MessageStatus"] for f in self.forms if "MessageStatus" in f and f["To"] == to]

    def replies(self) -> list[tuple[str, str]]:
        return sorted((f["From"], f["Body"]) for f in self.forms if "Body" in f)


@pytest.fixture
async def bot(lab: Lab) -> AsyncIterator[Bot]:
    bot = Bot(lab.addresses.carrier.auth_token)
    door = HttpDoor(0, [web.post("/sms/{what}", bot.take)])
    await door.open()
    bot.url = door.url
    lab.connect(BotDoors(inbound_sms_url=f"{door.url}/sms/inbound"))
    yield bot
    await door.close()


@pytest.fixture
async def client(lab: Lab) -> AsyncIterator[Client]:
    http = AsyncTwilioHttpClient()
    account = lab.addresses.carrier
    client = Client(account.account_sid, account.auth_token, http_client=http)
    client.api.base_url = lab.addresses.http_url
    yield client
    await http.close()


async def _text(lab: Lab, client: Client, to: str, body: str = "Hi", **more: Any) -> Any:
    number = lab.addresses.carrier.number
    return await client.messages.create_async(to=to, from_=number, body=body, **more)


async def test_a_text_goes_through_its_states_and_every_receipt_is_signed(
    lab: Lab, client: Client, bot: Bot
) -> None:
    message = await _text(
        lab, client, CAROL, status_callback=f"{bot.url}/sms/status", validity_period=1800
    )
    assert (message.status, message.sid[:2], len(message.sid)) == ("queued", "SM", 34)
    await eventually(lambda: bot.statuses(CAROL) == ["sent", "delivered"])
    fetched = await client.messages(message.sid).fetch_async()
    assert fetched.status == "delivered"
    assert fetched.date_sent is not None
    phone = lab.phones.of("carol")
    assert phone is not None
    assert [sms.text for sms in phone.thread] == ["Hi"]


async def test_receipts_wait_for_a_bot_that_is_away(lab: Lab, client: Client, bot: Bot) -> None:
    bot.refusals = 3
    await _text(lab, client, CAROL, status_callback=f"{bot.url}/sms/status")
    await eventually(lambda: bot.statuses(CAROL) == ["sent", "delivered"])


async def test_a_phone_that_is_off_or_unknown_is_reported_undelivered(
    lab: Lab, client: Client, bot: Bot
) -> None:
    for number, code in ((OSKAR, "30003"), ("+436645550199", "30005")):
        await _text(lab, client, number, status_callback=f"{bot.url}/sms/status")
        await eventually(lambda to=number: bot.statuses(to) == ["sent", "undelivered"])
        assert bot.forms[-1]["ErrorCode"] == code


async def test_a_list_is_filtered_by_recipient_and_time_and_comes_in_pages(
    lab: Lab, client: Client, bot: Bot
) -> None:
    sids = [(await _text(lab, client, CAROL, f"Text {n}")).sid for n in range(3)]
    await _text(lab, client, IVAN)
    since = (await client.messages(sids[0]).fetch_async()).date_created - timedelta(seconds=5)
    find = client.messages.list_async
    found = await find(to=CAROL, date_sent_after=since, page_size=2)
    assert [message.sid for message in found] == sids[::-1]
    assert await find(to=CAROL, date_sent_after=since + timedelta(hours=1)) == []
    assert await find(to=CAROL, date_sent_before=since) == []
    assert len(await find(date_sent=since)) == 4


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"to": "+431"}, 400, 21211),
        ({"to": "carol"}, 400, 21211),
        ({"to": ""}, 400, 21604),
        ({"body": ""}, 400, 21602),
        ({"from_": "+436605550999"}, 400, 21606),
    ],
)
async def test_a_text_that_cannot_be_sent_is_refused_with_twilios_code(
    lab: Lab, client: Client, change: dict[str, str], status: int, code: int
) -> None:
    good = {"to": CAROL, "from_": lab.addresses.carrier.number, "body": "Hi"}
    assert (await client.messages.create_async(**good)).sid
    with pytest.raises(TwilioRestException) as caught:
        await client.messages.create_async(**(good | change))
    assert (caught.value.status, caught.value.code) == (status, code)


async def test_another_accounts_password_opens_nothing(lab: Lab, client: Client) -> None:
    client.auth = (lab.addresses.carrier.account_sid, "guess")
    with pytest.raises(TwilioRestException) as caught:
        await _text(lab, client, CAROL)
    assert (caught.value.status, caught.value.code) == (401, 20003)


async def test_after_stop_the_carrier_refuses_and_after_start_it_takes_again(
    lab: Lab, client: Client, bot: Bot
) -> None:
    async def owner_writes(text: str) -> None:
        async with httpx.AsyncClient(base_url=lab.addresses.http_url) as http:
            assert (await http.post("/lab/phones/carol/reply", json={"text": text})).is_success

    await owner_writes("Stop ")
    await eventually(lambda: bot.replies() == [(CAROL, "Stop ")])
    with pytest.raises(TwilioRestException) as caught:
        await _text(lab, client, CAROL)
    assert caught.value.code == 21610
    await owner_writes("START")
    assert (await _text(lab, client, CAROL)).status == "queued"


async def test_employees_answer_a_question_once_and_admins_do_not(
    lab: Lab, client: Client, bot: Bot
) -> None:
    for to in (CAROL, IVAN, "+436605550101"):
        for _ in range(2):
            await _text(lab, client, to, QUESTION)
    await eventually(lambda: bot.replies() == [(CAROL, "1"), (IVAN, "2")])
    await eventually(lambda: len(lab.phones.of("carol").thread) == 3)


async def test_what_the_bot_answers_to_a_reply_comes_to_that_phone(
    lab: Lab, client: Client, bot: Bot
) -> None:
    bot.answer = "Noted &amp; thanks"
    await _text(lab, client, CAROL, QUESTION)
    carol = lab.phones.of("carol")
    assert carol is not None
    await eventually(lambda: len(carol.thread) == 3)
    assert [(sms.text, sms.mine) for sms in carol.thread[1:]] == [
        ("1", True),
        ("Noted & thanks", False),
    ]


@pytest.mark.parametrize(
    ("fault", "status", "code"), [(Fault.BUSY, 429, 20429), (Fault.ERROR, 500, 20500)]
)
async def test_a_fault_is_answered_as_an_error_and_nothing_is_sent(
    lab: Lab, client: Client, fault: Fault, status: int, code: int
) -> None:
    lab.carrier.fault = fault
    with pytest.raises(TwilioRestException) as caught:
        await _text(lab, client, CAROL)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert not lab.carrier.messages


@pytest.mark.parametrize(
    ("fault", "error", "sent"),
    [(Fault.HANG, httpx.ReadTimeout, 0), (Fault.DROP, httpx.RemoteProtocolError, 1)],
)
async def test_a_sender_cannot_tell_a_hanging_carrier_from_one_that_drops_after_accepting(
    lab: Lab, fault: Fault, error: type[Exception], sent: int
) -> None:
    lab.carrier.fault = fault
    account = lab.addresses.carrier
    path = f"/2010-04-01/Accounts/{account.account_sid}/Messages.json"
    async with httpx.AsyncClient(
        base_url=lab.addresses.http_url,
        auth=(account.account_sid, account.auth_token),
        timeout=0.2,
    ) as http:
        with pytest.raises((error, httpx.ReadError)):
            await http.post(path, data={"To": CAROL, "From": account.number, "Body": "Hi"})
    assert len(lab.carrier.messages) == sent


async def test_garbage_is_a_page_where_json_should_be(lab: Lab) -> None:
    lab.carrier.fault = Fault.GARBAGE
    account = lab.addresses.carrier
    async with httpx.AsyncClient(auth=(account.account_sid, account.auth_token)) as http:
        path = f"/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        answer = await http.get(lab.addresses.http_url + path)
    assert answer.status_code == 200
    assert answer.text.startswith("<html>")
