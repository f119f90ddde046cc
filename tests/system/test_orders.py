"""An order from the command post's browser to the last receipt, over a real broker and real gates of which one does not answer."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.simulation.officer import Officer, OfficerError
from tests.chromium import NEEDED, chromium
from tests.system.test_shift import Running, shift_page, sign_in, town
from tests.system.towns import hub, pid, rows, wait_for

pytestmark = NEEDED
THERE, AWAY = "east", "south"
MOST = 150.0
"""Seconds for what takes a few on a machine that has nothing else to do."""


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    with town() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@contextmanager
def out_of_reach(found: Running, gate: str) -> Iterator[None]:
    """Within it, a gate's program stands still: it takes and sends nothing, and its clock goes on."""
    process = pid(found.folder, f"gate-{gate}")
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def order_at(found: Running, dispatch: str, gate: str) -> str:
    query = f"select id from orders where dispatch = '{dispatch}' and gate = '{gate}'"
    ((id_,),) = rows(found.folder / "hub.db", query)
    return str(id_)


def confirms(found: Running, gate: str, order: str) -> None:
    """The officer of a gate reads the order on its screen and presses "received"; the receipt reaches the hub."""
    officer = Officer(found.kiosks[(THERE, AWAY).index(gate)])
    wait_for(partial(_confirmed, found, officer, order), f"the receipt of {gate}", MOST)


def _confirmed(found: Running, officer: Officer, order: str) -> bool:
    with suppress(OfficerError):
        if any(each["id"] == order for each in officer.state()["orders"]):
            officer.submit("/orders/received", order=order)
    query = f"select 1 from receipts where \"order\" = '{order}' and result = 'received'"
    return rows(found.folder / "hub.db", query) != []


def alerts_of(found: Running, dispatch: str, ended: bool) -> bool:
    query = f"select ended_at from alerts where what = 'order_unanswered' and subject = '{dispatch}'"
    return [each is not None for (each,) in rows(found.folder / "hub.db", query)] == [ended]


def sent_from_the_page(page: Page, found: Running) -> str:
    page.goto(f"{found.web}/orders")
    page.check("#to-every")
    page.fill("textarea[name=zh]", "雨大，缩短排队")
    page.check("#urgent")
    page.check("#aloud")
    page.locator("form.order-form button.btn-main").click()
    page.locator("tbody tr").first.locator("a").first.click()
    expect(page.locator("#order-receipts")).to_be_visible()
    return page.url.rpartition("/")[2]


@pytest.mark.timeout(500)
def test_an_order_to_all_receipts_with_one_gate_offline(browser: Browser, running: Running) -> None:
    with shift_page(browser, running, "zh") as page:
        sign_in(page, running, running.login, running.password)
        with out_of_reach(running, AWAY):
            dispatch = sent_from_the_page(page, running)
            page.evaluate("window.stayed = true")
            confirms(running, THERE, order_at(running, dispatch, THERE))
            expect(page.locator(f"#receipt-gate-{THERE}")).to_contain_text("按时")
            expect(page.locator(f"#receipt-gate-{AWAY}")).to_contain_text("已发出，未送达")
            expect(page.locator("#order-state")).to_contain_text("等待回执")
            done = hub(running.folder, "order", "send", "--to", AWAY, "--zh", "立即回报", "--due-minutes", "0.02")
            assert done.returncode == 0, done.stderr
            order = done.stdout.split()[1]
            ((late,),) = rows(running.folder / "hub.db", f"select dispatch from orders where id = '{order}'")
            wait_for(partial(alerts_of, running, str(late), ended=False), "the alert of the missing receipt", MOST)
        # the gate is back: it gets what was sent meanwhile, and says by its own clock whether it is late
        confirms(running, AWAY, order_at(running, dispatch, AWAY))
        confirms(running, AWAY, order)
        expect(page.locator("#order-state")).to_contain_text("全部已确认", timeout=60_000)
        assert page.evaluate("window.stayed"), "nobody has reloaded the page"
        page.goto(f"{running.web}/orders/{late}")
        expect(page.locator(f"#receipt-gate-{AWAY}")).to_contain_text("迟到")
        wait_for(partial(alerts_of, running, str(late), ended=True), "the end of the alert", MOST)
        page.emulate_media(media="print")
        assert page.pdf().startswith(b"%PDF")
        page.emulate_media(media="screen")
        page.goto(f"{running.web}/orders?search=缩短排队")
        expect(page.locator("tbody tr").first).to_contain_text(re.compile("全部已确认"))
    assert hub(running.folder, "verify").returncode == 0
