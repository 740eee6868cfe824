"""What is answered while the rest of the program is still being imported."""

from aiohttp import web

from bf_reconciler.web.http.headers import secured

HEALTH = {"/healthz": 200, "/readyz": 503}
STARTING = "the daemon is starting"
AGAIN = {"Retry-After": "1", "Refresh": "1"}
"""A program asks again in a second, and so does a browser."""


def make_starting_app() -> web.Application:
    """It says that the process lives, and of everything else that it is too early."""
    app = web.Application()
    app.on_response_prepare.append(secured)
    app.router.add_route("*", "/{path:.*}", _answer)
    return app


async def _answer(request: web.Request) -> web.Response:
    if request.path in HEALTH:
        response = web.Response(text=f"{STARTING}\n", status=HEALTH[request.path])
    else:
        response = web.json_response({"error": STARTING}, status=503, headers=AGAIN)
    response.force_close()  # the next request is for the application that follows
    return response
