"""A thief at the simulator: signs calls with ccxt, from any address, and shows what it achieves.

Nothing of ours stands between: what goes out is what ccxt signs, a POST as well as a GET.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from aiohttp import ClientSession

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Scope
from bf_reconciler.probe.ccxt_import import exchange_class
from bf_reconciler.probe.client import moved
from bf_reconciler.simulator import Key, Simulator
from simulator.signing import send

ELSEWHERE = "203.0.113.66"
Act = tuple[str, dict[str, str]]
"""The implicit method of ccxt, and its parameters."""
PAIR = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET"}

ACTS: dict[str, dict[Scope, tuple[Act, ...]]] = {
    "binance": {
        Scope.SPOT: (("privatePostOrder", PAIR),),
        Scope.FUTURES: (("fapiPrivatePostOrder", PAIR),),
        Scope.TRANSFER: (("sapiPostAssetTransfer", {}),),
        Scope.WITHDRAW: (("sapiPostCapitalWithdrawApply", {}),),
    },
    "bybit": {
        Scope.SPOT: (("privatePostV5OrderCreate", {"category": "spot"}),),
        Scope.FUTURES: (("privatePostV5OrderCreate", {"category": "linear"}),),
        Scope.TRANSFER: (("privatePostV5AssetTransferInterTransfer", {}),),
        Scope.WITHDRAW: (("privatePostV5AssetWithdrawCreate", {}),),
        Scope.ACCOUNT: (("privatePostV5UserUpdateApi", {}),),
    },
    "okx": {
        Scope.SPOT: (("privatePostTradeOrder", {"instId": "BTC-USDT"}),),
        Scope.FUTURES: (("privatePostTradeOrder", {"instId": "BTC-USDT-SWAP"}),),
        Scope.TRANSFER: (("privatePostAssetTransfer", {}),),
        Scope.WITHDRAW: (("privatePostAssetWithdrawal", {}),),
    },
    "gate": {
        Scope.SPOT: (("privateSpotPostOrders", {}),),
        Scope.FUTURES: (("privateFuturesPostSettleOrders", {"settle": "usdt"}),),
        Scope.TRANSFER: (("privateWalletPostTransfers", {}),),
        Scope.WITHDRAW: (("privateWithdrawalsPostWithdrawals", {}),),
    },
    "bitget": {
        Scope.SPOT: (("privateSpotPostV2SpotTradePlaceOrder", {}),),
        Scope.FUTURES: (("privateMixPostV2MixOrderPlaceOrder", {}),),
        Scope.TRANSFER: (("privateSpotPostV2SpotWalletTransfer", {}),),
        Scope.WITHDRAW: (("privateSpotPostV2SpotWalletWithdrawal", {}),),
    },
    "bingx": {
        Scope.SPOT: (("spotV1PrivatePostTradeOrder", {}),),
        Scope.FUTURES: (("swapV2PrivatePostTradeOrder", {}),),
        Scope.TRANSFER: (("apiAssetV1PrivatePostTransfer", {}),),
        Scope.WITHDRAW: (
            ("walletsV1PrivatePostCapitalWithdrawApply", {}),
            ("walletsV1PrivatePostCapitalInnerTransferApply", {}),
        ),
    },
    "htx": {
        Scope.SPOT: (("spotPrivatePostV1OrderOrdersPlace", {}),),
        Scope.TRANSFER: (("spotPrivatePostV2AccountTransfer", {}),),
        Scope.WITHDRAW: (("spotPrivatePostV1DwWithdrawApiCreate", {}),),
    },
    "coinbase": {
        Scope.SPOT: (("v3PrivatePostBrokerageOrders", {}),),
        Scope.TRANSFER: (("v3PrivatePostBrokeragePortfoliosMoveFunds", {}),),
        Scope.WITHDRAW: (("v2PrivatePostAccountsAccountIdTransactions", {"account_id": "1"}),),
    },
    "kraken": {
        Scope.SPOT: (("privatePostAddOrder", {}),),
        Scope.WITHDRAW: (("privatePostWithdraw", {}),),
    },
    "kucoin": {
        Scope.SPOT: (("privatePostHfOrders", {"clientOid": "1"}),),
        Scope.TRANSFER: (
            ("privatePostAccountsUniversalTransfer", {}),
            ("privatePostAccountsInnerTransfer", {}),
        ),
        Scope.WITHDRAW: (("privatePostWithdrawals", {}),),
    },
    "mexc": {
        Scope.SPOT: (("spotPrivatePostOrder", PAIR),),
        Scope.TRANSFER: (("spotPrivatePostCapitalTransfer", {}),),
        Scope.WITHDRAW: (
            ("spotPrivatePostCapitalWithdraw", {}),
            ("spotPrivatePostCapitalTransferInternal", {}),
        ),
    },
}
"""What a thief tries, by the right that it takes; reads are those of the row."""


@lru_cache
def _kind(exchange):
    """A class of ccxt whose calls end where they are signed."""

    def request(self, path, api="public", method="GET", params=None, **_):
        signed = self.sign(path, api, method, dict(params or {}))
        headers = self.prepare_request_headers(signed["headers"])
        return signed["method"], signed["url"], headers, signed["body"] or ""

    row = EXCHANGES[exchange]
    return type("Attacker", (exchange_class(row.ccxt),), {"request": request})


@dataclass
class Attacker:
    """Whoever has the key of somebody else."""

    sim: Simulator
    session: ClientSession
    key: Key

    async def achieves(self, scope: Scope, address: str | None = None) -> bool:
        """Whether anything of what this right permits succeeds from an address."""
        self.sim.world.patch_faults(self.key.exchange, {"client_ip": address})
        acts = ACTS[self.key.exchange].get(scope, ())
        if scope is Scope.READ:
            row = EXCHANGES[self.key.exchange]
            both = (row.calls.balance.call, row.calls.orders.call)
            acts = [(call.method, self._filled(call)) for call in both]
        return any([await self._does(*act) for act in acts])

    def _filled(self, call) -> dict[str, str]:
        row = EXCHANGES[self.key.exchange]
        symbol = row.markets.spelling.symbol("BTC/USDT")
        return {
            name: symbol if value == "{symbol}" else value for name, value in call.params.items()
        }

    @cached_property
    def _client(self) -> Any:
        row, key = EXCHANGES[self.key.exchange], self.key
        client = _kind(key.exchange)({"enableRateLimit": False})
        client.apiKey, client.password = key.api_key, key.passphrase
        client.secret = row.signing.read_secret(key.api_key, key.secret)
        return client

    async def _does(self, method: str, params: dict[str, str]) -> bool:
        row, key = EXCHANGES[self.key.exchange], self.key
        verb, url, headers, body = getattr(self._client, method)(params)
        wire = moved(url, self.sim.base(key.exchange))
        reply = await send(self.session, verb, wire, headers=headers, body=body)
        return reply.status < 400 and row.refusals.read(reply.body) is None
