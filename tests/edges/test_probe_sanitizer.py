"""Texts of an exchange in an observation: bounded, printable, and never one of our credentials."""

import base64
import copy
import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.exchanges import Unexpected
from bf_reconciler.facts import (
    Balance,
    Clock,
    Failure,
    KeyFacts,
    Observation,
    Orders,
    Reason,
    Scope,
)
from bf_reconciler.probe import classify
from bf_reconciler.probe.sanitizer import (
    MASK,
    MAX_ADDRESSES,
    MAX_KNOWN,
    MAX_NAMES,
    MAX_TEXT,
    MAX_WORDS,
    Sanitizer,
    Secrets,
    printable,
)
from bf_reconciler.probe.transport import Answer
from edges.probing import SECRETS, entry_of
from exchanges.cases import CASES, KEYS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ENTRY = entry_of("kucoin", "http://127.0.0.1:1", proxy="http://user:SENTINELPROXY41d2@127.0.0.1:1")
FORMS = {
    "raw": lambda text: text,
    "hex": lambda text: text.encode().hex(),
    "hex in capitals": lambda text: text.encode().hex().upper(),
    "hex with colons": lambda text: text.encode().hex(":"),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 of more": lambda text: base64.b64encode(b"ab" + text.encode() + b"yz").decode(),
    "reversed": lambda text: text[::-1],
    "case-swapped": lambda text: text.swapcase(),
    "url-encoded": quote,
    "url-encoded whole": lambda text: "".join(f"%{each:02x}" for each in text.encode()),
    "with dashes": "-".join,
    "with zero-width spaces": "\u200b".join,
    "full width": lambda text: "".join(chr(ord(each) + 0xFEE0) for each in text),
}
EVERY = [(form, secret) for form in FORMS for secret in SECRETS.values()]


def seen(key, **changes):
    return Observation(NOW, ENTRY.fingerprint, Clock(0.0, 0.0), key, **changes)


def clean(key, entry=ENTRY):
    return Sanitizer().observation(entry, seen(key)).key


def facts(**changes):
    return replace(KeyFacts(frozenset({Scope.READ}), frozenset({Scope.WITHDRAW})), **changes)


def letters(text):
    """What a person who looks for a secret would compare."""
    return "".join(filter(str.isalnum, text.casefold()))


