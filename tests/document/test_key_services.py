"""Key services in the metadata of SOPS: only those that a flag allows."""

import json

import pytest

from bf_reconciler.document import parse
from bf_reconciler.facts import KEY_SERVICES, ConfigReason, Rules
from document.sample import a_file

VAULT = {"vault_address": "https://vault.example:8200", "engine_path": "transit", "key_name": "k"}
ENTRIES = {
    "hc_vault": VAULT,
    "azure_kv": {"vault_url": "https://name.vault.azure.net", "name": "k"},
    "kms": {"arn": "arn:aws:kms:us-east-1:1:key/1"},
    "gcp_kms": {"resource_id": "projects/p/locations/l/keyRings/r/cryptoKeys/k"},
    "hckms": {"key_id": "region:1"},
}
ADDRESSES = {kind: next(iter(entry.values())) for kind, entry in ENTRIES.items()}


def problems(block, *allowed):
    parsed = parse(a_file(sops=block), None, Rules(key_services=frozenset(allowed)))
    found = [p for p in parsed.problems if p.severity == "error"]
    assert parsed.refused == bool(found)
    return found


def reasons(block, *allowed):
    return {problem.reason for problem in problems(block, *allowed)}


REFUSED = {ConfigReason.KEY_SERVICE_NOT_ALLOWED}


@pytest.mark.parametrize(
    "block",
    [
        {"age": [{"recipient": "age1x"}], "pgp": [{"fp": "x"}]},
        {"kms": [], "gcp_kms": None, "hc_vault": {}, "key_groups": [], "mac": "x", "version": "3"},
        {"key_groups": [{"age": [{"recipient": "age1x"}]}, {"pgp": [{"fp": "x"}]}, None]},
    ],
)
def test_age_and_pgp_need_no_flag(block):
    assert problems(block) == []


@pytest.mark.parametrize("kind", KEY_SERVICES)
def test_a_key_service_is_refused_without_its_flag(kind):
    for block in (
        {kind: [ENTRIES[kind]]},
        {"age": [{}], kind: [ENTRIES[kind]]},
        {kind: ENTRIES[kind]},
        {kind: "words"},
        {kind: ["words"]},
        {"key_groups": [{"age": [{}]}, {kind: [ENTRIES[kind]]}]},
        {"key_groups": [{"key_groups": [{kind: [ENTRIES[kind]]}]}]},
    ):
        assert reasons(block) == REFUSED, block
        others = [(other, "") for other in KEY_SERVICES if other != kind]
        assert reasons(block, *others) == REFUSED, block


@pytest.mark.parametrize("kind", KEY_SERVICES)
def test_a_flag_allows_a_kind_or_one_address_of_it(kind):
    block, address = {kind: [ENTRIES[kind]]}, ADDRESSES[kind]
    assert problems(block, (kind, "")) == []
    assert problems(block, (kind, address)) == []
    assert problems(block, (kind, "elsewhere"), (kind, address)) == []
    (problem,) = problems(block, (kind, "elsewhere"))
    assert problem.path == f"sops.{kind}.0"
    assert address not in problem.message


def test_the_address_is_compared_whole():
    for address in (
        "https://vault.example:8200.evil.example",
        "https://vault.example",
        "",
        5,
        None,
    ):
        block = {"hc_vault": [{**VAULT, "vault_address": address}]}
        assert reasons(block, ("hc_vault", VAULT["vault_address"])) == REFUSED, address
    slash = {"hc_vault": [{**VAULT, "vault_address": "https://vault.example:8200/"}]}
    assert problems(slash, ("hc_vault", VAULT["vault_address"])) == []


def test_a_key_without_an_address_is_never_allowed():
    assert reasons({"hc_vault": [{"key_name": "k"}]}, ("hc_vault", "")) == REFUSED


def test_a_kind_that_nobody_knows_is_refused():
    (problem,) = problems({"new_kms": [{"url": "https://evil.example"}]})
    assert problem.reason is ConfigReason.KEY_SERVICE_NOT_ALLOWED
    assert "unknown kind" in problem.message


def test_hundreds_of_keys_are_refused():
    assert problems({"hc_vault": [VAULT] * 32}, ("hc_vault", "")) == []
    assert reasons({"hc_vault": [VAULT] * 33}, ("hc_vault", "")) == REFUSED


def test_names_that_only_yaml_takes_apart_are_the_same():
    text = a_file().decode()
    for block in (
        'sops:\n  "hc\\x5fvault": [{vault_address: x}]\n',
        "x: &k [{vault_address: x}]\nsops:\n  hc_vault: *k\n",
        "x: &k {hc_vault: [{vault_address: x}]}\nsops: *k\n",
    ):
        parsed = parse((text + block).encode(), None)
        assert parsed.refused
        assert {p.reason for p in parsed.errors} >= REFUSED, block


@pytest.mark.parametrize(
    "block",
    [
        "sops:\n  mac: a\n  mac: b\n",
        "sops:\n  <<: {hc_vault: [{vault_address: x}]}\n",
        "sops:\n  !!binary aGNfdmF1bHQ=: [{vault_address: x}]\n",
        "sops: !x {mac: a}\n",
        "sops: {mac: a}\nsops: {hc_vault: [{vault_address: x}]}\n",
        "<<: {sops: {hc_vault: [{vault_address: x}]}}\n",
    ],
)
def test_a_block_that_two_programs_may_read_differently_is_refused(block):
    assert parse(a_file() + block.encode(), None).refused


@pytest.mark.parametrize("block", [None, "words", 5, ["list"]])
def test_a_block_that_is_no_mapping_names_no_service(block):
    committed = a_file() + f"sops: {json.dumps(block)}\n".encode()
    assert ConfigReason.KEY_SERVICE_NOT_ALLOWED not in {
        problem.reason for problem in parse(committed, None).problems
    }
