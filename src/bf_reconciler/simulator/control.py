"""The control API under `/_sim`: change keys, faults, markets and prices, read what was asked."""

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from bf_reconciler.simulator import listing
from bf_reconciler.simulator.checks import RefusedError
from bf_reconciler.simulator.faults import Faults
from bf_reconciler.simulator.registry import DIALECTS
from bf_reconciler.simulator.world import World, show_faults, show_key

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell what cannot be taken as a 400 with its reason."""
    try:
        return await handler(request)
    except RefusedError as error:
        return web.json_response({"error": str(error)}, status=400)


class Control:
    """The control API of one world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/_sim/keys", self.list_keys),
            web.get("/_sim/keys/{name}", self.get_key),
            web.put("/_sim/keys/{name}", self.put_key),
            web.patch("/_sim/keys/{name}", self.patch_key),
            web.delete("/_sim/keys/{name}", self.delete_key),
            web.get("/_sim/faults", self.list_faults),
            web.put("/_sim/faults", self.put_all_faults),
            web.delete("/_sim/faults", self.delete_all_faults),
            web.get("/_sim/faults/{exchange}", self.get_faults),
            web.put("/_sim/faults/{exchange}", self.put_faults),
            web.patch("/_sim/faults/{exchange}", self.patch_faults),
            web.delete("/_sim/faults/{exchange}", self.delete_faults),
            web.get("/_sim/markets/{exchange}", self.get_markets),
            web.put("/_sim/markets/{exchange}", self.put_markets),
            web.patch("/_sim/markets/{exchange}", self.patch_markets),
            web.delete("/_sim/markets/{exchange}", self.delete_markets),
            web.get("/_sim/prices", self.get_prices),
            web.patch("/_sim/prices", self.patch_prices),
            web.get("/_sim/requests", self.list_requests),
            web.delete("/_sim/requests", self.delete_requests),
        ]

    async def list_keys(self, _: web.Request) -> web.Response:
        return web.json_response({name: show_key(key) for name, key in self._world.keys.items()})

    async def get_key(self, request: web.Request) -> web.Response:
        return web.json_response(show_key(self._world.keys[self._known_key(request)]))

    async def put_key(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        created = name not in self._world.keys
        key = self._world.put_key(name, await _body(request))
        return web.json_response(show_key(key), status=201 if created else 200)

    async def patch_key(self, request: web.Request) -> web.Response:
        body = await _body(request)
        return web.json_response(show_key(self._world.patch_key(self._known_key(request), body)))

    async def delete_key(self, request: web.Request) -> web.Response:
        del self._world.keys[self._known_key(request)]
        return web.Response(status=204)

    async def list_faults(self, _: web.Request) -> web.Response:
        return web.json_response(
            {exchange: show_faults(faults) for exchange, faults in self._world.faults.items()}
        )

    async def put_all_faults(self, request: web.Request) -> web.Response:
        body = await _body(request)
        for exchange in DIALECTS:
            self._world.put_faults(exchange, body)
        return await self.list_faults(request)

    async def delete_all_faults(self, _: web.Request) -> web.Response:
        for exchange in DIALECTS:
            self._world.faults[exchange] = Faults()
        return web.Response(status=204)

    async def get_faults(self, request: web.Request) -> web.Response:
        return web.json_response(show_faults(self._world.faults[_known_exchange(request)]))

    async def put_faults(self, request: web.Request) -> web.Response:
        exchange, body = _known_exchange(request), await _body(request)
        return web.json_response(show_faults(self._world.put_faults(exchange, body)))

    async def patch_faults(self, request: web.Request) -> web.Response:
        exchange, body = _known_exchange(request), await _body(request)
        return web.json_response(show_faults(self._world.patch_faults(exchange, body)))

    async def delete_faults(self, request: web.Request) -> web.Response:
        self._world.faults[_known_exchange(request)] = Faults()
        return web.Response(status=204)

    async def get_markets(self, request: web.Request) -> web.Response:
        return web.json_response(self._world.markets[_known_exchange(request)])

    async def put_markets(self, request: web.Request) -> web.Response:
        exchange, body = _known_exchange(request), await _body(request)
        return web.json_response(self._world.put_markets(exchange, body))

    async def patch_markets(self, request: web.Request) -> web.Response:
        exchange, body = _known_exchange(request), await _body(request)
        return web.json_response(self._world.patch_markets(exchange, body))

    async def delete_markets(self, request: web.Request) -> web.Response:
        self._world.put_markets(_known_exchange(request), dict(listing.DEFAULT))
        return web.Response(status=204)

    async def get_prices(self, _: web.Request) -> web.Response:
        return web.json_response(self._world.prices)

    async def patch_prices(self, request: web.Request) -> web.Response:
        return web.json_response(self._world.patch_prices(await _body(request)))

    async def list_requests(self, _: web.Request) -> web.Response:
        """Counts by exchange, method, path, key and status; the latest in order; violations."""
        world = self._world
        return web.json_response(
            {
                "total": world.requests.total(),
                "counts": [seen._asdict() | {"count": n} for seen, n in world.requests.items()],
                "recent": [seen._asdict() for seen in world.recent],
                "violations": [violation._asdict() for violation in world.violations],
            }
        )

    async def delete_requests(self, _: web.Request) -> web.Response:
        self._world.forget()
        return web.Response(status=204)

    def _known_key(self, request: web.Request) -> str:
        name = request.match_info["name"]
        if name not in self._world.keys:
            raise _not_found("key")
        return name


def _known_exchange(request: web.Request) -> str:
    exchange = request.match_info["exchange"]
    if exchange not in DIALECTS:
        raise _not_found("exchange")
    return exchange


def _not_found(kind: str) -> web.HTTPNotFound:
    text = json.dumps({"error": f"there is no such {kind}"})
    return web.HTTPNotFound(text=text, content_type="application/json")


async def _body(request: web.Request) -> object:
    try:
        return await request.json()
    except (ValueError, RecursionError):  # what json says would quote the body, and with it secrets
        raise RefusedError("the body must be a JSON object") from None
