"""What a strategy trades and its limits, and what its runtime does with each of them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from markupsafe import Markup

from bf_reconciler.facts import Language
from bf_reconciler.spec import Handled, Strategy, handled
from bf_reconciler.spec.handling import DEGREES
from bf_reconciler.status import StrategyStatus
from bf_reconciler.web.page.field_words import FIELD_WORDS
from bf_reconciler.web.page.html import Reader, table
from bf_reconciler.web.page.markup import NOTHING, fill, join

ALWAYS: Final = ("market", "pairs", "direction", "leverage", "when_off")
"""Shown though they are as by default: without them nobody can say what would be traded."""
COLUMNS: Final = ("field", "value", "handled")
MARKS: Final = {"enforced": "good disc", "passed_on": "calm ring", "ignored": "warn triangle"}
SHOWN_PAIRS: Final = 40
AMOUNTS: Final = ("amount", "size")


def trades(strategy: StrategyStatus, reader: Reader) -> tuple[Markup, dict[str, Markup]]:
    """The table, and its rows by id; nothing where its entry in the file was never valid."""
    if not strategy.declared:
        return NOTHING, {}
    rows = {f"f-{name}": row for name, row in _rows(strategy, reader).items()}
    return table("trades", COLUMNS, rows, reader.words), rows


def _rows(strategy: StrategyStatus, reader: Reader) -> dict[str, Markup]:
    values = {name: Strategy.model_fields[name].default for name in ALWAYS if name != "pairs"}
    values |= {name: value for name, value in strategy.declared.items() if name in FIELD_WORDS}
    memory = strategy.memory
    degrees = handled(values, memory.runtime.handling) if memory is not None else {}
    return {
        name: _row(name, values[name], degrees.get(name), reader)
        for name in FIELD_WORDS
        if name in values
    }


def _row(name: str, value: object, degree: Handled | None, reader: Reader) -> Markup:
    return fill(
        '<tr id="f-%(name)s"><th scope="row">%(word)s<small><code>%(name)s</code></small></th>'
        "<td>%(value)s</td><td>%(handled)s</td></tr>",
        name=name,
        word=FIELD_WORDS[name][reader.language],
        value=_value(name, value, reader),
        handled=_degree(degree, reader.language) if degree is not None else NOTHING,
    )


def _degree(what: Handled, language: Language) -> Markup:
    words = DEGREES[what.degree].in_(language)
    return fill(
        '<span class="state %s">%s</span>%s',
        MARKS[what.degree],
        words,
        fill("<small>%s</small>", what.by) if what.by else NOTHING,
    )


def _value(name: str, value: object, reader: Reader) -> Markup:
    if isinstance(value, Sequence) and not isinstance(value, str):
        chips = [fill('<span class="chip">%s</span>', str(each)) for each in value[:SHOWN_PAIRS]]
        more = len(value) - SHOWN_PAIRS
        if more > 0:
            chips.append(fill("%s", reader.words["more"].format(more)))
        return join(chips, Markup(" "))
    return fill("%s", text_of(value) + (" %" if name.endswith("_pct") else ""))


def text_of(value: object) -> str:
    """A value of the file in a line: an amount with its currency, a mapping as its fields."""
    if not isinstance(value, Mapping):
        return _scalar(value)
    rest = dict(value)
    amount = next((field for field in AMOUNTS if field in rest and "currency" in rest), None)
    parts = [] if amount is None else [f"{_scalar(rest.pop(amount))} {rest.pop('currency')}"]
    parts += [f"{field} {text_of(each)}" for field, each in rest.items()]
    return " · ".join(parts)


def _scalar(value: Any) -> str:  # noqa: ANN401 # whatever stands in the file
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)
