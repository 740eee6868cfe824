"""What somebody probably meant, where they named what is not there."""

from collections.abc import Iterable
from difflib import get_close_matches


def meant(name: str, known: Iterable[str]) -> str | None:
    """The known name in another case, or else the nearest one; None where none is near."""
    by_fold = {each.casefold(): each for each in known}
    folded = name.casefold()
    if folded in by_fold:
        return by_fold[folded]
    near = get_close_matches(folded, by_fold, n=1)
    return by_fold[near[0]] if near else None


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """That there is nothing of this name, and which one was meant, or which there are."""
    known = list(known)
    near = meant(name, known)
    more = f"did you mean {near}?" if near else f"known: {', '.join(known) or 'none'}"
    return f"no {what} named {name}; {more}"
