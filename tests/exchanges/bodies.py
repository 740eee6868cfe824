"""For near misses: values of a kind that no document has, and lists of words."""

from hypothesis import strategies as st

from bf_reconciler.exchanges import Unexpected

ODD = st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=8) | st.just([])


def mostly(good):
    """What is documented, and one time in ten something else."""
    return st.integers(0, 9).flatmap(lambda dice: good if dice else ODD)


def listed(words):
    return st.lists(st.sampled_from(words) | st.text(max_size=8), min_size=1).map(",".join)


def words_of(body, field):
    """A list of words, as an array or as text."""
    told = body[field]
    items = told.split(",") if isinstance(told, str) else told
    return {word.strip() for word in items} - {""}


def flags(*names):
    return dict.fromkeys(names, st.booleans() | ODD)


def bare(body):
    """The answer of an exchange that puts nothing around it."""
    return body


def odd_field(read, *args):
    """The field whose shape no document has: it spoils the answer, or that part of it alone."""
    try:
        facts = read(*args)
    except Unexpected as error:
        return str(error)
    return facts.unread[0].field if facts.unread else None
