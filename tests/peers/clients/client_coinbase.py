"""Coinbase's own client."""

import inspect
import re

import jwt
from coinbase.jwt_generator import _load_private_key, build_rest_jwt
from coinbase.rest import RESTClient
from coinbase.rest.types.accounts_types import ListAccountsResponse
from coinbase.rest.types.base_response import BaseResponse
from coinbase.rest.types.data_api_types import GetAPIKeyPermissionsResponse
from coinbase.rest.types.orders_types import ListOrdersResponse
from coinbase.rest.types.product_types import ListProductsResponse
from coinbase.rest.types.public_types import GetServerTimeResponse
from harness import Ask, Client, run
from requests.adapters import HTTPAdapter

API = "/api/v3/brokerage"


class Plain(HTTPAdapter):
    """The client knows https alone, and a simulator on loopback has no certificate."""

    def send(self, request, **options):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **options)


def connect(base, key):
    host = base.removeprefix("http://")
    client = RESTClient(api_key=key["api_key"], api_secret=key["secret"], base_url=host, timeout=30)
    client.session.mount(f"https://{host}", Plain())
    return client


def fields(model):
    """The names that the constructor of one of its models looks for, with those inside it."""
    source, module = inspect.getsource(model), inspect.getmodule(model)
    found = {}
    for name in re.findall(r'if "([\w-]+)" in', source):
        hint = re.search(rf"self\.{name}: ([^=]+) =", source)
        words = re.findall(r"\w+", hint[1]) if hint else []
        kinds = [getattr(module, word, None) for word in words]
        inner = [kind for kind in kinds if isinstance(kind, type) and kind is not model]
        models = [kind for kind in inner if issubclass(kind, BaseResponse)]
        found[name] = fields(models[0]) if models else None
    return found


def key(client):
    got = client.get_api_key_permissions()
    return {"rights": {name: value for name, value in got.to_dict().items() if name[:4] == "can_"}}


def balance(client):
    accounts = client.get_accounts().accounts
    return {each.currency: each.available_balance["value"] for each in accounts}


def sign(request, key):
    """Tokens of ES256 are new each time: what is compared is who signed and what it says."""
    token = request["headers"]["Authorization"].removeprefix("Bearer ")
    public = _load_private_key(key["secret"]).public_key()
    options = {"verify_aud": False}
    algorithm = jwt.get_unverified_header(token)["alg"]
    ours = jwt.decode(token, public, algorithms=[algorithm], options=options)
    theirs_token = build_rest_jwt(ours["uri"], key["api_key"], key["secret"])
    theirs = jwt.decode(theirs_token, public, algorithms=[algorithm], options=options)
    heads = [jwt.get_unverified_header(each) for each in (token, theirs_token)]
    pairs = [(heads[0].get(name), heads[1].get(name)) for name in ("alg", "kid", "typ")]
    pairs += [(sorted(ours), sorted(theirs))]
    pairs += [(ours.get(name), theirs.get(name)) for name in ("sub", "iss", "uri")]
    pairs += [(ours["exp"] - ours["nbf"], theirs["exp"] - theirs["nbf"])]
    return [*pairs, (bool(heads[0].get("nonce")), bool(heads[1].get("nonce")))]


run(
    Client(
        packages=("coinbase-advanced-py",),
        connect=connect,
        asks={
            "time": Ask(
                f"{API}/time",
                lambda c: c.get_unix_time().epoch_millis,
                fields(GetServerTimeResponse),
            ),
            "key": Ask(f"{API}/key_permissions", key, fields(GetAPIKeyPermissionsResponse)),
            "balance": Ask(f"{API}/accounts", balance, fields(ListAccountsResponse)),
            "orders": Ask(
                f"{API}/orders/historical/batch",
                lambda c: len(c.list_orders(order_status=["OPEN"]).orders),
                fields(ListOrdersResponse),
            ),
            "spot": Ask(
                f"{API}/market/products",
                lambda c: [
                    each.product_id for each in c.get_public_products(product_type="SPOT").products
                ],
                fields(ListProductsResponse),
            ),
        },
        code=lambda error: f"{error.response.status_code} {error.response.text}",
        sign=sign,
    )
)
