"""What an IP allowlist admits: addresses, networks, masked entries, and everybody."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

KEPT: Final = 4096
"""Entries whose network is kept: the same list comes with every probe."""
MASK: Final = "*"
UNSPECIFIED: Final = frozenset({"0.0.0.0", "::"})  # nosec B104 # noqa: S104 # addresses to look for, not to bind
MAPPED: Final = 96
"""Bits in front of an IPv4 address that is written as an IPv6 one."""
PUBLIC_V6: Final = ipaddress.IPv6Network("2000::/3")
"""The only part of the IPv6 space from which anybody comes."""
NOT_PUBLIC_V4: Final = tuple(
    ipaddress.IPv4Network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"),
    )
)
"""Nobody comes from here over the Internet: a list admits everybody without them, too."""


@lru_cache(KEPT)
def network(item: str) -> Network | None:
    """An entry as a network, or None where it is masked or no address."""
    try:
        found = ipaddress.ip_network(item, strict=False)
    except ValueError:
        return None
    if found.version == 6 and found.prefixlen >= MAPPED:  # noqa: PLR2004 # IPv6
        plain = found.network_address.ipv4_mapped
        if plain is not None:
            return ipaddress.IPv4Network((plain, found.prefixlen - MAPPED))
    return found


def admits_everybody(listed: Iterable[str]) -> bool:
    """Whether a list restricts nobody: by one entry, or by several that cover all together."""
    wide: list[Network] = []
    for item in listed:
        if item in UNSPECIFIED or (MASK in item and not item.strip("*.:/")):
            return True
        found = network(item) if "/" in item else None
        if found is not None:
            wide.append(found)
    return bool(wide) and (_all_v4(wide) or _all_v6(wide))


def _all_v4(wide: list[Network]) -> bool:
    listed = [each for each in wide if isinstance(each, ipaddress.IPv4Network)]
    if not listed:
        return False
    return next(ipaddress.collapse_addresses([*listed, *NOT_PUBLIC_V4])).prefixlen == 0


def _all_v6(wide: list[Network]) -> bool:
    listed = [each for each in wide if isinstance(each, ipaddress.IPv6Network)]
    return any(PUBLIC_V6.subnet_of(each) for each in ipaddress.collapse_addresses(listed))
