"""Headers of every response."""

from aiohttp import web

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "bf-reconciler",
    "Vary": "Accept-Language, Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


async def secured(_: web.Request, response: web.StreamResponse) -> None:
    """Added to every response, streams and errors included."""
    response.headers.update(HEADERS)
