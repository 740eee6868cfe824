"""Reading of public market lists: which pairs there are, and whether they trade."""

from collections.abc import Callable, Mapping

from bf_reconciler.exchanges import shape
from bf_reconciler.exchanges.model import Unexpected
from bf_reconciler.facts import Json

Row = Mapping[str, Json]
Names = Callable[[Row], tuple[str, ...] | None]
Holds = Callable[[Row], bool]
BASE, SETTLED = 2, 3


def reader(
    rows: Callable[[Json], Json], names: Names, trades: Holds, only: Holds | None = None
) -> Callable[[Json], Mapping[str, bool]]:
    """A reader of one kind of list.

    Args:
        rows: The body to its list.
        names: A row to base, quote and, of futures, the currency of settlement.
        trades: Whether a row's market trades now.
        only: Which rows are of this kind at all.

    Returns:
        A body to its pairs and whether they trade, or Unexpected. A row without a name, or of a
        shape no document has, lists nothing and is passed over. A list without any pair, or of
        mostly odd rows, is not believed.
    """

    def read(body: Json) -> Mapping[str, bool]:
        found: dict[str, bool] = {}
        odd: list[Unexpected] = []
        listed = rows(body)
        if not isinstance(listed, list):
            raise Unexpected("list")
        for item in listed:
            try:
                row = shape.table(item, "list")
                parts = names(row) if only is None or only(row) else None
                if parts is not None:
                    pair = spelled(parts)
                    found[pair] = trades(row) or found.get(pair, False)
            except Unexpected as error:
                odd.append(error)
        if 2 * len(odd) > len(listed):
            raise odd[0]
        if not found:
            raise Unexpected("list")
        return found

    return read


def spelled(parts: tuple[str, ...]) -> str:
    """Base and quote, and maybe the currency of settlement, to a pair."""
    pair = "/".join(parts[:BASE]).upper()
    return f"{pair}:{parts[BASE].upper()}" if len(parts) == SETTLED else pair


def named(*fields: str) -> Names:
    """Each currency has a field of its own."""

    def names(row: Row) -> tuple[str, ...] | None:
        parts = tuple(_name(row, field) for field in fields)
        return parts if all(parts) else None

    return names


def split(field: str, by: str, settle: str | None = None, *, linear: bool = False) -> Names:
    """Base and quote stand in one field. Other numbers of parts are markets of other kinds.

    Args:
        field: The field.
        by: What stands between them.
        settle: The field of the currency of settlement.
        linear: It is the quote.
    """

    def names(row: Row) -> tuple[str, ...] | None:
        parts = tuple(_name(row, field).split(by))
        if len(parts) != BASE:
            return None
        last = (parts[1],) if linear else (_name(row, settle),) if settle else ()
        return (*parts, *last) if all((*parts, *last)) else None

    return names


def _name(row: Row, field: str) -> str:
    return shape.optional_text(row, field) or ""


def says(field: str, *words: str) -> Holds:
    """The field holds one of these words. Numbers are told as words, too."""

    def holds(row: Row) -> bool:
        value = row.get(field)
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise Unexpected(field)
        return str(value) in words

    return holds


def unless(field: str, *words: str) -> Holds:
    """The field, which older answers do not have, holds none of these words."""
    return lambda row: str(row.get(field)).lower() not in words


def on(field: str) -> Holds:
    """The flag is set; some exchanges write it as text."""

    def holds(row: Row) -> bool:
        value = row.get(field)
        if not isinstance(value, bool) and str(value) not in {"true", "false"}:
            raise Unexpected(field)
        return value is True or value == "true"

    return holds


def off(field: str) -> Holds:
    """The flag is not set."""
    is_on = on(field)
    return lambda row: not is_on(row)


def every(*holds: Holds) -> Holds:
    return lambda row: all([each(row) for each in holds])  # noqa: C419 # each one is to be read


def either(*holds: Holds) -> Holds:
    return lambda row: any([each(row) for each in holds])  # noqa: C419 # each one is to be read


def perpetual(pair: str) -> bool:
    """It never ends; a contract with a date is another kind of market."""
    return "-" not in pair


def linear(pair: str) -> bool:
    """A perpetual that is settled in its quote."""
    quote, _, settle = pair.partition("/")[2].partition(":")
    return quote == settle


def settled_in(currency: str) -> Callable[[str], bool]:
    """A perpetual that is quoted and settled in this currency."""
    return lambda pair: linear(pair) and pair.endswith(f":{currency}")
