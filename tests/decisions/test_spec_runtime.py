"""The union of declared runtimes: one member or many, told apart by their type."""

from typing import Annotated, Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from bf_reconciler.runtimes import RUNTIMES
from bf_reconciler.spec import LOCAL, FileRuntime, Runtime
from bf_reconciler.spec.runtime import ByType
from bf_reconciler.spec.types import Declared, Endpoint, Name


class Hook(Declared):
    """Another kind."""

    name: Name
    type: Literal["hook"]
    url: Endpoint


ONE = TypeAdapter(Runtime)
MANY = TypeAdapter(Annotated[FileRuntime | Hook, ByType()])
HOOK = {"name": "a", "type": "hook", "url": "https://bots.example"}


def test_the_type_says_which_keys_there_are():
    assert MANY.validate_python(HOOK) == Hook(**HOOK)
    for union in (ONE, MANY):
        assert union.validate_python({"name": "local", "type": "file"}) == LOCAL
        assert union.validate_python(LOCAL) is LOCAL
        assert union.validate_json(union.dump_json(LOCAL)) == LOCAL
    with pytest.raises(ValidationError) as caught:
        MANY.validate_python({"name": "local", "type": "file", "url": "https://bots.example"})
    assert [(e["type"], e["loc"]) for e in caught.value.errors()] == [
        ("extra_forbidden", ("FileRuntime", "url"))
    ]


@pytest.mark.parametrize(
    "wrong", [{"name": "a"}, {"name": "a", "type": "x"}, HOOK, 5, None], ids=str
)
def test_another_type_is_one_problem_that_names_the_known_ones(wrong):
    with pytest.raises(ValidationError) as caught:
        ONE.validate_python(wrong)
    (error,) = caught.value.errors()
    assert (error["type"], error["loc"]) == ("runtime_type", ())
    known = "file, freqtrade, hummingbot-api, kubernetes, process, webhook"
    assert error["msg"] == f"unknown type; known: {known}"


def test_every_kind_that_can_be_declared_has_an_adapter():
    schema = ONE.json_schema()
    types = (model["properties"].get("type", {}) for model in schema["$defs"].values())
    kinds = {each["const"] for each in types if "const" in each}
    assert kinds == set(RUNTIMES)


# engines

HOOKED = {"name": "a", "type": "webhook", "url": "http://127.0.0.1:1/hook", "lease": "3m"}
SECRET = "a secret of thirty-two characters."  # made up


def test_a_rotated_secret_is_no_other_engine():
    """What is kept by runtime is kept: only its public fields say which engine it is."""
    one, two = (ONE.validate_python({**HOOKED, "secret": SECRET + n}) for n in "ab")
    moved = ONE.validate_python({**HOOKED, "secret": SECRET, "url": "http://127.0.0.1:2/hook"})
    assert (one, hash(one)) == (two, hash(two))
    assert one != moved
    assert one != LOCAL


def test_the_signals_of_a_process_must_differ():
    process = {"name": "a", "type": "process", "command": ["/opt/bot"], "directory": "/opt"}
    with pytest.raises(ValidationError, match="must differ"):
        ONE.validate_python({**process, "pause_signal": "SIGUSR1", "resume_signal": "SIGUSR1"})
