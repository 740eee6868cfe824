"""The page in a real browser, against a real daemon and simulated exchanges."""

import re
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.policy import Incident
from bf_reconciler.status import Status, StrategyState
from bf_reconciler.verdict import ConnectionState, Halted
from bf_reconciler.web.backend import NotDurableError
from bf_reconciler.web.http import events
from e2e.browsing import DESKTOP, PHONE, a_browser, violations
from e2e.fleet import a_fleet, a_world
from e2e.fleet import a_strategy as a_bot
from edges.fakes import (
    NOW,
    a_config,
    a_connection,
    a_memory,
    a_refused_config,
    a_status,
    a_strategy,
)
from edges.web_client import ScriptedBackend, a_client, until

pytestmark = pytest.mark.slow
TOKEN = "SENTINELTOKEN0d91c4e7ab"
READONLY = {"api_key": "KEY-OF-mexc-readonly", "secret": "s"}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def fleet(tmp_path):
    world = a_world(**{"mexc-readonly": {"exchange": "mexc", "secret": "s", "trade": False}})
    async with a_fleet(tmp_path / "fleet", world) as running:
        running.declare(
            [
                running.connection(),
                running.connection("mexc-main", "mexc"),
                running.connection(
                    "mexc-sub",
                    "mexc",
                    credentials=READONLY,
                    account="sub",
                ),
            ],
            [
                a_bot("btc-grid", "kucoin-main"),
                a_bot("sol-dca", "mexc-main"),
                a_bot("audit", "mexc-sub"),
            ],
        )
        yield running


@pytest.fixture
async def browser(tmp_path):
    async with a_browser(tmp_path) as opened:
        yield opened
        assert opened.wrong == []


@pytest.fixture
async def url(fleet):
    """A daemon whose first pass is done, and who asks for no token on this machine."""
    async with fleet.daemon():
        await fleet.ready()
        await fleet.connection_is("Blocked", name="mexc-sub")
        await fleet.strategy_is("Enabled")
        yield f"http://127.0.0.1:{fleet.port}"


@pytest.fixture
async def pages():
    """Pages that stay open while daemons come and go."""
    async with AsyncExitStack() as stack:
        yield stack


def row(page, name, kind="c"):
    return page.locator(f"#{kind}-{name}")


async def reads(locator, text):
    """Wait until it does."""
    await locator.filter(has_text=re.compile(text)).first.wait_for()


# --- for everybody


@pytest.mark.parametrize(
    "path", ["/", "/connections/mexc-sub", "/strategies/btc-grid", "/connections/none"]
)
async def test_axe_finds_nothing_wrong(browser, url, path):
    for language, size in (("en", DESKTOP), ("tr", PHONE)):
        async with browser.page(f"{url}{path}?lang={language}", viewport=size) as page:
            for scheme in ("light", "dark"):
                await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                assert await violations(page) == [], (language, scheme)


def big_fleet(count=500):
    """Every state there is, many times."""
    states = [*ConnectionState]
    connections = [
        a_connection(f"c-{n}", states[n % len(states)], Reason.INVALID_KEY) for n in range(count)
    ]
    words = [*StrategyState]
    bots = [
        a_strategy(f"s-{n}", words[n % len(words)], Reason.INVALID_KEY, connection=f"c-{n}")
        for n in range(count)
    ]
    return a_status(connections, bots)


STORM = Halted("storm", "ada (token ops)", NOW)
OUTAGE = Incident("outage", "kucoin", Reason.MAINTENANCE, ("kucoin-main-grid",), NOW)
DECLARED = {"pairs": ["BTC/USDT"], "leverage": 2.0, "stop_loss_pct": 10}
STATES = {
    "reading": (Status(), "/"),
    "first run": (Status(config=a_config()), "/"),
    "refused": (Status(config=a_refused_config(last_reload_success=None)), "/"),
    "halted": (a_status(halted=STORM), "/"),
    "halted in the file": (a_status(file_halt=STORM), "/"),
    "incident": (a_status(incidents=(OUTAGE,)), "/"),
    "sorted": (big_fleet(60), "/?connections_sort=-latency&strategies_sort=name"),
    "what is traded": (
        a_status(strategies=[a_strategy(declared=DECLARED)]),
        "/strategies/btc-grid",
    ),
    "waits for a person": (
        a_status(strategies=[a_strategy(memory=a_memory(latched=True))]),
        "/strategies/btc-grid",
    ),
}


