"""The JSON Schema that editors get."""

import json

import pytest

from bf_reconciler.document import schema
from bf_reconciler.exchanges import EXCHANGES

SCHEMA = schema()


MODELS = [("File", SCHEMA), *SCHEMA["$defs"].items()]


def test_it_says_which_draft_it_is():
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == "bf-reconciler"
    json.dumps(SCHEMA)


@pytest.mark.parametrize(("name", "model"), MODELS, ids=lambda value: str(value)[:20])
def test_every_field_has_a_description(name, model):
    for key, field in model["properties"].items():
        described = "description" in field or "description" in SCHEMA["$defs"].get(
            field.get("$ref", "").rpartition("/")[2], {}
        )
        assert described, f"{name}.{key}"


@pytest.mark.parametrize(("name", "model"), MODELS, ids=lambda value: str(value)[:20])
def test_no_unknown_key_is_allowed_anywhere(name, model):
    assert model["additionalProperties"] is False, name


def test_the_block_of_sops_is_allowed_at_the_root():
    assert SCHEMA["properties"]["sops"]["type"] == "object"
    assert set(SCHEMA["required"]) == {"version", "connections"}


def test_durations_are_texts_as_people_write_them():
    policy = SCHEMA["$defs"]["Policy"]["properties"]
    assert policy["grace"]["type"] == "string"
    assert policy["grace"]["default"] == "5m"
    assert policy["key_expiry_warning"]["default"] == "14d"
    assert SCHEMA["properties"]["defaults"]["default"] == {"interval": "1m", "timeout": "10s"}


def test_the_exchanges_are_those_of_the_table():
    exchange = SCHEMA["$defs"]["Connection"]["properties"]["exchange"]
    assert exchange["enum"] == sorted(EXCHANGES)


def test_a_margin_limit_is_one_of_two_forms():
    limit, nothing = SCHEMA["$defs"]["Strategy"]["properties"]["margin_limit"]["anyOf"]
    assert {part["$ref"].rpartition("/")[2] for part in limit["oneOf"]} == {"Money", "BalanceRatio"}
    assert nothing == {"type": "null"}
