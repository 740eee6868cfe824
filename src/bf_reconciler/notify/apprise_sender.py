"""Delivers through the library apprise: to chat, mail, and whatever else it speaks.

It blocks, and what it says of itself may hold addresses: it is called in a thread and silenced.
"""

import asyncio
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, Final

from pydantic import SecretStr

from bf_reconciler.facts import Language
from bf_reconciler.notify.config import Apprise, NotifyError
from bf_reconciler.notify.sender import DeliveryError
from bf_reconciler.notify.values import Message
from bf_reconciler.notify.words import text_of

TYPES: Final = {"critical": "failure", "warning": "warning", "info": "info"}
MISSING: Final = "apprise is not installed; install bf-reconciler[notify]"


class AppriseSender:
    """The URLs of one receiver. Each is tried again by itself: none gets a message twice for that.

    Raises:
        NotifyError: The library is not installed, or does not understand a URL.
    """

    def __init__(
        self,
        declared: Apprise,
        urls: Sequence[SecretStr],
        language: Language,
        page: str,
        redact: Callable[[str], str] = str,
    ) -> None:
        library = _library()
        asset = library.AppriseAsset(
            app_id="bf-reconciler", app_desc="bf-reconciler", app_url="", async_mode=False
        )
        self._targets: list[Any] = []
        for number, url in enumerate(urls, 1):
            target = library.Apprise(asset=asset)
            if not target.add(url.get_secret_value()):
                raise NotifyError(f"{declared.urls_file}: URL {number}: apprise cannot use it")
            self._targets.append(target)
        self._language, self._page, self._redact = language, page, redact
        self._taken: tuple[str, set[int]] = ("", set())
        """Which message was sent last, and the targets that took it."""
        self._working: asyncio.Future[list[int]] | None = None
        self.timeout = declared.timeout.total_seconds()

    async def send(self, message: Message) -> None:
        if self._working is not None and not self._working.done():
            raise DeliveryError("the delivery before still hangs")
        if self._taken[0] != message.id:
            self._taken = (message.id, set())
        working = asyncio.ensure_future(asyncio.to_thread(self._notify, message))
        self._working = working
        failed = await asyncio.shield(working)
        if failed:
            raise DeliveryError(f"{len(failed)} of {len(self._targets)} URLs did not take it")

    async def close(self) -> None:
        """Nothing is open between deliveries."""

    def _notify(self, message: Message) -> list[int]:
        """In a thread. Which targets failed, by their number in the file."""
        text = text_of(message, self._language, self._page)
        kind = "success" if message.event == "recovery" else TYPES[message.severity]
        _, taken = self._taken
        for number, target in enumerate(self._targets, 1):
            if number not in taken and target.notify(
                title=self._redact(text.title),
                body=self._redact(text.body),
                notify_type=kind,
                body_format="text",
            ):
                taken.add(number)
        return [number for number in range(1, len(self._targets) + 1) if number not in taken]


def _library() -> ModuleType:
    try:
        return import_module("apprise")  # it takes a second: only where a receiver needs it
    except ImportError:
        raise NotifyError(MISSING) from None
