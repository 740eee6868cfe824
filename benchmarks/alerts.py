"""How soon a person is told that something is wrong, and that it is over.

    python benchmarks/alerts.py

A key may withdraw, and may no more. Prometheus and Alertmanager are real, with the rules and the
example of deploy/ and the pace of deploy/compose; the message is taken by a webhook.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))

from e2e.fleet import a_fleet, until  # noqa: E402 # the path is set above
from e2e.programs import an_alertmanager  # noqa: E402
from e2e.test_alerting import a_webhook, alerting_prometheus  # noqa: E402

PACE = "15s"
"""Of scrapes and of rules, as in deploy/compose/prometheus.yaml."""
PATIENCE = 300
Told = list[tuple[str, dict[str, Any]]]


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with a_fleet(Path(folder)) as fleet:
            fleet.declare()
            async with (
                a_webhook() as (webhook, told),
                an_alertmanager(fleet, webhook) as (alertmanager, _),
                fleet.daemon(),
                alerting_prometheus(fleet, alertmanager, PACE),
            ):
                await fleet.strategy_is("Enabled")
                await asyncio.sleep(30)  # both have seen that all is well
                fleet.world.patch_key("kucoin", {"withdraw": True})
                await fleet.strategy_is("Blocked")
                print(f"told that it is wrong: {await seconds_until(told, 'firing'):.0f} s")
                fleet.world.patch_key("kucoin", {"withdraw": False})
                await fleet.strategy_is("Enabled")
                print(f"told that it is over: {await seconds_until(told, 'resolved'):.0f} s")


async def seconds_until(told: Told, status: str) -> float:
    """From now until a message says that the alert has this status."""
    began = time.perf_counter()
    await until(lambda: any(message["status"] == status for _, message in told), PATIENCE)
    return time.perf_counter() - began


if __name__ == "__main__":
    asyncio.run(main())
