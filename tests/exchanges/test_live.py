"""Every bundle in ID/live/ is read by the rows of today, and read as it was.

Where a row was wrong when a bundle was written, mend the row, and then `read` in the bundle.
"""

from bf_reconciler.cli import seen_live
from exchanges.live import HERE, documents, problems


def test_what_live_exchanges_answered_is_read_as_it_was():
    assert problems(HERE) == []


def test_what_is_shown_as_seen_live_is_what_the_bundles_show():
    assert seen_live.read() == documents().live(HERE), "run python docs/exchanges.py"
