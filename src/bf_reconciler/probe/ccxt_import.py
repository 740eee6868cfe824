"""ccxt without its ballast: the classes that are asked for, and nothing else of it."""

import importlib
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any

PACKAGES = ("ccxt", "ccxt.async_support")


def exchange_class(name: str) -> type[Any]:
    """Import the class of one exchange. Blocks: call it in a thread.

    The packages of ccxt import over a hundred exchanges: seconds, and 50 MB that nothing here
    uses. So bare packages stand in for them, with the few names that modules inside ask for,
    unless somebody has imported the whole before.

    Raises:
        ImportError: ccxt is not there, or not in the shape that is known.
    """
    if PACKAGES[0] not in sys.modules:
        _stand_in()
    module = importlib.import_module(f"ccxt.async_support.{name}")
    found: type[Any] = getattr(module, name)
    return found


def _stand_in() -> None:
    try:
        for package in PACKAGES:
            sys.modules[package] = _bare(find_spec(package))
        whole = sys.modules[PACKAGES[0]]
        errors = importlib.import_module("ccxt.base.errors")
        names = {name: value for name, value in vars(errors).items() if not name.startswith("_")}
        vars(whole).update(names)
        base = importlib.import_module("ccxt.base.exchange")
        vars(whole)["Exchange"] = base.Exchange
    except BaseException:
        for package in PACKAGES:
            sys.modules.pop(package, None)
        raise


def _bare(spec: ModuleSpec | None) -> ModuleType:
    """A package that knows where its modules are, and whose own code was not run."""
    if spec is None:
        raise ImportError("ccxt is not installed")
    return module_from_spec(spec)
