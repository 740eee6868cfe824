"""Any committed file, with anything that sops may give for it, through what reads and adopts it.

An input is the committed text, and after a zero byte the decrypted document as JSON.
"""

import json
import random
import re

import yaml

from bf_reconciler.document import adopt, parse
from bf_reconciler.document.parsed import MAX_PROBLEMS
from bf_reconciler.facts import DEFAULT_RULES
from document.sample import HERE, PEPPER, a_connection, a_file, a_strategy
from fuzz.mutation import changed_json

SENTINEL = "SENTINEL-5e8d60b4"
FIELDS = sorted(
    {
        *("api_key", "passphrase", "secret", "name", "exchange", "endpoint", "proxy", "labels"),
        *("policy", "halt", "suspend", "enabled", "pairs", "connection", "runtime", "attest"),
        *("defaults", "grace", "markets", "egress_ips", "seal", "sops", "mac", "runtimes"),
    }
)
WORDS = [
    *("kucoin", "spot", "futures", "BTC/USDT", "5m", "-1s", "1e400", "2026-11-31", "~", "ENC[x]"),
    *("https://localhost", "0.0.0.0/0", "::1", "\x1b[2J", SENTINEL, "ENC[AES256_GCM,data:QQ==]"),
]


def seeds():
    """Documents of the tests that are good, and those that are bad in one way."""
    for folder in ("good", "bad"):
        for path in sorted((HERE / folder).rglob("*.yaml")):
            yield path.read_bytes()
            yield from _as_json(path.read_bytes())
    whole = a_file([a_connection("a", attest=None)], [a_strategy("b", "a")])
    yield whole
    yield whole + b"\0" + json.dumps({"version": 1, "connections": [], "strategies": []}).encode()


def _as_json(text):
    """The same in JSON, which `mutate` can change value by value; with credentials in it."""
    if b"&" in text or len(text) > 1 << 14:  # an alias may stand for more than memory holds
        return
    try:
        whole = yaml.safe_load(text)
        made = json.dumps(whole)
    except (yaml.YAMLError, ValueError, TypeError):
        return
    yield made.encode()
    yield made.replace("ENC[AES256_GCM,", SENTINEL).encode()
    plain = re.sub(r"ENC\[[^]]*\]", SENTINEL, made)
    yield made.encode() + b"\0" + plain.encode()


def mutate(data, most, seed):
    """One value, name or place of the document, or of what was decrypted, is another."""
    dice = random.Random(seed)  # noqa: S311 # no secret hangs on it
    committed, zero, decrypted = data.partition(b"\0")
    try:
        if zero and dice.random() < 0.5:
            decrypted = _changed(decrypted, dice)
        else:
            committed = _changed(committed, dice)
    except (ValueError, RecursionError):
        return None
    return (committed + zero + decrypted)[:most]


def _changed(text, dice):
    """The same as JSON, which is YAML, with a change."""
    value = json.loads(text)
    return json.dumps(changed_json(value, dice, FIELDS, WORDS), indent=1).encode()


def check(data):
    """Read and adopt it as the daemon would; raises where a law is broken."""
    committed, _, rest = data.partition(b"\0")
    decrypted = _mapping(rest)
    first = _read(committed, None, allow_plaintext=False)
    for each in (
        _read(committed, None, allow_plaintext=True),
        _read(committed, decrypted, allow_plaintext=False),
    ):
        spec, told = adopt(None, each, revision="r", digest="d", pepper=PEPPER)
        again, _ = adopt(spec, each, revision="r", digest="d", pepper=PEPPER)
        assert set(again.connections) == set(spec.connections)
        assert SENTINEL not in repr(spec.connections), "a secret in a repr"
        assert all(problem.message.isprintable() for problem in told)
    repeated = parse(committed, None, DEFAULT_RULES, allow_plaintext=False)
    assert repeated.problems == first.problems, "read twice, it is another"


def _read(committed, decrypted, *, allow_plaintext):
    parsed = parse(committed, decrypted, DEFAULT_RULES, allow_plaintext=allow_plaintext)
    assert len(parsed.problems) <= MAX_PROBLEMS
    assert all(problem.message.isprintable() for problem in parsed.problems)
    assert not parsed.refused or parsed.errors, "refused without a reason"
    assert not parsed.refused or not (parsed.connections or parsed.strategies)
    return parsed


def _mapping(text):
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