def betrays(text, secret):
    plain = letters(text)
    data = secret.encode()
    whole = base64.b64encode(data[: len(data) // 3 * 3]).decode()
    wanted = (secret, secret[::-1], data.hex(), whole)
    return any(letters(each) in plain for each in wanted)


@pytest.mark.parametrize(("form", "secret"), EVERY)
def test_a_credential_is_masked_in_every_form_and_place(form, secret):
    text = f"x{FORMS[form](secret)}y"
    found = clean(facts(unknown_words=("Odd", text), ips=(text,), account=text))
    assert found.unknown_words == (MASK, MASK)
    assert (found.ips, found.account) == ((MASK,), MASK)
    assert found.granted == {Scope.READ}
    refused = Failure(Reason.INVALID_KEY, f"Answered with code {text}.", 400, text, None, text)
    failure = clean(refused)
    assert (failure.code, failure.client_ip) == (MASK, MASK)
    assert failure.message == f"Answered with code {MASK}."


def test_the_password_of_a_proxy_is_a_credential():
    assert clean(facts(account="SENTINELPROXY41d2")).account == MASK


def test_a_credential_in_pieces_is_masked():
    secret = SECRETS["secret"]
    assert clean(facts(unknown_words=(secret[:9], secret[9:]))).unknown_words == (MASK, MASK)


def test_a_credential_of_signs_alone_is_masked():
    entry = entry_of("kucoin", "http://127.0.0.1:1", passphrase="!$%&/()=")
    assert clean(facts(account="my !$%&/()= here"), entry).account == MASK


def test_a_credential_too_short_to_be_one_masks_nothing():
    entry = entry_of("kucoin", "http://127.0.0.1:1", passphrase="a1")
    assert clean(facts(account="a1b"), entry).account == "a1b"


def test_what_is_clean_stays_and_is_kept_once():
    sanitizer = Sanitizer()
    first, second = (
        sanitizer.observation(ENTRY, seen(facts(ips=("203.0.113.7",), account="main")))
        for _ in range(2)
    )
    assert first.key == facts(ips=("203.0.113.7",), account="main")
    assert second.key is first.key
    sanitizer.forget(ENTRY.name)
    again = sanitizer.observation(ENTRY, seen(facts(ips=("203.0.113.7",), account="main")))
    assert again == first
    assert again.key is not first.key


def test_facts_that_were_clean_for_another_key_are_looked_at_again():
    sanitizer = Sanitizer()
    other = entry_of("kucoin", "http://127.0.0.1:1", secret="203.0.113.7")
    told = facts(ips=("203.0.113.7",))
    assert sanitizer.observation(ENTRY, seen(told)).key == told
    assert sanitizer.observation(other, seen(told)).key.ips == (MASK,)


def named(assets, pairs=(), at=None):
    """What is left of names of assets and of pairs."""
    told = seen(facts(), balance=Balance(False, frozenset(assets)), orders=Orders(frozenset(pairs)))
    made = (at or Sanitizer()).observation(ENTRY, told)
    return made.balance.assets, made.orders.pairs


@pytest.mark.parametrize("secret", SECRETS.values())
def test_a_name_that_holds_a_secret_or_a_piece_of_one_is_dropped(secret):
    sanitizer, piece = Sanitizer(), secret[4:14].upper()
    names = ({"BTC", "USDT", piece, secret, "X\x1b[2J"}, {"BTC/USDT", f"{piece}/USDT"})
    for _ in range(2):
        assert named(*names, at=sanitizer) == ({"BTC", "USDT"}, {"BTC/USDT"})
    assert named({"BTC"}, {piece}, at=sanitizer) == ({"BTC"}, set())


def test_names_are_bounded_and_where_they_are_clean_nothing_is_copied():
    sanitizer = Sanitizer()
    for first in range(0, 3 * MAX_KNOWN, MAX_NAMES):
        flood = [f"C{first + number:05}" for number in range(MAX_NAMES + 1)]
        assert named(flood, flood, at=sanitizer) == (set(flood[:-1]), set(flood[:-1]))
    told = seen(facts(), balance=Balance(False, frozenset({"BTC"})), orders=Orders())
    assert sanitizer.observation(ENTRY, told).balance is told.balance
    assert sanitizer.observation(ENTRY, told).orders is told.orders
    failed = replace(told, balance=Failure(Reason.TIMEOUT, "no"), orders=Orders(frozenset({"\n"})))
    assert sanitizer.observation(ENTRY, failed).orders.pairs == set()
    failed = replace(told, balance=Balance(False, frozenset({"\n"})), orders=Orders())
    assert sanitizer.observation(ENTRY, failed).balance.assets == set()


def test_texts_are_bounded():
    found = clean(
        facts(
            unknown_words=tuple(f"w{n}" for n in range(10_000)),
            ips=tuple(f"10.0.{n // 250}.{n % 250}" for n in range(10_000)),
            account="n" * 500_000,
        )
    )
    assert (len(found.unknown_words), found.unknown_words[-1]) == (MAX_WORDS, MASK)
    assert (len(found.ips), found.ips[-1]) == (MAX_ADDRESSES, MASK)
    assert (len(found.account), found.account[-1]) == (MAX_TEXT, "…")


@given(st.text())
def test_what_is_shown_is_printable(text):
    shown = printable(text, MAX_TEXT)
    assert shown.isprintable()
    assert len(shown) <= MAX_TEXT
    shown.encode()
    if text.isprintable() and len(text) <= MAX_TEXT:
        assert shown == text


def test_control_characters_do_not_reach_a_terminal():
    found = clean(facts(account="a\x1b[2Jb\u202ec\ud800\n"))
    assert found.account == "a�[2Jb�c��"


def test_secrets_stay_out_of_the_repr():
    assert repr(Secrets(SECRETS.values())) == "Secrets()"


def places(value, path=()):
    """Every place of a JSON value that holds a text, names of fields included."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield (*path, ("name", name))
            yield from places(each, (*path, ("at", name)))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from places(each, (*path, ("at", index)))
    elif isinstance(value, str):
        yield (*path, ("text", None))


def planted(value, path, text):
    """The value with a text in the place of another, or after it with a comma between."""
    (kind, key), *rest = path
    made = copy.copy(value)
    if kind == "text":
        return text if not value else f"{value},{text}"
    if kind == "name":
        made[text] = made.pop(key)
        return made
    made[key] = planted(value[key], tuple(rest), text)
    return made


@given(st.data())
def test_no_row_lets_a_credential_through(data):
    """Wherever a key's description holds it, in whatever form."""
    case, name = data.draw(st.sampled_from(KEYS))
    told = case.keys[name]
    row = case.row.instead[told["instead"]] if "instead" in told else case.row
    form, secret = data.draw(st.sampled_from(EVERY))
    text = FORMS[form](secret)
    body = planted(told["body"], data.draw(st.sampled_from([*places(told["body"])])), text)
    try:
        found = row.calls.key.read(body, NOW)
    except Unexpected as error:
        found = Failure(Reason.UNEXPECTED_RESPONSE, str(error))
    assert not betrays(repr(clean(found)), secret)


@given(st.data())
def test_no_refusal_lets_a_credential_through(data):
    """In the code or the text of an error, whatever the status."""
    case = data.draw(st.sampled_from([*CASES.values()]))
    code, message = case.facts.error
    form, secret = data.draw(st.sampled_from(EVERY))
    text = FORMS[form](secret)
    body = {code: data.draw(st.sampled_from([text, *case.row.refusals.codes])), message: text}
    answer = Answer(data.draw(st.sampled_from([200, 400, 401, 500])), {}, json.dumps(body).encode())
    found = classify.read_key(case.row, answer, NOW)
    assert not betrays(repr(clean(found)), secret)
