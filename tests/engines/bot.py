"""A real freqtrade, in an environment and a process of its own, which trades on the simulator."""

import asyncio
import contextlib
import json
import os
from pathlib import Path

import aiohttp

from e2e.fleet import DEADLINE, credentials_of, until
from ports import free_port

ENVIRONMENT = Path(__file__).parents[2] / ".venv" / "freqtrade"
PROGRAM = ENVIRONMENT / "bin" / "freqtrade"
USERNAME, PASSWORD = "bf", "SENTINELPASSWORD41c0"
STRATEGY = '''
from freqtrade.strategy import IStrategy


class Always(IStrategy):
    """Buys whatever is not held, and sells with a profit of 2 percent."""

    INTERFACE_VERSION = 3
    timeframe = "1m"
    minimal_roi = {"0": 0.02}
    stoploss = -0.5
    startup_candle_count = 0
    process_only_new_candles = False

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe["exit_long"] = 0
        return dataframe
'''
KUCOIN = (
    *("public", "private", "futuresPublic", "futuresPrivate", "webExchange", "broker", "earn"),
    *("uta", "utaV2", "utaPrivate"),
)


def urls(exchange, base):
    """Where ccxt asks in place of the exchange."""
    if exchange == "kucoin":
        return dict.fromkeys(KUCOIN, base)
    return {
        "spot": {"public": base, "private": base},
        "contract": {"public": f"{base}/api/v1/contract", "private": f"{base}/api/v1/private"},
    }


class Bot:
    """One freqtrade. It may be killed and started again; its database stays."""

    def __init__(self, folder, session, exchange, base, **config):
        self.folder, self.session, self.port = folder, session, free_port()
        self.child = None
        (folder / "strategies").mkdir(parents=True)
        (folder / "strategies" / "always.py").write_text(STRATEGY)
        self.config = {
            "bot_name": "btc-grid",
            "initial_state": "stopped",
            "dry_run": True,
            "dry_run_wallet": 1000,
            "trading_mode": "spot",
            "margin_mode": "",
            "stake_currency": "USDT",
            "stake_amount": 50,
            "max_open_trades": 1,
            "fiat_display_currency": "",
            "unfilledtimeout": {"entry": 10, "exit": 10, "unit": "minutes"},
            "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
            "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
            "order_types": {
                "entry": "market",
                "exit": "market",
                "stoploss": "market",
                "stoploss_on_exchange": False,
            },
            "pairlists": [{"method": "StaticPairList"}],
            "exchange": {
                "name": exchange,
                **freqtrade_names(credentials_of(exchange)),
                "pair_whitelist": ["BTC/USDT"],
                "pair_blacklist": [],
                "enable_ws": False,
                "ccxt_config": {"urls": {"api": urls(exchange, base)}, "enableRateLimit": False},
            },
            "api_server": {
                "enabled": True,
                "listen_ip_address": "127.0.0.1",
                "listen_port": self.port,
                "verbosity": "error",
                "jwt_secret_key": "a-secret-of-this-test-alone-0123456789",
                "ws_token": "a-token-of-this-test",
                "username": USERNAME,
                "password": PASSWORD,
            },
            "internals": {"process_throttle_secs": 1},
            "db_url": f"sqlite:///{folder / 'trades.sqlite'}",
            "strategy": "Always",
            "user_data_dir": str(folder),
        } | config

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self):
        path = self.folder / "freqtrade.log"
        return path.read_text() if path.exists() else ""

    async def start(self):
        path = self.folder / "config.json"
        path.write_text(json.dumps(self.config))
        words = ("trade", "--config", str(path), "--strategy-path", str(self.folder / "strategies"))
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        with (self.folder / "freqtrade.log").open("ab") as log:
            self.child = await asyncio.create_subprocess_exec(
                PROGRAM, *words, env=environ, cwd=self.folder, stdout=log, stderr=log
            )

    async def kill(self):
        """End it without a word, as a crash of its machine would."""
        with contextlib.suppress(ProcessLookupError):
            self.child.kill()
        await self.child.wait()

    async def ask(self, path, method="GET", body=None):
        login = {"Authorization": aiohttp.encode_basic_auth(USERNAME, PASSWORD)}
        async with self.session.request(
            method, f"{self.url}/api/v1/{path}", json=body, headers=login
        ) as answer:
            return await answer.json()

    async def state(self):
        return (await self.ask("show_config"))["state"]

    async def state_is(self, state):
        return await self.state() == state

    async def is_in(self, *states, seconds=DEADLINE):
        async def look():
            assert self.child.returncode is None, self.log
            return await self.state() in states

        await until(look, seconds, lambda: self.log[-4000:])

    async def trades(self):
        """The open ones, by number."""
        return {each["trade_id"]: each for each in await self.ask("status")}


def freqtrade_names(credentials):
    """Keys of a configuration of freqtrade, by those of ours."""
    names = {"api_key": "key", "secret": "secret", "passphrase": "password"}
    return {names[name]: value for name, value in credentials.items()}
