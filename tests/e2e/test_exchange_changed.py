"""Two keys of one exchange with a permission that nobody documents are reported once."""

import pytest

from e2e.fleet import SECRETS, a_fleet, a_strategy, a_world

pytestmark = pytest.mark.slow
SECOND = {"exchange": "kucoin", **SECRETS, "api_key": "KEY-OF-second"}


async def test_two_keys_with_an_undocumented_permission_are_one_incident(tmp_path):
    async with a_fleet(tmp_path, a_world(second=SECOND)) as fleet:
        keys = {"kucoin-main": SECRETS, "kucoin-second": {**SECRETS, "api_key": "KEY-OF-second"}}
        fleet.declare(
            [fleet.connection(name, credentials=secrets) for name, secrets in keys.items()],
            [a_strategy("btc-grid", "kucoin-main")],
        )
        async with fleet.daemon():
            await fleet.connection_is("Online")
            words = fleet.world.keys["second"].permissions
            for name in ("kucoin", "second"):
                fleet.world.patch_key(name, {"permissions": [*words, "Novelty"]})
            found = await fleet.until(fleet.api, lambda status: status["incidents"])
            (incident,) = found["incidents"]
            assert (incident["kind"], incident["scope"]) == ("change", "kucoin")
            assert incident["connections"] == [*keys]
            assert "certify FILE NAME" in incident["remedy"]
            labels = {"kind": "change", "scope": "kucoin", "reason": "ExchangeChanged"}
            assert await fleet.metric("bf_incident", **labels) == 2
            assert "kucoin answers otherwise than documented" in await fleet.api("/")
            (line,) = fleet.logged("incident started")
            assert line["reason"] == "ExchangeChanged"
