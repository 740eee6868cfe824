"""Documents for these tests, and the way back from what was read to text."""

import json
from pathlib import Path

from bf_reconciler.document import adopt, parse

HERE = Path(__file__).parent
FULL = (HERE / "good" / "full.yaml").read_bytes()
PEPPER = b"pepper"


def sealed(kind="str"):
    return f"ENC[AES256_GCM,data:QQ==,iv:QQ==,tag:QQ==,type:{kind}]"


def a_connection(name="kucoin-main-grid", **changes):
    keys = {key: sealed() for key in ("api_key", "secret", "passphrase")}
    return {"name": name, "exchange": "kucoin", "credentials": keys} | changes


def a_strategy(name="btc-grid", connection="kucoin-main-grid", **changes):
    return {"name": name, "connection": connection, "pairs": ["BTC/USDT"]} | changes


def a_file(connections=None, strategies=None, **changes):
    """A document as text; JSON is YAML, one entry per line."""
    connections = [a_connection()] if connections is None else connections
    strategies = [a_strategy()] if strategies is None else strategies
    lines = [f"{key}: {json.dumps(value)}" for key, value in ({"version": 1} | changes).items()]
    for kind, entries in (("connections", connections), ("strategies", strategies)):
        lines.append(f"{kind}:" + ("" if entries else " []"))
        lines += [f"- {json.dumps(entry)}" for entry in entries]
    return ("\n".join(lines) + "\n").encode()


def many(count, start=0):
    """As many connections, and one strategy for each."""
    names = [f"kucoin-sub-{index}" for index in range(start, start + count)]
    return (
        [a_connection(name) for name in names],
        [a_strategy(f"btc-{name}", name) for name in names],
    )


def read(committed, decrypted=None):
    return parse(committed, decrypted)


def adopted(previous, committed, digest=None):
    """Adopt a document; its own text is its digest."""
    parsed = parse(committed, None) if isinstance(committed, bytes) else committed
    return adopt(
        previous,
        parsed,
        revision="r",
        digest=str(committed) if digest is None else digest,
        pepper=PEPPER,
    )


def written(parsed):
    """What was read, as a document."""
    return a_file(
        [_connection(connection) for connection, _ in parsed.connections],
        [strategy.model_dump(mode="json") for strategy, _ in parsed.strategies],
        policy=parsed.policy.model_dump(mode="json"),
        defaults=parsed.defaults.model_dump(mode="json"),
        halt=parsed.halt and parsed.halt.model_dump(mode="json"),
        runtimes=[_runtime(runtime) for runtime in parsed.runtimes],
    )


def _runtime(runtime):
    dumped = runtime.model_dump(mode="json")
    for key in dumped.keys() & {"password", "secret"}:
        dumped[key] = getattr(runtime, key).get_secret_value()
    return dumped


def _connection(connection):
    dumped = connection.model_dump(mode="json")
    if connection.proxy is not None:
        dumped["proxy"] = connection.proxy.get_secret_value()
    for field in ("credentials", "next"):
        for key in dumped[field] or ():
            secret = getattr(getattr(connection, field), key)
            dumped[field][key] = secret and secret.get_secret_value()
    return dumped