@pytest.mark.parametrize("state", STATES)
async def test_axe_finds_nothing_wrong_in_any_state(browser, state):
    status, path = STATES[state]
    async with a_client(ScriptedBackend(status)) as client:
        for language, size in (("en", DESKTOP), ("tr", PHONE)):
            url = client.make_url(path).update_query(lang=language)
            async with browser.page(str(url), viewport=size) as page:
                for scheme in ("light", "dark"):
                    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                    assert await violations(page) == [], (language, scheme)
                wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                assert not await page.evaluate(wide), language


async def test_a_fleet_of_five_hundred_is_no_page_without_end(browser):
    async with a_client(ScriptedBackend(big_fleet())) as client:
        for size, most in ((DESKTOP, 12_000), (PHONE, 24_000)):
            async with browser.page(str(client.make_url("/")), viewport=size) as page:
                assert await page.evaluate("document.documentElement.scrollHeight") < most
                await reads(page.locator("#connections-shown"), r"500 ·\s+page 1 of 10")


async def test_the_columns_sort_in_place(browser, url):
    async with browser.page(url) as page:
        heads = page.locator("#connections-columns")
        await heads.get_by_role("link", name="Name").click()
        await page.wait_for_url("**connections_sort=name*")
        names = page.locator("#connections th a")
        assert await names.all_inner_texts() == ["kucoin-main", "mexc-main", "mexc-sub"]
        await page.get_by_label("Search").fill("mexc")
        await row(page, "kucoin-main").wait_for(state="detached")
        await heads.get_by_role("link", name="Name").click()
        await page.wait_for_url("**connections_sort=-name*")
        assert await names.all_inner_texts() == ["mexc-sub", "mexc-main"]
        assert await page.locator("#connections-columns [aria-sort=descending]").count() == 1


async def test_nothing_is_wider_than_a_phone(browser, url):
    for path in ("/?lang=tr", "/connections/mexc-sub?lang=tr", "/strategies/audit"):
        async with browser.page(url + path, viewport=PHONE) as page:
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert await page.evaluate(wide) <= 0


async def test_nothing_spills_out_of_its_cell(browser):
    name = "-".join(["kucoin", *["word"] * 11])
    long = [
        a_connection(name, ConnectionState.BLOCKED, Reason.KEY_OR_IP_REJECTED, account="a" * 60),
        a_connection("sus", ConnectionState.SUSPENDED, Reason.SUSPENDED),  # last probed long ago
    ]
    status = a_status(long, [a_strategy("s" * 60, connection=name)])
    spilled = """[...document.querySelectorAll("tbody :is(td, th), .tile, .banner")]
        .filter((e) => e.scrollWidth > e.clientWidth && getComputedStyle(e).display !== "inline")
        .map((e) => e.innerText)"""
    async with a_client(ScriptedBackend(status)) as client:
        for path in ("/", f"/connections/{name}"):
            for size in (DESKTOP, PHONE):
                async with browser.page(str(client.make_url(path)), viewport=size) as page:
                    await reads(page.locator("#live"), "^Live$")
                    assert await page.evaluate(spilled) == [], (path, size)


async def test_nothing_is_asked_of_anybody_else(browser, url):
    async with browser.page(url) as page:
        await reads(page.locator("#live"), "^Live$")
    assert browser.asked
    assert all(each.startswith(url) for each in browser.asked)


async def test_the_keyboard_skips_to_the_content_and_shows_where_it_is(browser, url):
    async with browser.page(url) as page:
        await page.keyboard.press("Tab")
        skip = page.locator(".skip")
        assert await skip.evaluate("e => e === document.activeElement")
        assert await skip.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"


async def test_it_is_a_plain_page_without_a_script(browser, url):
    async with browser.page(url, java_script_enabled=False) as page:
        await reads(row(page, "mexc-sub"), "Blocked.*No trade permission")
        assert await page.locator("button.act").first.is_hidden()
        assert await page.locator("form.act").first.is_hidden()
        assert await page.get_by_text("curl -X POST").first.is_visible()
        await page.get_by_label("Exchange").select_option("mexc")
        await page.get_by_role("button", name="Filter").click()
        await page.wait_for_url("**exchange=mexc**")
        assert await row(page, "kucoin-main").count() == 0
        await page.get_by_role("link", name="mexc-sub").first.click()
        await reads(page.locator("h1"), "mexc-sub")
        assert await page.get_by_text("curl -X POST").is_visible()


