"""Look-ups of host names, each in a thread of its own: one that hangs holds up nothing else."""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

NUMERIC: Final = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class Dns(AbstractResolver):
    """Asks the system. aiohttp looks one host up once at a time, so such threads are few.

    The loop's own threads stay free for files, the journal and pages, and the process ends
    without waiting for an answer that does not come.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        look = partial(
            socket.getaddrinfo,
            host,
            port,
            family=family,
            type=socket.SOCK_STREAM,
            flags=socket.AI_ADDRCONFIG,
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=kind,
                proto=proto,
                flags=NUMERIC,
            )
            for kind, _, proto, _, address in await _apart(look)
        ]

    async def close(self) -> None:
        """Nothing is waited for."""


async def _apart(work: Callable[[], Any]) -> Any:  # noqa: ANN401 # whatever the work gives
    """The result of work in a thread that ends with the process."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def tell(result: Any, error: Exception | None) -> None:  # noqa: ANN401 # likewise
        if done.cancelled():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as raised:  # noqa: BLE001 # it is raised where the result is awaited
            error = raised
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, name="names", daemon=True).start()
    return await done
