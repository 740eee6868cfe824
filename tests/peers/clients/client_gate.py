"""Gate's own client."""

from unittest import mock
from urllib.parse import unquote, urlsplit

import gate_api
from gate_api import api_client, models
from harness import Ask, Client, run


def connect(base, key):
    configuration = gate_api.Configuration(
        host=f"{base}/api/v4", key=key["api_key"], secret=key["secret"]
    )
    client = gate_api.ApiClient(configuration)
    return [kind(client) for kind in (gate_api.AccountApi, gate_api.SpotApi, gate_api.FuturesApi)]


def fields(name):
    """The names of one of its models, with those inside it."""
    model = getattr(models, name)
    return {
        model.attribute_map[attribute]: inner(kind)
        for attribute, kind in model.openapi_types.items()
    }


def inner(kind):
    name = kind.removeprefix("list[").removesuffix("]")
    return fields(name) if hasattr(models, name) else None


def keys(clients):
    return clients[0].get_account_main_keys().to_dict()


def balance(clients):
    return {each.currency: each.available for each in clients[1].list_spot_accounts()}


def sign(request, key):
    parts, sent = urlsplit(request["url"]), request["headers"]
    configuration = gate_api.Configuration(key=key["api_key"], secret=key["secret"])
    client = gate_api.ApiClient(configuration)
    with mock.patch.object(api_client, "time") as clock:
        clock.time.return_value = sent["Timestamp"]
        made = client.gen_sign("GET", parts.path, unquote(parts.query))
    return [(sent[name], made[name]) for name in ("KEY", "Timestamp", "SIGN")]


API = "/api/v4"
run(
    Client(
        packages=("gate-api",),
        connect=connect,
        asks={
            "time": Ask(
                f"{API}/spot/time",
                lambda c: c[1].get_system_time().server_time,
                fields("SystemTime"),
            ),
            "key": Ask(
                f"{API}/account/detail",
                lambda c: {"ips": c[0].get_account_detail().ip_whitelist},
                fields("AccountDetail"),
            ),
            "keys": Ask(f"{API}/account/main_keys", keys, fields("AccountKeyInfo")),
            "balance": Ask(f"{API}/spot/accounts", balance, fields("SpotAccount")),
            "orders": Ask(f"{API}/spot/open_orders", lambda c: len(c[1].list_all_open_orders())),
            "spot": Ask(
                f"{API}/spot/currency_pairs",
                lambda c: [each.id for each in c[1].list_currency_pairs()],
                fields("CurrencyPair"),
            ),
            "futures": Ask(
                f"{API}/futures/usdt/contracts",
                lambda c: [each.name for each in c[2].list_futures_contracts("usdt")],
                fields("Contract"),
            ),
        },
        code=lambda error: error.label,
        sign=sign,
    )
)
