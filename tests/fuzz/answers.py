"""Any answer of an exchange, to any question, through what reads and judges it.

An input is a line that names row, question and HTTP status, and then the body.
"""

import json
import random
from functools import partial

from bf_reconciler.facts import Failure, KeyFacts, Scope, remember
from bf_reconciler.policy import ConditionType
from bf_reconciler.probe import bodies, classify
from bf_reconciler.probe.sanitizer import MAX_MESSAGE, MAX_TEXT, Sanitizer
from bf_reconciler.probe.transport import Answer
from bf_reconciler.spec import Credentials, Policy
from bf_reconciler.verdict.judge import judge_connection
from build import NOW, a_connection, an_observation
from exchanges.cases import CASES
from exchanges.places import changed, present
from fuzz.mutation import changed_json

KEY, SECRET, PHRASE = "SENTINELKEY7f3a91c2", "SENTINELSECRET5e8d60", "SENTINELPHRASE2b9c"
SECRETS = {"api_key": KEY, "secret": SECRET, "passphrase": PHRASE}
ACCOUNTS = {name: rest for case in CASES.values() for name, *rest in case.accounts}
FORMS = {}
for _case in CASES.values():
    for _form in _case.forms:
        _name = f"{_case.row.id}-{_form['instead']}" if "instead" in _form else _case.row.id
        FORMS.setdefault(_name, []).append(_form)
STATUS = ("200", "400", "401", "403", "429", "503", "202", "302")
SIGNED = ("key", "more", "balance", "orders")
QUESTIONS = (*SIGNED, "time", "first", "spot", "futures")
WORDS = sorted(
    {
        *(word for case in CASES.values() for word in case.nearly.WORDS),
        *(KEY, SECRET, PHRASE, KEY[::-1], SECRET.encode().hex(), "\x1b[2J", "0", "0.0.0.0/0"),
    }
)
FIELDS = sorted({field for case in CASES.values() for field in case.nearly.FIELDS})


def seeds():
    """Every documented answer of every exchange."""
    for case in CASES.values():
        name = case.row.id
        for key in case.keys.values():
            account = f"{name}-{key['instead']}" if "instead" in key else name
            yield _input(account, "key", key["body"])
            if "more" in key:
                yield _input(account, "more", key["more"])
        for form in case.forms:
            account = f"{name}-{form['instead']}" if "instead" in form else name
            yield _input(account, form.get("question", "key"), form["body"])
        for body, *_ in case.errors:
            yield _input(name, "key", body, "400")
        for kind in case.row.markets.lists:
            yield _input(name, kind, case.market(kind))[: 1 << 14]


def mutate(data, most, seed):
    """Another input of about this kind: one value, name or place of the body is another."""
    dice = random.Random(seed)  # noqa: S311 # no secret hangs on it
    head, _, body = data.partition(b"\n")
    words = head.decode(errors="replace").split(" ")
    if len(words) != 3 or dice.random() < 0.05:
        words = [dice.choice(list(ACCOUNTS)), dice.choice(SIGNED), dice.choice(STATUS)]
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    made = json.dumps(changed_json(value, dice, FIELDS, WORDS)).encode()
    return (" ".join(words).encode() + b"\n" + made)[:most]


def check(data):
    """Read it as the daemon would; raises where a law is broken."""
    head, _, body = data.partition(b"\n")
    words = head.decode(errors="replace").split(" ")
    if len(words) != 3 or words[0] not in ACCOUNTS or words[2] not in STATUS:
        return
    name, question, status = words
    row, _, says_no = ACCOUNTS[name]
    read = _reader(row, question)
    if read is None:
        return
    told = read(Answer(int(status), {}, body, 0.1))
    if question not in SIGNED:
        assert not isinstance(told, Failure) or _is_clean(told.message, MAX_MESSAGE)
        return
    if isinstance(told, KeyFacts):
        assert not told.granted & told.denied, "both granted and denied"
        if question == "key" and Scope.WITHDRAW in told.denied:
            assert says_no(_own(row, body)), "no document says so"
        if question == "key":
            _withdraws(row, name, body)
    _judge(row, "key" if question == "more" else question, told)


def _withdraws(row, name, body):
    """The same body with the documented word for withdrawals is never read as a no."""
    for form in (form for form in FORMS.get(name, ()) if "withdraws" in form):
        made = {"body": bodies.parse(body)}
        try:
            for path, value in form["withdraws"].items():
                present(made, path)
                made = changed(made, path, value)
        except (KeyError, IndexError, TypeError, ValueError):
            continue
        again = _reader(row, "key")(Answer(200, {}, json.dumps(made["body"]).encode(), 0.1))
        assert not isinstance(again, KeyFacts) or Scope.WITHDRAW not in again.denied


def _judge(row, question, told):
    own = {name: value for name, value in SECRETS.items() if name in row.signing.credentials}
    entry = a_connection(exchange=row.id, credentials=Credentials(**own))
    seen = Sanitizer().observation(entry, an_observation(**{question: told}))
    for text in _texts(seen):
        assert _is_clean(text, MAX_MESSAGE, own.values())
    if isinstance(seen.key, KeyFacts):
        told_texts = (*seen.key.unknown_words, *(seen.key.ips or ()), seen.key.account or "")
        assert all(len(text) <= MAX_TEXT for text in told_texts)
    memory = remember(remember(None, seen), seen)
    verdict = judge_connection(entry, Policy(), memory, NOW)
    holds = {f.type: f.status == "True" for f in verdict.findings}
    denied = isinstance(seen.key, KeyFacts) and Scope.WITHDRAW in seen.key.denied
    assert denied or not holds[ConditionType.WITHDRAW_DISABLED]


def _reader(row, question):
    """What reads the answer to a question; None where this exchange is not asked it."""
    calls = row.calls
    if question in row.markets.lists:
        reads = row.markets.lists[question].read
        return lambda got: classify.read(row, "markets", got, reads, NOW)
    if question == "more" and calls.more is not None:
        nothing = KeyFacts(frozenset(), frozenset())
        return lambda got: classify.read_more(row, calls.more, nothing, KEY, got, NOW)
    if question == "first" and calls.first is not None:
        return lambda got: classify.read_first(row, calls.first, got, NOW)
    found = {
        "time": classify.read_time,
        "key": partial(classify.read_key, api_key=KEY),
        "balance": classify.read_balance,
        "orders": classify.read_orders,
    }
    return partial(_read, found[question], row) if question in found else None


def _read(reader, row, got):
    return reader(row, got, NOW)


def _own(row, body):
    """The part of an answer that is this key's."""
    value = bodies.parse(body)
    return value if row.calls.own is None else row.calls.own(value, KEY)


def _texts(seen):
    """Every text of an observation that an exchange may have had a say in."""
    key = seen.key
    if isinstance(key, KeyFacts):
        yield from (*key.unknown_words, *(key.ips or ()), key.account or "")
    for answer in (seen.time, seen.key, seen.balance, seen.orders):
        if isinstance(answer, Failure):
            yield from (answer.message, answer.code or "", answer.client_ip or "")


def _is_clean(text, most, secrets=()):
    secret = any(each.casefold() in text.casefold() for each in secrets)
    return len(text) <= most and text.isprintable() and not secret


def _input(name, question, body, status="200"):
    text = body if isinstance(body, str) else json.dumps(body)
    return f"{name} {question} {status}\n{text}".encode()
