"""Debian's Chromium, and what every page must keep to."""

import contextlib
import os
import shutil
from pathlib import Path

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

ARGS = [
    "--headless",
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
WAIT_MILLISECONDS = 60_000


def chromium():
    """The path of the program."""
    found = shutil.which("chromium")
    assert found, "no chromium: apt-get install chromium"
    return found


class Browser:
    """One Chromium; each page in a context of its own. What goes wrong in one is kept."""

    def __init__(self, opened):
        self.opened = opened
        self.wrong = []
        self.asked = []

    @contextlib.asynccontextmanager
    async def page(self, url, **options):
        context = await self.opened.new_context(**{"viewport": DESKTOP, "locale": "en"} | options)
        context.set_default_timeout(WAIT_MILLISECONDS)
        try:
            page = await context.new_page()
            page.on("pageerror", lambda error: self.wrong.append(str(error)))
            page.on("console", self._heard)
            page.on("request", lambda request: self.asked.append(request.url))
            await page.goto(url)
            yield page
        finally:
            await context.close()

    def _heard(self, message):
        expected = "Failed to load resource"  # an answer that is no success, or a stream that ended
        if message.type == "error" and expected not in message.text:
            self.wrong.append(message.text)


@contextlib.asynccontextmanager
async def a_browser(folder: Path):
    """A Chromium that keeps nothing, for the length of the block."""
    # PATH and HOME alone: no proxy of ours, and no settings of a person
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=chromium(), args=ARGS, env=environ
        )
        try:
            yield Browser(opened)
        finally:
            await opened.close()


async def violations(page):
    """What axe finds wrong: rule, and where."""
    found = await Axe().run(page)
    return [
        (each["id"], node["html"][:200], node.get("failureSummary", "")[:300])
        for each in found.response["violations"]
        for node in each["nodes"]
    ]
