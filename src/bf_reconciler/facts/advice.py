"""What each reason means and what to do about it, in English and Turkish."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from bf_reconciler.facts.advice_en import EN
from bf_reconciler.facts.advice_tr import TR
from bf_reconciler.facts.reasons import Reason

Language = Literal["en", "tr"]


class Advice(NamedTuple):
    """A title of a few words, the likely cause, and the next step for a person."""

    title: str
    cause: str
    remedy: str


# A reason that lacks its words is a KeyError at import, never an empty remedy in an alert.
ADVICE: Mapping[Reason, Mapping[Language, Advice]] = {
    reason: {"en": Advice(*EN[reason]), "tr": Advice(*TR[reason])} for reason in Reason
}


def remedy(reason: Reason, language: Language = "en") -> str:
    """What to do; empty where nothing needs doing."""
    return ADVICE[reason][language].remedy
