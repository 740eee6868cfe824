import subprocess
import sys
import textwrap

import ccxt.async_support as ccxt
import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.probe.ccxt_import import exchange_class


def run(code):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_where_the_whole_of_ccxt_is_imported_its_own_classes_are_given():
    assert exchange_class("kucoin") is ccxt.kucoin


def test_only_the_exchanges_that_are_asked_for_are_imported():
    out = run("""
        import sys
        from bf_reconciler.probe.ccxt_import import exchange_class
        names = [exchange_class(name).__name__ for name in ("kucoin", "mexc")]
        others = [n for n in sys.modules if n in ("ccxt.async_support.binance", "ccxt.binance")]
        print(*names, len(others))
    """)
    assert out == ["kucoin", "mexc", "0"]


@pytest.mark.parametrize("row", EXCHANGES.values(), ids=EXCHANGES)
def test_a_class_works_without_the_packages_around_it(row):
    """Each by itself: another exchange's module must not have to be there first."""
    out = run(f"""
        from bf_reconciler.probe.ccxt_import import exchange_class
        from bf_reconciler.probe.client import instance, prototype
        made = instance(prototype(exchange_class({row.ccxt!r})))
        print(callable(made.{row.calls.key.call.method}))
    """)
    assert out == ["True"]


def test_without_ccxt_the_import_fails_and_leaves_nothing_behind():
    out = run("""
        import sys
        from bf_reconciler.probe import ccxt_import
        ccxt_import.PACKAGES = ("ccxt_is_not_here",)
        try:
            ccxt_import.exchange_class("kucoin")
        except ImportError:
            print("told", "ccxt_is_not_here" in sys.modules)
    """)
    assert out == ["told", "False"]
