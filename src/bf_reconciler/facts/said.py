"""A sentence or a name in every language the program speaks."""

from dataclasses import dataclass
from typing import Self

from bf_reconciler.facts.advice import Language


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, in each language."""

    en: str
    tr: str

    @classmethod
    def same(cls, name: str) -> Self:
        """A name that is not translated, such as that of a right on an exchange's own page."""
        return cls(name, name)

    def in_(self, language: Language) -> str:
        return self.tr if language == "tr" else self.en
