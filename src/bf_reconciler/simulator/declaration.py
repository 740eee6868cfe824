"""A key of the simulator as a connection of a file: what users of it would write."""

import json

from bf_reconciler.simulator.key import Key


def declaration(name: str, key: Key, endpoint: str) -> list[str]:
    """The lines of the entry, in YAML; its credentials work on this simulator alone."""
    credentials = {"api_key": key.api_key, "secret": key.secret}
    if key.passphrase:
        credentials["passphrase"] = key.passphrase
    return [
        f"  - name: {name}",
        f"    exchange: {key.exchange}",
        *([] if key.environment == "live" else [f"    environment: {key.environment}"]),
        f"    endpoint: {endpoint}",
        "    egress_ips: [127.0.0.1]",
        "    credentials:",
        *(f"      {word}: {json.dumps(value)}" for word, value in credentials.items()),
    ]
