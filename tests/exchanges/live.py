"""Bundles of live exchanges: what `certify` wrote, dropped into ID/live/ here."""

import asyncio
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from bf_reconciler.facts import QUESTIONS
from bf_reconciler.probe import bundle

HERE = Path(__file__).parent
SCRIPT = HERE.parents[1] / "docs" / "exchanges.py"
TOLD = ("ip_bound", "tells_creation", "tells_expiry")


def documents():
    """The script that makes the documents of exchanges."""
    place = spec_from_file_location("exchange_documents", SCRIPT)
    script = module_from_spec(place)
    place.loader.exec_module(script)
    return script


def problems(folder):
    """What is wrong with the bundles below a folder, or with how the rows of today read them."""
    return [
        f"{path.relative_to(folder)}: {problem}"
        for path, told in documents().bundles(folder)
        for problem in (*_place(path, told), *_reading(told))
    ]


def _place(path, told):
    if path.parent.parent.name != told.exchange:
        yield f"it is of {told.exchange}"
    if told.environment != "live" or told.host is None:
        yield "the live exchange itself was not asked, so it proves nothing"


def _reading(told):
    now, then = bundle.outcome(asyncio.run(bundle.replay(told))), told.read
    for question in QUESTIONS:
        if now.get(question) == "UnexpectedResponse":
            yield f"the row cannot read the answer to {question}"
        if then.get(question) == "ok" and now.get(question) != "ok":
            yield f"the answer to {question} was read and is {now.get(question)} now"
    yield from (f"the row does not know the permission {w}" for w in now.get("unknown_words", ()))
    yield from (f"the row does not understand {each}" for each in now.get("not_understood", ()))
    for name in ("granted", "denied"):
        if lost := set(then.get(name, ())) - set(now.get(name, ())):
            yield f"no longer {name}: {', '.join(sorted(lost))}"
    for name in TOLD:
        if then.get(name) not in (None, now.get(name)):
            yield f"{name} was {then[name]} and is {now.get(name)}"
