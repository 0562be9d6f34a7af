"""What comes in from the carrier counts only when the carrier has signed it, and once."""

from __future__ import annotations

import httpx

from continuitybot.lab.carrier.webhooks import signature
from rig.company import Company


async def _post(
    company: Company, path: str, form: dict[str, str], token: str = ""
) -> httpx.Response:
    token = token or company.lab.addresses.carrier.auth_token
    headers = {"X-Twilio-Signature": signature(token, f"{company.url}{path}", form)}
    return await company.http.post(path, data=form, headers=headers)


async def test_an_unsigned_or_forged_text_has_no_effect(company: Company) -> None:
    await company.mail_stops()
    form = {"From": "+436605550102", "Body": "ACK 1", "MessageSid": "SM1"}
    unsigned = await company.http.post("/sms/twilio/inbound", data=form)
    forged = await _post(company, "/sms/twilio/inbound", form, token="guessed")
    assert (unsigned.status_code, forged.status_code) == (403, 403)
    assert "nobody yet" in await company.card("INC-1")

    assert (await _post(company, "/sms/twilio/inbound", form)).status_code == 200
    await company.moment()
    assert "Acknowledged by Bob Okafor" in await company.card("INC-1")


async def test_a_replayed_text_has_no_second_effect(company: Company) -> None:
    await company.mail_stops()
    form = {"From": "+436605550102", "Body": "ACK 1", "MessageSid": "SM1"}
    first = await _post(company, "/sms/twilio/inbound", form)
    again = await _post(company, "/sms/twilio/inbound", form)
    assert "<Message>" in first.text
    assert again.status_code == 200
    assert "<Message>" not in again.text
    assert (await company.audited("ack")) == ["bob"]


async def test_a_forged_receipt_changes_no_delivery(company: Company) -> None:
    await company.alice.says('broadcast oskar "Mail is down."')
    await company.bob.says("approve SMS-1")
    message = next(m for m in company.lab.carrier.messages.values() if m.body == "Mail is down.")
    path = message.callback.removeprefix(company.url)
    form = message.receipt(company.lab.addresses.carrier.account_sid) | {
        "MessageStatus": "delivered"
    }
    assert (await _post(company, path, form, token="guessed")).status_code == 403
    assert "1 delivered" not in await company.card("SMS-1")


async def test_a_carrier_that_is_not_ours_is_unknown(company: Company) -> None:
    answer = await company.http.post("/sms/nobody/inbound", data={"Body": "hello"})
    assert answer.status_code == 404
