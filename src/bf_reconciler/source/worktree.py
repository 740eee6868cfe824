"""A file as git stores it: line ends and ``$Id$`` taken back, by its attributes and settings.

Git's own conversion may run a filter, so it is not asked for one: it only tells the attributes.
"""

import re
from collections.abc import Iterator

from bf_reconciler.source.git import configured, git

IDENT = re.compile(rb"\$Id:[^$\r\n]*\$")
ATTRIBUTES = ("text", "eol", "crlf", "ident")
UNSET = frozenset({"unspecified", "unset"})


def stored_forms(directory: str, name: str, data: bytes, *, ident: bool) -> Iterator[bytes]:
    """The content that git would store for this one, where it is another.

    ``ident``: what stands in an expanded ``$Id$`` does not count. Anything may stand there.
    """
    answer = git(directory, "check-attr", "-z", *ATTRIBUTES, "--", name)
    words = answer.text.split("\0")
    attributes = dict(zip(words[1::3], words[2::3], strict=False))
    stored = data
    if ident and attributes.get("ident") == "set":
        stored = IDENT.sub(b"$Id$", stored)
    if _converts(directory, attributes):
        stored = stored.replace(b"\r\n", b"\n")
    if stored != data:
        yield stored


def _converts(directory: str, attributes: dict[str, str]) -> bool:
    """Whether git takes a carriage return before a line feed away."""
    text = attributes.get("text", "unspecified")
    if text == "unspecified":
        text = attributes.get("crlf", "unspecified")  # its old name
    if text != "unspecified":
        return text != "unset"
    if attributes.get("eol", "unspecified") not in UNSET:
        return True
    return configured(directory, "core.autocrlf") in {"true", "input"}
