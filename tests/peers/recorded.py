"""The requests that our own probe signs, as they would go out to the exchanges themselves."""

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.probe.client import Clients
from bf_reconciler.probe.transport import Answer
from edges.probing import entry_of


class Recorder:
    """A transport that goes nowhere."""

    def __init__(self):
        self.sent = []

    async def get(self, url, headers, proxy):
        return await self.post(url, headers, proxy, None)

    async def post(self, url, headers, _, body):
        method = "GET" if body is None else "POST"
        self.sent.append({"method": method, "url": url, "headers": dict(headers), "body": body})
        return Answer(200, {}, b"{}")


def calls_of(row):
    """Every call of a row that takes a key, by a name of ours."""
    kinds = {"": row.calls, **row.calls.instead}
    found = {}
    for code, calls in kinds.items():
        for name in ("key", "balance", "orders"):
            found[f"{name} {code}".strip()] = getattr(calls, name).call
        for name, part in (("first", calls.first), ("more", calls.more)):
            if part is not None:
                found[f"{name} {code}".strip()] = part.call
    return found


async def signed_requests(exchange, keys):
    """Each call of the row, signed with each of these keys: requests with their credentials."""
    recorder, row = Recorder(), EXCHANGES[exchange]
    clients = Clients(recorder)
    await clients.load(row)
    requests = []
    for kind, key in keys.items():
        given = {name: value for name, value in key.items() if value}
        entry = entry_of(exchange, None, pair="ETH/BTC", **given)
        for name, call in calls_of(row).items():
            await clients.ask(entry, row, call)
            requests.append({"name": f"{name}, {kind}", "key": key, **recorder.sent[-1]})
    return requests
