"""Pictures of one path, again and again; and who has which."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import Final

from bf_reconciler.status import Status
from bf_reconciler.web.backend import Backend
from bf_reconciler.web.page.detail import connection_page, strategy_page
from bf_reconciler.web.page.document import revision
from bf_reconciler.web.page.html import Reader
from bf_reconciler.web.page.overview import CHANGES_SHOWN, overview
from bf_reconciler.web.page.page_parts import PageParts
from bf_reconciler.web.page.query import Query
from bf_reconciler.web.page.rows import Rows

HISTORY: Final = 50
KEPT: Final = 4


class Renderer:
    """Makes the picture of one path; what has not changed since the last is not made anew.

    ``render`` reads the journal: a thread calls it.
    """

    def __init__(self, view: Backend, path: str, query: Mapping[str, str]) -> None:
        self._view = view
        self._kind, _, self._name = path.strip("/").partition("/")
        self._query = Query.of(query)
        self._rows = Rows(Reader(datetime.now(UTC)))
        self.before: tuple[Status, PageParts] | None = None
        """The latest picture, and of what it is."""

    def render(self, status: Status, reader: Reader) -> PageParts:
        picture = self._rendered(status, reader)
        blocks = {**picture.blocks, "revision": revision(status, reader)}
        picture = replace(picture, blocks=blocks)
        self.before = status, picture
        return picture

    def _rendered(self, status: Status, reader: Reader) -> PageParts:
        if not self._kind:
            news = self._view.history(None, CHANGES_SHOWN, None)
            return overview(status, reader, self._query, news, self._rows)
        kind = "connection" if self._kind == "connections" else "strategy"
        found = self._view.history(self._name, HISTORY, None)
        history = [each for each in found if each.kind == kind]
        if kind == "connection":
            return connection_page(status, self._name, reader, history, self._rows)
        return strategy_page(status, self._name, reader, history)


class Renderers:
    """Renderers of pages just sent, until the stream of the page comes for its own."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[str, Renderer]] = OrderedDict()

    def leave(self, page: str, renderer: Renderer) -> str:
        """Returns the name to ask for it; few are kept, and it tells nothing."""
        name = token_hex(8)
        self._left[name] = page, renderer
        if len(self._left) > KEPT:
            self._left.popitem(last=False)
        return name

    def collect(self, name: str, page: str) -> Renderer | None:
        """The renderer of this very page, once."""
        if self._left.get(name, ("", None))[0] != page:
            return None
        return self._left.pop(name)[1]
