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
    return f"no {what} named {name}; {_more(name, list(known))}"


def unknown_exchange(name: str, known: Iterable[str]) -> str:
    """That no exchange has this name, in the words of `validate`."""
    return f"unknown exchange {name}; {_more(name, sorted(known))}"


def _more(name: str, known: list[str]) -> str:
    near = meant(name, known)
    return f"did you mean {near}?" if near else f"known: {', '.join(known) or 'none'}"