# --- finding


async def test_a_search_is_followed_by_rows_and_address(browser, url):
    async with browser.page(url) as page:
        await page.get_by_label("Search").fill("sub")
        await row(page, "kucoin-main").wait_for(state="detached")
        await page.wait_for_url("**/?q=sub")
        assert await row(page, "mexc-sub").is_visible()
        await reads(page.locator("#connections-shown"), "1 of 3")
        assert await page.get_by_label("Search").evaluate("e => e === document.activeElement")
        await page.get_by_label("Search").fill("")
        await row(page, "kucoin-main").wait_for()
        await page.wait_for_url(f"{url}/")
        await page.get_by_label("Status").select_option("Blocked")
        await row(page, "mexc-main").wait_for(state="detached")
        await reads(page.locator("#said"), "1 of 3 · 1 of 3")


async def test_a_tile_leads_to_what_it_counts(browser, url):
    async with browser.page(url) as page:
        await page.locator("#glance a", has_text="Blocked").first.click()
        await page.wait_for_url("**/?status=Blocked")
        assert await row(page, "mexc-sub").is_visible()
        assert await row(page, "mexc-main").count() == 0
        assert await page.locator("#glance [aria-current]").count() == 2


async def test_names_lead_to_pages_with_all_conditions_and_history(browser, url):
    async with browser.page(url) as page:
        await row(page, "mexc-sub").get_by_role("link").click()
        await reads(page.locator("#k-TradePermitted"), "False.*NoTradePermission")
        await reads(page.locator("#k-WithdrawDisabled"), "True")
        await reads(page.locator("#history"), "Pending → ?Blocked")
        await page.get_by_role("link", name="audit").click()
        await reads(page.locator("h1"), "audit")
        await reads(page.locator("#facts"), "mexc-sub")


async def test_language_can_be_chosen_and_is_kept(browser, url):
    async with browser.page(url) as page:
        await page.get_by_role("link", name="Türkçe").click()
        await reads(row(page, "mexc-sub"), "İşlem izni yok")
        assert await page.locator("html").get_attribute("lang") == "tr"
        await row(page, "mexc-sub").get_by_role("link").click()
        await reads(page.locator("#head"), "Ne yapmal")


# --- live


async def test_the_page_follows_without_being_loaded_again(browser, url, fleet):
    async with browser.page(url) as page:
        await reads(page.locator("#live"), "^Live$")
        await page.evaluate("window.kept = true")
        link = row(page, "kucoin-main").get_by_role("link")
        await link.focus()
        fleet.world.patch_key("kucoin", {"withdraw": True})
        await reads(row(page, "kucoin-main"), "Blocked.*Withdrawal enabled")
        await reads(row(page, "btc-grid", "s"), "Blocked")
        await reads(page.locator("#attention"), "Withdrawal enabled")
        await reads(page.locator("#said"), "kucoin-main: Blocked, Withdrawal enabled")
        await reads(page.locator("#news"), "kucoin-main")
        assert re.match(r"\(\d\)", await page.title())
        assert await link.evaluate("e => e === document.activeElement")
        assert await page.evaluate("window.kept")
        fleet.declare(strategies=[])
        await row(page, "mexc-main").wait_for(state="detached")
        await row(page, "kucoin-main").wait_for()


async def test_the_page_of_a_connection_follows_too(browser, url, fleet):
    async with browser.page(f"{url}/connections/kucoin-main") as page:
        await reads(page.locator("h1"), "Online")
        fleet.world.patch_key("kucoin", {"withdraw": True})
        await reads(page.locator("h1"), "Blocked")
        await reads(page.locator("#k-WithdrawDisabled"), "False")
        await reads(page.locator("#history tr").first, "Online → ?Blocked")
        await page.locator("#latency path").wait_for()


