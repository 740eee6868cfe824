"""Several daemons on one file: which of them looks after what."""

from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b

from bf_reconciler.facts import Shard
from bf_reconciler.spec.spec import Elsewhere, Spec


@lru_cache(1 << 17)
def owner(name: str, count: int) -> int:
    """Which of so many shards looks after this name: the one that weighs most for it.

    One shard more takes its share from all the others, and moves nothing else.
    """
    return max(range(count), key=lambda index: (_weight(name, index), index))


def _weight(name: str, index: int) -> bytes:
    return blake2b(f"{index}\n{name}".encode(), digest_size=8).digest()


def share(spec: Spec, shard: Shard) -> Spec:
    """What this shard looks after: its connections, and each strategy with its connection.

    An entry whose connection cannot be read goes by its own name.
    """
    if shard.count == 1:
        return spec

    def mine(name: str) -> bool:
        return owner(name, shard.count) == shard.index

    connections = {name: each for name, each in spec.connections.items() if mine(name)}
    strategies = {
        name: each for name, each in spec.strategies.items() if mine(each.strategy.connection)
    }
    broken_connections = {name: to for name, to in spec.broken_connections.items() if mine(name)}
    broken_strategies = {
        name: to for name, to in spec.broken_strategies.items() if mine(to or name)
    }
    others = Elsewhere(
        frozenset({*spec.connections, *spec.broken_connections}).difference(
            connections, broken_connections
        ),
        frozenset({*spec.strategies, *spec.broken_strategies}).difference(
            strategies, broken_strategies
        ),
        {
            name: each.key_fingerprint
            for name, each in spec.connections.items()
            if name not in connections
        },
        {name: spec.pairs[name] for name in spec.twins if name not in connections},
        spec.unread.intersection(spec.twins).difference(connections),
    )
    return replace(
        spec,
        connections=connections,
        strategies=strategies,
        broken_connections=broken_connections,
        broken_strategies=broken_strategies,
        elsewhere=others,
    )
