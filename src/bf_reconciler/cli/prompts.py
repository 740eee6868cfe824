"""Asks for secrets on a terminal: nothing that is typed or pasted is shown."""

import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import click

BEGIN, END = "-----BEGIN ", "-----END "


def secret(label: str) -> str:
    """Ask until something is given. A pasted PEM may have many lines.

    Read byte by byte, so that what was pasted further is left to whoever reads next.
    """
    with _without_echo():
        while True:
            click.echo(f"{label}: ", err=True, nl=False)
            lines = [_line()]
            while BEGIN in lines[0] and END not in lines[-1]:
                lines.append(_line())
            click.echo(err=True)
            if text := "\n".join(lines).strip():
                return text


def _line() -> str:
    read = bytearray()
    while (byte := os.read(sys.stdin.fileno(), 1)) not in {b"", b"\n"}:
        read += byte
    if not byte and not read:
        raise click.Abort
    return read.decode(errors="replace").strip()


@contextmanager
def _without_echo() -> Iterator[None]:
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    silent = termios.tcgetattr(terminal)
    silent[3] &= ~termios.ECHO
    termios.tcsetattr(terminal, termios.TCSADRAIN, silent)  # what was typed ahead stays
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
