"""The JSON Schema of strategy files, held against files that the runtime really wrote."""

import json

import pytest

from bf_reconciler.document import parse, strategy_file
from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import Bounds, Owner, Runtimes
from bf_reconciler.spec import LOCAL
from bf_reconciler.verdict import Decision, Order, StrategyMemory
from build import NOW, a_strategy
from commandline import run_in
from document.sample import FULL
from json_schema import wrong

SCHEMA = strategy_file()
STRATEGIES = [a_strategy("minimal"), *(strategy for strategy, _ in parse(FULL, None).strategies)]


async def written(tmp_path, **changes):
    """What the runtime writes of an order."""
    runtimes = Runtimes(Bounds(tmp_path, owner=Owner("1/4", NOW)))
    fields = {"name": "btc-grid", "runtime": LOCAL, "on": True, "action": "pause"}
    said = {"reason": Reason.CONNECTED, "message": "It complies.", "strategy": a_strategy()}
    order = Order(**fields | said | changes)
    memory = StrategyMemory(on=True, action="pause", runtime=LOCAL)
    decision = Decision("btc-grid", order, order.reason, "", memory, None)
    await runtimes.converge([decision], 3, "r1", NOW)
    await runtimes.close()
    return json.loads((tmp_path / "strategies" / "btc-grid.json").read_text())


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
@pytest.mark.parametrize("action", [None, "pause", "stop", "close"])
async def test_real_files_are_as_the_schema_says(tmp_path, strategy, action):
    off = {"on": False, "action": action} if action else {}
    content = await written(tmp_path, strategy=strategy, **off)
    assert wrong(content, SCHEMA, SCHEMA) == []
    assert content.keys() == SCHEMA["properties"].keys()
    fields = SCHEMA["$defs"]["Strategy"]["properties"]
    assert content["strategy"].keys() == fields.keys()


async def test_other_files_are_not(tmp_path):
    content = await written(tmp_path)
    assert wrong({**content, "strategy": None, "later": 1}, SCHEMA, SCHEMA) == []
    for changes in ({"version": 2}, {"action": "fly"}, {"enabled": "yes"}, {"strategy": {}}):
        assert wrong({**content, **changes}, SCHEMA, SCHEMA), changes
    content.pop("valid_until")
    assert wrong(content, SCHEMA, SCHEMA) == ["$.valid_until: required"]


def test_every_field_has_a_description_and_none_is_forbidden():
    for part in (SCHEMA, *SCHEMA["$defs"].values()):
        assert "additionalProperties" not in part or part["additionalProperties"] is not False
        for name, field in part["properties"].items():
            assert "description" in field, name


def test_the_command_line_prints_it(capsys):
    assert json.loads(run_in(capsys, "schema", "--strategy-file").out) == SCHEMA
