"""Whether a text is a word made for people to read, or looks like a key, a number or a token."""

import re
from typing import Final

LONGEST: Final = 48
LONGEST_PIECE: Final = 16
MOST_DIGITS: Final = 2
SHORT: Final = 2
MOST_SHORT: Final = 2
SPOKEN: Final = 5
"""Letters from which on a piece of a word has a vowel."""
SHAPE: Final = re.compile(r"[A-Za-z]+(?:[ _.:/-]?[A-Za-z0-9]+)*", re.ASCII)
GAP: Final = re.compile(r"[ _.:/-]")
PIECE: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", re.ASCII)
MUTE: Final = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}", re.ASCII | re.IGNORECASE)
VOWEL: Final = re.compile(r"[aeiouy]", re.ASCII | re.IGNORECASE)


def is_word(text: str) -> bool:
    """Whether it reads as one: ``SPOT_DEAL_WRITE``, ``enableWithdrawals``, ``P2P``.

    A key of letters alone changes its case at random, has no vowels, or goes on without an end.
    """
    digits = sum(map(str.isdigit, text))
    if len(text) > LONGEST or digits > MOST_DIGITS or not SHAPE.fullmatch(text):
        return False
    return all(map(_reads, GAP.split(text)))


def _reads(part: str) -> bool:
    pieces = PIECE.findall(part)
    short = sum(len(piece) <= SHORT for piece in pieces)
    return short <= MOST_SHORT and all(map(_spoken, pieces))


def _spoken(piece: str) -> bool:
    if len(piece) > LONGEST_PIECE or MUTE.search(piece):
        return False
    return len(piece) < SPOKEN or VOWEL.search(piece) is not None
