"""What happens in the demo, step by step, and what must be seen of each."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bf_reconciler.demo.stage import Stage
from bf_reconciler.facts import Language
from bf_reconciler.simulator import World


@dataclass(frozen=True, slots=True)
class Scene:
    """What a step may touch. ``ask`` has a connection tested at once."""

    world: World
    stage: Stage
    ask: Callable[[str], Awaitable[None]]

    async def in_thread(self, act: Callable[..., None], *arguments: str) -> None:
        """Run what blocks in a thread. It ends before we do: its folder is removed afterwards."""
        work = asyncio.ensure_future(asyncio.to_thread(act, *arguments))
        try:
            await asyncio.shield(work)
        finally:
            await asyncio.wait({work})


ON_STATES = frozenset({"Enabled", "Holding"})


@dataclass(frozen=True, slots=True)
class Step:
    """One change, and what must be seen: (status, reason) by name; the file taken or why not.

    The bot of each strategy must do the same: its word counts, not what it was told.
    """

    says: Mapping[Language, str]
    act: Callable[[Scene], Awaitable[None]]
    expects: Mapping[str, tuple[str, str]]
    refused: str | None = None

    def holds(self, status: Mapping[str, Any]) -> bool:
        config = status["config"]
        if config["last_reload_successful"] != (self.refused is None):
            return False
        if self.refused is not None and config["reason"] != self.refused:
            return False
        return self.seen(status) == dict(self.expects) and all(
            running == ("running" if self.expects[name][0] in ON_STATES else "paused")
            for name, running in self.bots(status)
        )

    def bots(self, status: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What the bots of this step's strategies say that they do."""
        found = ((e["name"], e["running"]) for e in status["strategies"])
        return [(name, running) for name, running in found if name in self.expects]

    def seen(self, status: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
        """What the status says of the names of this step."""
        return {e["name"]: _word(e) for e in entries(status) if e["name"] in self.expects}


def entries(status: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [*status["connections"], *status["strategies"]]


def _word(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["status"], next((c["reason"] for c in entry["conditions"]), "")


def _keys(**changes: Mapping[str, object]) -> Callable[[Scene], Awaitable[None]]:
    """Change keys at their exchange; names are written with _ for -."""

    async def act(scene: Scene) -> None:
        for name, change in changes.items():
            scene.world.patch_key(name.replace("_", "-"), dict(change))

    return act


async def _nothing(_: Scene) -> None:
    return


async def _restore(scene: Scene) -> None:
    scene.world.patch_key("mexc-main", {"revoked": False})
    scene.world.patch_key("kucoin-main", {"ips": ["127.0.0.1"]})
    await scene.ask("mexc-main-dca")
    await scene.ask("kucoin-main-grid")


async def _down(scene: Scene) -> None:
    scene.world.put_faults("kucoin", {"status": 503})


async def _up(scene: Scene) -> None:
    scene.world.put_faults("kucoin", {})


async def _tamper(scene: Scene) -> None:
    await scene.in_thread(scene.stage.tamper, "amount: 500", "amount: 5000", "Raise the limit")


async def _revert(scene: Scene) -> None:
    await scene.in_thread(scene.stage.revert)


async def _turn_off(scene: Scene) -> None:
    place, message = '["strategies"][1]["enabled"]', "Turn sol-dca off"
    await scene.in_thread(scene.stage.set, place, "false", message)


ONLINE = ("Online", "Connected")
ON = ("Enabled", "Connected")


def _both(connection: str, strategy: str, reason: str) -> Mapping[str, tuple[str, str]]:
    """A connection that is Blocked, and its strategy with it."""
    return {connection: ("Blocked", reason), strategy: ("Blocked", reason)}


STEPS: tuple[Step, ...] = (
    Step(
        {
            "en": "The first commit is loaded. One can withdraw, one cannot trade; the rest run.",
            "tr": "İlk commit yüklenir. Biri para çekebilir, biri işlem yapamaz; kalanlar çalışır.",
        },
        _nothing,
        {
            "kucoin-main-grid": ONLINE,
            "mexc-main-dca": ONLINE,
            "btc-grid": ON,
            "sol-dca": ON,
            **_both("kucoin-old-payout", "eth-grid", "WithdrawEnabled"),
            **_both("mexc-sub-audit", "xrp-dca", "NoTradePermission"),
        },
    ),
    Step(
        {
            "en": "Somebody enables withdrawal at KuCoin. The strategy is turned off.",
            "tr": "Biri KuCoin'de para çekme iznini açar. Strateji kapatılır.",
        },
        _keys(kucoin_main={"withdraw": True}),
        _both("kucoin-main-grid", "btc-grid", "WithdrawEnabled"),
    ),
    Step(
        {
            "en": "Withdrawal is disabled again. After two passed tests the strategy is turned on.",
            "tr": "Para çekme yeniden kapatılır. Başarılı iki testten sonra strateji açılır.",
        },
        _keys(kucoin_main={"withdraw": False}),
        {"kucoin-main-grid": ONLINE, "btc-grid": ON},
    ),
    Step(
        {
            "en": "The key that could not trade gets the permission, as advised.",
            "tr": "İşlem yapamayan anahtara, önerildiği gibi izin verilir.",
        },
        _keys(mexc_readonly={"trade": True}),
        {"mexc-sub-audit": ONLINE, "xrp-dca": ON},
    ),
    Step(
        {
            "en": "A key is revoked at MEXC. It is re-tested before its strategy is stopped.",
            "tr": "MEXC'te bir anahtar iptal edilir. Strateji durmadan önce yeniden test edilir.",
        },
        _keys(mexc_main={"revoked": True}),
        _both("mexc-main-dca", "sol-dca", "InvalidKey"),
    ),
    Step(
        {
            "en": "The server's address is removed from the allowlist at KuCoin.",
            "tr": "Sunucunun adresi KuCoin'deki izin listesinden çıkarılır.",
        },
        _keys(kucoin_main={"ips": ["203.0.113.7"]}),
        _both("kucoin-main-grid", "btc-grid", "IPNotAllowed"),
    ),
    Step(
        {
            "en": "Both are fixed, and a person requests a test.",
            "tr": "İkisi de düzeltilir ve biri test ister.",
        },
        _restore,
        {"kucoin-main-grid": ONLINE, "btc-grid": ON, "mexc-main-dca": ONLINE, "sol-dca": ON},
    ),
    Step(
        {
            "en": "KuCoin is down. Running strategies keep running for one minute of grace.",
            "tr": "KuCoin'e ulaşılamaz. Stratejiler bir dakikalık tolerans boyunca çalışır.",
        },
        _down,
        {
            "kucoin-main-grid": ("Unreachable", "ExchangeUnavailable"),
            "btc-grid": ("Holding", "ExchangeUnavailable"),
        },
    ),
    Step(
        {
            "en": "KuCoin is back.",
            "tr": "KuCoin yeniden hizmet verir.",
        },
        _up,
        {"kucoin-main-grid": ONLINE, "btc-grid": ON},
    ),
    Step(
        {
            "en": "A commit changes a limit without sops. It is rejected; the last good one stays.",
            "tr": "Bir commit sops olmadan bir sınırı değiştirir. Reddedilir; son geçerlisi kalır.",
        },
        _tamper,
        {"btc-grid": ON, "sol-dca": ON},
        refused="IntegrityCheckFailed",
    ),
    Step(
        {
            "en": "That commit is reverted, and the error is gone.",
            "tr": "O commit geri alınır ve hata giderilir.",
        },
        _revert,
        {"btc-grid": ON, "sol-dca": ON},
    ),
    Step(
        {
            "en": "A commit, made with sops, turns a strategy off.",
            "tr": "sops ile yapılan bir commit bir stratejiyi kapatır.",
        },
        _turn_off,
        {"sol-dca": ("Disabled", "Disabled"), "btc-grid": ON},
    ),
)
