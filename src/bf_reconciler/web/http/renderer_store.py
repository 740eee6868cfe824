"""Renderers of pages just sent, until the event stream of the page comes for its own."""

from collections import OrderedDict
from secrets import token_hex
from typing import Final

from bf_reconciler.web.page.renderer import Renderer

KEPT: Final = 4


class RendererStore:
    """A page is sent with a token; its stream asks by it for the renderer that made the page."""

    def __init__(self) -> None:
        self._renderers: OrderedDict[str, tuple[str, Renderer]] = OrderedDict()

    def keep(self, page: str, renderer: Renderer) -> str:
        """Returns the token to ask for it. Few are kept: a browser asks at once."""
        token = token_hex(8)
        self._renderers[token] = page, renderer
        if len(self._renderers) > KEPT:
            self._renderers.popitem(last=False)
        return token

    def take(self, token: str, page: str) -> Renderer | None:
        """The renderer of this very page, once."""
        if self._renderers.get(token, ("", None))[0] != page:
            return None
        return self._renderers.pop(token)[1]
