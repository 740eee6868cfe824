"""Follows the links to a file: the directories that hold them, and where they lead."""

import os
from dataclasses import dataclass

MAX_LINKS = 40  # as the kernel does


@dataclass(frozen=True, slots=True)
class Way:
    """Every directory in which a change may lead the path elsewhere, and what the links say."""

    directories: tuple[str, ...]
    targets: tuple[str, ...]


def follow(path: str) -> Way:
    """Walk a path link by link. What is missing or loops ends the walk; it is no error here."""
    start = os.path.abspath(path)  # noqa: PTH100  no link may be followed yet
    directories = [os.path.dirname(start)]  # noqa: PTH120
    targets: list[str] = []
    rest = list(reversed(start.split(os.sep)))  # noqa: PTH206  a stack of steps
    here = os.sep
    while rest:
        step = rest.pop()
        if step in {"", os.curdir}:
            continue
        if step == os.pardir:
            here = os.path.dirname(here)  # noqa: PTH120
            continue
        place = os.path.join(here, step)  # noqa: PTH118
        try:
            target = os.readlink(place)  # noqa: PTH115
        except OSError:  # no link, or not there
            here = place
            continue
        directories.append(here)
        targets.append(target)
        if len(targets) > MAX_LINKS:
            break
        if os.path.isabs(target):  # noqa: PTH117
            here = os.sep
        rest.extend(reversed(target.split(os.sep)))  # noqa: PTH206  steps as they are
    directories.append(os.path.dirname(here))  # noqa: PTH120
    return Way(tuple(dict.fromkeys(directories)), tuple(targets))


def watchable(path: str) -> list[str]:
    """Return the directories to watch: those on the way, or for a missing one the next above."""
    return list(dict.fromkeys(_existing(directory) for directory in follow(path).directories))


def _existing(directory: str) -> str:
    while not os.path.isdir(directory) and directory != os.sep:  # noqa: PTH112
        directory = os.path.dirname(directory)  # noqa: PTH120
    return directory