async def test_a_tab_that_nobody_sees_takes_no_stream_and_catches_up_when_it_is_seen(browser):
    backend = ScriptedBackend(a_status([a_connection()], []))
    show = """hidden => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    async with a_client(backend) as client, browser.page(str(client.make_url("/"))) as page:
        await reads(page.locator("#live"), "^Live$")
        assert len(backend.readers) == 1
        await page.evaluate(show, arg=True)
        await until(lambda: not backend.readers, 60)  # at the next sign of life, if not before
        backend.now = a_status([a_connection(state=ConnectionState.BLOCKED)], [])
        await page.evaluate(show, arg=False)
        await reads(row(page, "kucoin-main-grid"), "Blocked")
        assert len(backend.readers) == 1


# --- doing


async def test_a_connection_is_tested_when_asked(browser, url, fleet):
    async with browser.page(url) as page:
        before = (await fleet.api("/api/v1/connections/mexc-main"))["last_probe"]
        await page.get_by_role("button", name="Test now: mexc-main").click()
        await reads(page.locator("#said"), "mexc-main: Online")
        assert (await fleet.api("/api/v1/connections/mexc-main"))["last_probe"] > before


async def test_everything_is_halted_and_resumed(browser, url, fleet):
    async with browser.page(url) as page:
        await page.get_by_role("button", name="Halt all strategies").click()
        dialog = page.locator("#halt-dialog")
        await reads(dialog, "Now running: 2 of 3")
        await reads(dialog.locator("summary"), "Pause, with open positions still managed: 2")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Cancel").click()
        await dialog.wait_for(state="hidden")
        await page.get_by_role("button", name="Halt all strategies").click()
        await dialog.get_by_label("Reason").fill("exchange incident")
        await dialog.get_by_label("Your name").fill("ada")
        await dialog.get_by_role("button", name="Halt all strategies").click()
        await reads(page.locator("#banners"), "exchange incident — ada")
        await dialog.wait_for(state="hidden")
        await reads(page.locator("#switch"), "Halted")
        await reads(page.locator("#news"), "all strategies.*Halted.*exchange incident — ada")
        await reads(row(page, "btc-grid", "s"), "Halted")
        assert fleet.told()["enabled"] is False
        assert await violations(page) == []
        await page.locator("#banners").get_by_role("button", name="Resume strategies").click()
        dialog = page.locator("#resume-dialog")
        await reads(dialog, "exchange incident — ada.*May run again at once: 2")
        assert await dialog.get_by_label("Your name").input_value() == "ada"
        await dialog.get_by_label("Reason").fill("it is over")
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Resume strategies").click()
        await reads(row(page, "btc-grid", "s"), "Enabled")
        await page.locator("#banners .banner").wait_for(state="detached")
        assert fleet.told()["enabled"] is True
        await reads(page.locator("#news"), "all strategies.*Resumed.*it is over — ada")


async def test_the_halt_is_within_reach_wherever_the_page_is(browser, url):
    for path, size in (("/", PHONE), ("/connections/mexc-sub", DESKTOP)):
        async with browser.page(url + path, viewport=size) as page:
            await reads(page.locator("#live"), "^Live$")
            await page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
            button = page.get_by_role("button", name="Halt all strategies")
            box = await button.bounding_box()
            assert 0 <= box["y"] < size["height"] / 3
            await button.click()
            assert await page.locator("#halt-dialog").is_visible()


async def test_a_halt_that_is_refused_says_so_where_it_was_asked(browser):
    async def full(*_):
        raise NotDurableError("It is in force; the disk is full", full=True)

    backend = ScriptedBackend(a_status())
    backend.halt = full
    async with a_client(backend) as client, browser.page(str(client.make_url("/"))) as page:
        await page.get_by_role("button", name="Halt all strategies").click()
        dialog = page.locator("#halt-dialog")
        await dialog.get_by_label("Reason").fill("x")
        await dialog.get_by_label("Your name").fill("ada")
        await page.keyboard.press("Enter")
        await reads(dialog.locator(".fault"), "Failed: It is in force; the disk is full")
        assert await violations(page) == []


async def test_what_was_said_leaves(browser):
    backend = ScriptedBackend(a_status())
    async with a_client(backend) as client, browser.page("about:blank") as page:
        await page.clock.install()
        await page.goto(str(client.make_url("/")))
        await page.get_by_role("button", name="Test now: kucoin-main-grid").click()
        await reads(page.locator("#said"), "kucoin-main-grid: Online")
        await page.clock.fast_forward("00:09")
        await page.wait_for_function("document.getElementById('said').textContent === ''")


async def test_times_are_told_by_the_readers_clock_too(browser):
    at = datetime.now(UTC) - timedelta(minutes=3)
    status = a_status([a_connection(last_probe=at)])
    async with a_client(ScriptedBackend(status)) as client:
        for lang, there, told in (
            ("en", "Europe/Istanbul", rf"^{at + timedelta(hours=3):%H:%M} · 3 min. ago$"),
            ("tr", "Europe/Istanbul", rf"^{at + timedelta(hours=3):%H:%M} · 3 dk. önce$"),
            ("en", "UTC", r"^3 min. ago$"),
        ):
            url = str(client.make_url(f"/?lang={lang}"))
            async with browser.page(url, timezone_id=there) as page:
                time = row(page, "kucoin-main-grid").locator("time")
                assert re.match(told, await time.get_attribute("data-near"))
                assert await time.inner_text() == f"{at:%H:%M:%S}Z"
            async with browser.page(
                str(client.make_url(f"/connections/kucoin-main-grid?lang={lang}")),
                timezone_id=there,
            ) as page:
                near = await page.locator("#facts time").first.get_attribute("data-near")
                assert ("GMT+3" in near) is (there != "UTC")


async def test_what_needs_the_token_asks_for_it_once(browser, fleet, tmp_path):
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    async with fleet.daemon(token_file=token):
        await fleet.connection_is("Online", name="mexc-main")
        async with browser.page(f"http://127.0.0.1:{fleet.port}/connections/mexc-main") as page:
            button = page.get_by_role("button", name="Test now: mexc-main")
            field = page.locator("#ask input")
            await button.click()
            await field.wait_for()
            assert await violations(page) == []
            await page.get_by_role("button", name="Cancel").click()
            await field.wait_for(state="hidden")
            await button.click()
            await field.fill("wrong")
            await field.press("Enter")
            await reads(page.locator("#ask-why"), "This token was rejected.")
            await page.get_by_role("button", name="Cancel").click()
            await button.click()  # what was rejected is forgotten: this one is missing
            await reads(page.locator("#ask-why"), "The token from --token-file.")
            await field.fill(TOKEN)
            await field.press("Enter")
            await reads(page.locator("#said"), "mexc-main: Online")
            await page.reload()
            await button.click()
            await reads(page.locator("#said"), "mexc-main: Online")
            assert await field.is_hidden()
            assert TOKEN not in await page.content()
            assert await page.evaluate("Object.keys(localStorage).length + document.cookie") == "0"


# --- when the daemon goes and comes


async def test_a_daemon_that_is_gone_darkens_the_page_until_it_is_back(browser, fleet, pages):
    async with fleet.daemon():
        await fleet.connection_is("Online", name="mexc-main")
        page = await pages.enter_async_context(browser.page(f"http://127.0.0.1:{fleet.port}"))
        await reads(page.locator("#live"), "^Live$")
        assert await page.locator("#gone").is_hidden()
    await reads(page.locator("#live"), "Disconnected")
    gone = page.locator("#gone")
    await reads(gone, "No answer from the daemon. What is shown here is old:")
    shade = "getComputedStyle(document.querySelector('main'), '::after').position"
    assert await page.evaluate(shade) == "fixed"
    await page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert await gone.is_visible()
    assert (await gone.bounding_box())["y"] < DESKTOP["height"] / 3
    assert await violations(page) == []
    fleet.world.patch_key("mexc", {"trade": False})
    async with fleet.daemon():
        await reads(page.locator("#live"), "^Live$")
        await gone.wait_for(state="hidden")
        assert await page.evaluate(shade) == "static"
        await reads(row(page, "mexc-main"), "Blocked.*No trade permission")


async def test_a_daemon_that_only_hangs_darkens_the_page_too(browser):
    backend = ScriptedBackend(a_status())
    async with a_client(backend) as client, browser.page("about:blank") as page:
        await page.clock.install()
        await page.goto(str(client.make_url("/")))
        await reads(page.locator("#live"), "^Live$")
        await page.clock.fast_forward("01:00")
        await reads(page.locator("#gone"), "No answer from the daemon")


async def test_a_daemon_that_does_not_finish_its_work_is_told(browser, monkeypatch):
    monkeypatch.setattr(events, "KEEPALIVE_SECONDS", 0.1)
    backend = ScriptedBackend(a_status())
    backend.healthy = (False, "no reconcile cycle has completed recently")
    async with a_client(backend) as client, browser.page(str(client.make_url("/"))) as page:
        await reads(page.locator("#gone"), "The daemon answers, but does not complete its work")
        assert await violations(page) == []
        backend.healthy = (True, "ok")
        await page.locator("#gone").wait_for(state="hidden")
