"""OKX's own client. Its answers are not typed: they are compared with the documents elsewhere."""

from urllib.parse import urlsplit

from harness import Ask, Client, RefusedError, run
from okx import utils
from okx.Account import AccountAPI
from okx.PublicData import PublicAPI
from okx.Trade import TradeAPI

API = "/api/v5"


def connect(base, key):
    secrets = key["api_key"], key["secret"], key["passphrase"]
    return [kind(*secrets, flag="0", domain=base) for kind in (AccountAPI, TradeAPI, PublicAPI)]


def data(answer):
    if answer["code"] != "0":
        raise RefusedError(answer["code"])
    return answer["data"]


def key(clients):
    [got] = data(clients[0].get_account_config())
    return {"rights": got["perm"], "ips": got["ip"], "mode": got["acctLv"]}


def balance(clients):
    [got] = data(clients[0].get_account_balance())
    return {each["ccy"]: each["availBal"] for each in got["details"]}


def instruments(kind):
    return lambda c: [each["instId"] for each in data(c[2].get_instruments(kind))]


def sign(request, key):
    parts, sent = urlsplit(request["url"]), request["headers"]
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    stamp = sent["OK-ACCESS-TIMESTAMP"]
    signed = utils.sign(utils.pre_hash(stamp, "GET", target, "", False), key["secret"])
    made = utils.get_header(
        key["api_key"], signed.decode(), stamp, key["passphrase"], "0", debug=False
    )
    names = ("KEY", "SIGN", "TIMESTAMP", "PASSPHRASE")
    return [(sent[f"OK-ACCESS-{name}"], made[f"OK-ACCESS-{name}"]) for name in names]


run(
    Client(
        packages=("python-okx",),
        connect=connect,
        asks={
            "time": Ask(f"{API}/public/time", lambda c: data(c[2].get_system_time())[0]["ts"]),
            "key": Ask(f"{API}/account/config", key),
            "balance": Ask(f"{API}/account/balance", balance),
            "orders": Ask(
                f"{API}/trade/orders-pending", lambda c: len(data(c[1].get_order_list()))
            ),
            "spot": Ask(f"{API}/public/instruments?instType=SPOT", instruments("SPOT")),
            "futures": Ask(f"{API}/public/instruments?instType=SWAP", instruments("SWAP")),
        },
        code=str,
        sign=sign,
    )
)
