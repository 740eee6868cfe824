"""An allowlist that admits everybody is none; one that admits more than is declared says so."""

from ipaddress import IPv4Network, collapse_addresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.facts.allowlist import admits_everybody, network
from bf_reconciler.policy.access import beyond
from build import OWN_IP, a_key

EVERYBODY = [
    *(["0.0.0.0/0"], ["::/0"], ["::"], ["*"], ["*.*.*.*"], ["203.0.113.7", "*"]),
    ["0.0.0.0"],  # noqa: S104 # read, not bound
    *(["0.0.0.0/1", "128.0.0.0/1"], ["128.0.0.0/1", OWN_IP, "0.0.0.0/1"], ["203.0.113.7/0"]),
    *(["::/1", "8000::/1"], ["2000::/3"], ["::ffff:0:0/96"], ["0:0:0:0:0:0:0:0/0"]),
    ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"],  # nobody comes from 224.0.0.0/3
]
SOMEBODY = [
    *([], [OWN_IP], ["203.**.7"], ["0.0.0.0/1"], ["203.0.113.0/24"], ["0.0.0.0/2", "128.0.0.0/1"]),
    *(["2001:db8::/32"], ["::1"], ["not an address"], ["0.0.0.0/0/0"], ["10.0.0.0/8"]),
]


@pytest.mark.parametrize("listed", EVERYBODY, ids=str)
def test_a_list_that_admits_everybody_binds_nobody(listed):
    assert admits_everybody(listed)
    assert a_key(ip_bound=True, ips=tuple(listed)).ip_bound is False


@pytest.mark.parametrize("listed", SOMEBODY, ids=str)
def test_a_list_of_some_binds(listed):
    assert not admits_everybody(listed)
    assert a_key(ip_bound=True, ips=tuple(listed)).ip_bound is True


@given(st.data())
def test_any_parts_that_cover_all_of_ipv4_admit_everybody(data):
    """Split the whole again and again: all parts are everybody, without a public one not."""
    parts = [IPv4Network("0.0.0.0/0")]
    for _ in range(data.draw(st.integers(1, 6))):
        split = data.draw(st.sampled_from(parts))
        parts.remove(split)
        parts += split.subnets()
    assert next(collapse_addresses(parts)).prefixlen == 0
    shown = data.draw(st.permutations([str(part) for part in parts]))
    assert admits_everybody(shown)
    public = next(str(part) for part in parts if network("203.0.113.7").subnet_of(part))
    assert not admits_everybody([part for part in shown if part != public])


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ([OWN_IP], []),
        ([f"{OWN_IP}/32"], []),
        ([f"::ffff:{OWN_IP}"], []),
        ([OWN_IP, "198.51.100.0/24"], ["198.51.100.0/24"]),
        (["203.0.113.0/24"], ["203.0.113.0/24"]),
        ([OWN_IP, "198.51.100.1"], ["198.51.100.1"]),
        (["203.**.7"], []),
        (["203.**.8"], ["203.**.8"]),
        (["what"], []),
    ],
)
def test_what_a_list_admits_beyond_the_declared_addresses_is_named(listed, found):
    assert list(beyond((OWN_IP,), tuple(listed))) == found


def test_a_network_whose_every_address_is_declared_admits_nobody_else():
    assert beyond(("203.0.113.6", OWN_IP), ("203.0.113.6/31",)) == ()
