"""What is right to come out where clients judge the simulator, and why where that is no accord."""

COINBASE = "401 Unauthorized"
REFUSALS = {
    "kucoin": ["400005", "400003", "400002", "400004"],
    "mexc": ["700002", "10072", "700003"],
    "binance": ["-1022", "-2008", "-1021"],
    "okx": ["50113", "50119", "50102", "50105"],
    "bybit": ["10004", "10003", "10002"],
    "bitget": ["40009", "40037", "40008", "40012"],
    "gate": ["INVALID_SIGNATURE", "INVALID_KEY", "REQUEST_EXPIRED"],
    "htx": ["1003", "1002", "1003"],
    "bingx": ["100001", "100413", "100421"],
    "coinbase": [COINBASE, COINBASE, COINBASE],
    "kraken": ["EAPI:Invalid signature", "EAPI:Invalid key", "EAPI:Invalid nonce"],
}
"""Code by exchange of a wrong secret, an unknown key, a wrong clock, and a wrong passphrase."""

OWN = {
    # The exchange's own example has a name that its schema, and so its client, spells otherwise.
    "gate": {"[].updated_at", "[].update_at"},
    # A main account's key has no name of a sub-account.
    "kucoin": {".subName"},
    # The client has one model for all kinds of filters, and one for limits of other answers.
    "binance": {".rateLimits[].count"},
}
"""Names that a client's model has and our answer lacks, or the other way round, for a reason."""
FILTERS = ".symbols[].filters[]"
"""A list whose entries are of several kinds, in one model of Binance's client."""
