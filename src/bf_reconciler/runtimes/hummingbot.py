"""A bot behind a hummingbot-api.

Its outer ``"status": "success"`` says nothing, and a command is only passed on to the bot: what
counts is the status that is read afterwards. Stopping a bot closes its positions, and there is no
way to pause one.
"""

import asyncio
import json
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote

from bf_reconciler.runtimes.adapter import (
    Bounds,
    Reading,
    RefusedError,
    Target,
    UnavailableError,
)
from bf_reconciler.runtimes.remote_engine import SingleEngine
from bf_reconciler.runtimes.rest import Rest, basic
from bf_reconciler.spec import HummingbotRuntime
from bf_reconciler.status import Running
from bf_reconciler.verdict import Order

POLL_SECONDS: Final = 3.0
QUIET_SECONDS: Final = 15.0
"""A stop clears the bot's reports at once, and a restart of the API, too: "stopped" is believed
when none has come for so long. A bot that runs sends several in that time."""
ENDED: Final = {"stopped", "not_found"}
WORDS: Final[Mapping[str, str]] = {
    "idle": "The bot has not been heard of for 30 s.",
    "stopping": "The bot is being stopped.",
    "error": "The API cannot tell the status of the bot.",
}
CANNOT_PAUSE: Final = (
    "The bot runs, though it was never turned on here. It cannot be paused, and it is not stopped"
    " unasked, for that would close its positions: stop it by hand."
)


class HummingbotAdapter(SingleEngine[HummingbotRuntime]):
    """The bot of one declared runtime of type ``hummingbot-api``."""

    settle_time = timedelta(seconds=1)
    deadline = timedelta(seconds=30)

    def __init__(self, declared: HummingbotRuntime, _bounds: Bounds) -> None:
        super().__init__(declared)
        self._rest = Rest(declared.name, declared.timeout)
        self._quiet_since: float | None = None
        """Since when no answer showed a report of the bot, monotonic."""

    async def place(self) -> str:
        return f"hummingbot-api {self._declared.url} {self._declared.bot}"

    def differs(self, order: Order, reading: Reading) -> bool:
        """Whether to start or stop it. What was stopped and is not heard of is waited for."""
        status = (reading.content or {}).get("status")
        if order.on:
            return reading.running.state == "stopped"
        return status not in {*ENDED, "stopping"}

    async def apply(self, order: Order, reading: Reading, target: Target) -> None:
        """Pass a command on to the bot.

        Raises:
            UnavailableError: It could not be passed on.
        """
        target.check()
        declared = self._declared
        body: dict[str, Any] = {"bot_name": declared.bot}
        if order.on:
            chosen = {"script": declared.script, "conf": declared.conf}
            body |= {key: value for key, value in chosen.items() if value is not None}
        elif order.action == "pause" and reading.running.state != "unknown":
            raise RefusedError(CANNOT_PAUSE)
        path = "start-bot" if order.on else "stop-bot"
        content = await self._ask("POST", path, json.dumps(body).encode())
        response = content.get("response")
        if not isinstance(response, dict) or response.get("success") is not True:
            raise RefusedError(f"hummingbot-api did not pass {path} on to the bot.")
        self._quiet_since = None

    async def hint(self) -> Collection[str] | None:
        await asyncio.sleep(POLL_SECONDS)
        return None

    async def close(self) -> None:
        await self._rest.close()

    def _unread(self, error: UnavailableError) -> Reading:
        self._quiet_since = None
        return super()._unread(error)

    async def _read(self) -> Reading:
        """What the bot is heard to do."""
        data = (await self._ask("GET", f"{quote(self._declared.bot)}/status")).get("data")
        status = data.get("status") if isinstance(data, dict) else None
        if isinstance(data, dict) and status == "running" and data.get("recently_active") is True:
            self._quiet_since = None
            return Reading(Running("running"), content={"status": status})
        if status not in ENDED:
            self._quiet_since = None
            words = WORDS.get(str(status), "The API says nothing of the bot that is known.")
            return Reading(Running("unknown", message=words), content={"status": status})
        return await self._ended(str(status))

    async def _ended(self, status: str) -> Reading:
        """No reports of the bot: it is stopped, or the API cannot hear it, or not yet."""
        content = {"status": status}
        heard = (await self._ask("GET", "mqtt")).get("data")
        if not isinstance(heard, dict) or heard.get("mqtt_connected") is not True:
            self._quiet_since = None
            words = "The API is not connected to the bots, so that it cannot hear them."
            return Reading(Running("unknown", message=words), content=content)
        now = asyncio.get_running_loop().time()
        if self._quiet_since is None:
            self._quiet_since = now
        if now - self._quiet_since < QUIET_SECONDS:
            words = f"No report of the bot; it counts as stopped after {QUIET_SECONDS:g} s."
            return Reading(Running("unknown", message=words), content=content)
        return Reading(Running("stopped"), content=content)

    async def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        declared = self._declared
        headers = basic(declared.username, declared.password)
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = f"{declared.url}/bot-orchestration/{path}"
        return (await self._rest.ask(method, url, headers, body)).content()
