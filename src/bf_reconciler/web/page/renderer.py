"""The page of one path, again and again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bf_reconciler.status import Status, Transition
from bf_reconciler.web.backend import Backend
from bf_reconciler.web.page.detail import connection_page, strategy_page
from bf_reconciler.web.page.document import frame_blocks
from bf_reconciler.web.page.html import Reader
from bf_reconciler.web.page.overview import CHANGES_SHOWN, overview
from bf_reconciler.web.page.page_parts import PageParts
from bf_reconciler.web.page.query import Query
from bf_reconciler.web.page.rows import Rows

if TYPE_CHECKING:
    from bf_reconciler.facts import KnownKey

HISTORY: Final = 50


class Renderer:
    """Makes the page of one path; rows that have not changed since the last time are reused.

    ``render`` reads the journal: a thread calls it.
    """

    def __init__(self, backend: Backend, path: str, query: Mapping[str, str]) -> None:
        self._backend = backend
        self._kind, _, self._name = path.strip("/").partition("/")
        self._query = Query.of(query)
        self._rows = Rows(Reader(datetime.now(UTC)))
        self._keys: tuple[KnownKey | None, Sequence[Transition]] | None = None
        self.latest: tuple[Status, PageParts] | None = None
        """The page that was made last, and the status it shows."""

    def render(self, status: Status, reader: Reader) -> PageParts:
        page = self._rendered(status, reader)
        page = replace(page, blocks={**page.blocks, **frame_blocks(status, reader)})
        self.latest = status, page
        return page

    def _rendered(self, status: Status, reader: Reader) -> PageParts:
        if not self._kind:
            changes = self._backend.history(None, CHANGES_SHOWN, None)
            return overview(status, reader, self._query, changes, self._rows)
        kind = "connection" if self._kind == "connections" else "strategy"
        changes = self._backend.history(self._name, HISTORY, None)
        history = [each for each in changes if each.kind in {kind, "halt"}]
        if kind == "connection":
            keys = self._key_changes(status)
            return connection_page(status, self._name, reader, history, self._rows, keys)
        return strategy_page(status, self._name, reader, history)

    def _key_changes(self, status: Status) -> Sequence[Transition]:
        """What changed of the key; the journal is asked again where something else is known."""
        connection = status.connections.get(self._name)
        known = connection.known if connection is not None else None
        if self._keys is None or self._keys[0] is not known:
            self._keys = known, self._backend.history(self._name, HISTORY, None, "key")
        return self._keys[1]
