"""Delivers to a webhook: a signed POST. No redirects, no proxy of the environment."""

import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Final

import aiohttp
import certifi
from pydantic import SecretStr

from bf_reconciler.facts import Language
from bf_reconciler.notify.config import Webhook
from bf_reconciler.notify.payload import document, encoded, signed
from bf_reconciler.notify.sender import DeliveryError
from bf_reconciler.notify.values import Message

OK: Final = range(200, 300)
LATER: Final = frozenset({401, 403, 404, 408, 425, 429})
"""The login, the address or the pace is wrong; that is mended outside, and the message is good."""
FAILED: Final = 500


class WebhookSender:
    """The address of one receiver."""

    def __init__(
        self,
        declared: Webhook,
        secret: SecretStr | None,
        language: Language,
        page: str,
        now: Callable[[], datetime],
        redact: Callable[[str], str] = str,
    ) -> None:
        self._url, self._secret = declared.url, secret
        self._language, self._page, self._now = language, page, now
        self._redact = redact
        self._session: aiohttp.ClientSession | None = None
        self.timeout = declared.timeout.total_seconds()

    async def send(self, message: Message) -> None:
        body = encoded(document(message, self._language, self._page), self._redact)
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.id}
        if self._secret is not None:
            headers |= signed(self._secret.get_secret_value(), body, self._now())
        try:
            async with self._opened().post(
                self._url.get_secret_value(), data=body, headers=headers, allow_redirects=False
            ) as answer:
                status = answer.status
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise DeliveryError(f"no answer ({type(error).__name__})") from None
        if status not in OK:
            refused = status < FAILED and status not in LATER
            raise DeliveryError(f"HTTP {status}", refused=refused)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            context = ssl.create_default_context()
            context.load_verify_locations(certifi.where())
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context, use_dns_cache=False, force_close=True),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                trust_env=False,
            )
        return self._session
