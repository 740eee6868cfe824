"""Messages in the reader's language.

A message is made in English, kept and compared as it is, and no decision looks into it. What a
person reads in Turkish is found by the form of its sentences, whole or not at all: what has no
Turkish form stays as it is. A property test holds that every message has one.
"""

import re
from functools import lru_cache
from typing import Final

from bf_reconciler.facts.advice import ADVICE, Language
from bf_reconciler.facts.messages_tr import GAPS, SENTENCES

LONGEST: Final = 2000
"""Longer ones are not of our making."""
GAP: Final = re.compile(r"\{\}")
MORE: Final = re.compile(r"(.+) and (\d+) more")
"""A list that is cut."""
TITLES: Final = {each["en"].title: each["tr"].title for each in ADVICE.values()}


def message_in(message: str, language: Language) -> str:
    """The message as it is told in this language."""
    if language == "en" or not message or len(message) > LONGEST:
        return message
    return _turkish(message) or message


@lru_cache(maxsize=4096)
def _turkish(message: str) -> str | None:
    """All of its sentences in Turkish; None where one of them has no such form."""
    for form, said in _forms():
        found = form.fullmatch(message)
        if found is None:
            continue
        rest = found["rest"]
        after = "" if rest is None else _turkish(rest)
        if after is not None:
            gaps = [_gap(text) for text in found.groups()[:-1]]
            return f"{said.format(*gaps)} {after}".rstrip()
    return None


def _gap(text: str) -> str:
    """What stands in a gap: words of ours, a message within a message, or a name as it is."""
    if cut := MORE.fullmatch(text):
        return f"{cut[1]} ve {cut[2]} tane daha"
    return GAPS.get(text) or TITLES.get(text) or _turkish(text) or text


@lru_cache(maxsize=1)
def _forms() -> list[tuple[re.Pattern[str], str]]:
    """Forms of sentences: first those that say most.

    One that begins with a gap may begin anywhere, so it comes last.
    """
    ordered = sorted(SENTENCES, key=lambda each: (each.startswith("{}"), -len(GAP.sub("", each))))
    return [(_form(each), SENTENCES[each]) for each in ordered]


def _form(sentence: str) -> re.Pattern[str]:
    """A sentence, and what may follow. A gap at its end has all of the rest."""
    fixed = [re.escape(part) for part in GAP.split(sentence)]
    follows = "(?P<rest>(?!))?" if sentence.endswith("{}") else "(?: (?P<rest>.+))?"
    return re.compile("(.+?)".join(fixed) + follows, re.DOTALL)
