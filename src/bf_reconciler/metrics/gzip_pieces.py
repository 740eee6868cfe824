"""Pieces of a text that are compressed once each, and put together as one gzip stream.

10,000 connections are 120 MB at every scrape, and 4 MB compressed, nearly all of it the same as at
the last one. So a piece is compressed by itself and kept; a stream is the pieces one after another,
between the head and the checksum of gzip. That sum is computed from those of the pieces, as zlib's
``crc32_combine`` does it, which Python does not offer. (A gzip member per piece would need none of
this, but some readers stop after the first member.)
"""

import zlib
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final, NamedTuple

LEVEL: Final = 1
"""Higher levels take up to three times as long, and save a tenth."""
HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
LAST_BLOCK: Final = b"\x03\x00"
"""An empty block of deflate that is marked as the last one."""
POLYNOMIAL: Final = 0xEDB88320
ONE: Final = 0x80000000
"""The polynomial 1; bits are mirrored, as everywhere in this checksum."""


class Piece(NamedTuple):
    """A compressed piece: its blocks of deflate, and what the sum over it and others needs."""

    blocks: bytes
    crc: int
    size: int
    shift: int
    """By this, the sum of what stands before is multiplied."""

    def plain(self) -> bytes:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(self.blocks)


def compressed(text: str) -> Piece:
    plain = text.encode(errors="replace")
    packer = zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)
    blocks = packer.compress(plain) + packer.flush(zlib.Z_SYNC_FLUSH)
    return Piece(blocks, zlib.crc32(plain), len(plain), _shift(len(plain)))


NOTHING: Final = Piece(b"", 0, 0, ONE)


def gzipped(pieces: Iterable[Piece]) -> Iterator[bytes]:
    """The pieces as one gzip stream."""
    crc = size = 0
    yield HEAD
    for piece in pieces:
        crc = _product(piece.shift, crc) ^ piece.crc
        size += piece.size
        yield piece.blocks
    tail = crc.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")
    yield LAST_BLOCK + tail


def _product(one: int, other: int) -> int:
    """Two polynomials over GF(2) multiplied, modulo that of the checksum."""
    product = 0
    while one:
        if one & ONE:
            product ^= other
        one = (one << 1) & 0xFFFFFFFF
        other = (other >> 1) ^ POLYNOMIAL if other & 1 else other >> 1
    return product


def _shift(size: int) -> int:
    """What so many bytes behind it do to a sum: x to the power of their bits."""
    shift = ONE
    for bit in range(size.bit_length()):
        if size >> bit & 1:
            shift = _product(_doubled(bit), shift)
    return shift


@cache
def _doubled(times: int) -> int:
    """The power of x that is eight bits, squared so many times."""
    return ONE >> 8 if times == 0 else _product(_doubled(times - 1), _doubled(times - 1))
