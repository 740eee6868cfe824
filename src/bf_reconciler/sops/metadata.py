"""Reads the sops block of a committed file, without a key."""

import re
from contextlib import suppress

import yaml

MARK = re.compile(rb"""^(?:sops|"sops"|'sops')[ \t]*:""", re.MULTILINE)
SEALED = b"ENC[AES256_GCM,"
VERSION = re.compile(r"\d+\.\d+\.\d+\S*")
NO_BLOCK = "it has encrypted values, and no block of SOPS"
MAX_DEPTH = 64
FALSE = frozenset({"", "false", "no", "off", "n", "null", "~"})


def metadata(committed: bytes) -> dict[str, str] | None:
    """Return the plain values of the top-level ``sops`` mapping, or None where there is none.

    The block may be incomplete: what stands before the damage is returned. Values are the words
    of the file; lists and mappings (the recipients) are left out.
    """
    marks = list(MARK.finditer(committed))
    for start in [*(mark.start() for mark in marks[-1:]), 0]:
        # sops writes its block last, so the tail alone nearly always will do
        found = _block(committed[start:])
        if found is not None:
            return found
    return None


def is_encrypted(committed: bytes) -> bool:
    return metadata(committed) is not None


def cut(committed: bytes) -> str | None:
    """What shows, without a key, that the end of the file is missing; None where nothing does.

    sops writes its block last, and the version last of all.
    """
    found = metadata(committed)
    if found is None:
        return NO_BLOCK if SEALED in committed else None
    if not found.get("mac", "").endswith("]"):
        return "its block of SOPS ends before the mac"
    if "lastmodified" not in found:
        return "its block of SOPS ends before lastmodified"
    if VERSION.fullmatch(found.get("version", "")) is None:
        return "its block of SOPS ends before the version"
    return None


def mac_only_encrypted(committed: bytes) -> bool:
    """Whether only encrypted values are under the MAC. Anything but a plain no counts as yes."""
    found = metadata(committed) or {}
    return found.get("mac_only_encrypted", "").lower() not in FALSE


def block_line(committed: bytes) -> int | None:
    """Return the line, counted from 1, at which the sops block begins."""
    marks = list(MARK.finditer(committed))
    return committed.count(b"\n", 0, marks[-1].start()) + 1 if marks else None


def _block(text: bytes) -> dict[str, str] | None:
    """Walk the events of the text and collect the scalars right under a top-level ``sops``.

    Events, for they need no recursion: a document nested 100,000 deep crashes libyaml's composer,
    and takes its scanner minutes.
    """
    found: dict[str, str] | None = None
    inside = False
    depth = 0
    names: dict[int, str | None] = {1: None, 2: None}  # by depth, the key whose value is due
    with suppress(yaml.YAMLError):
        for event in yaml.parse(text, Loader=yaml.CBaseLoader):
            if isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
                inside = inside and depth > 1
            if not isinstance(event, yaml.NodeEvent):
                continue
            here = depth
            if here > MAX_DEPTH or (here == 0 and not isinstance(event, yaml.MappingStartEvent)):
                break
            depth += isinstance(event, yaml.CollectionStartEvent)
            if here not in names or (here > 1 and not inside):
                continue
            word = event.value if isinstance(event, yaml.ScalarEvent) else None
            name, names[here] = names[here], None
            if name is None:
                names[here] = word or ""
            elif inside and found is not None and word is not None:
                found[name] = word
            elif not inside and name == "sops" and isinstance(event, yaml.MappingStartEvent):
                found, inside, names[2] = {}, True, None
    return found
