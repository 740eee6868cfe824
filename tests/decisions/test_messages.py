"""Messages in Turkish: every sentence that decisions, probes and engines say has a form."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bf_reconciler
from bf_reconciler.facts import message_in
from bf_reconciler.facts.messages import LONGEST
from bf_reconciler.facts.messages_tr import GAPS, SENTENCES
from bf_reconciler.probe.classify import SILENT
from bf_reconciler.verdict.pairs import WRONG

SOURCE = Path(bf_reconciler.__file__).parent
SPEAKERS = [
    *sorted((SOURCE / "policy").glob("*.py")),
    *sorted((SOURCE / "verdict").glob("*.py")),
    *(SOURCE / "status" / name for name in ("changes.py", "fold.py", "key_events.py")),
    SOURCE / "status" / "unwatched.py",
    *(SOURCE / "probe" / name for name in ("classify.py", "market_fetch.py", "questions.py")),
    *sorted((SOURCE / "runtimes").glob("*.py")),
    SOURCE / "daemon" / "guarded_runtimes.py",
    SOURCE / "reconcile.py",
    SOURCE / "preview" / "widening.py",
]
SPANS = ("after 90 days without use (rule)", "90 days after its creation (rule)")
WHOSE = (
    "This key",
    "A key without an IP restriction",
    "A key with more than read permission and no IP restriction",
)
COMPOSED = {
    "The local clock is {x} s {x} the exchange's.": [
        f"The local clock is 1.5 s {way} the exchange's." for way in ("ahead of", "behind")
    ],
    "Most connections {x} started to fail alike around {x}, so one common cause is assumed.": [
        f"Most connections {where} started to fail alike around 10:00 UTC, so one common cause is"
        " assumed."
        for where in ("on this exchange", "with this egress address")
    ],
    "{said}; every probe counts as use.": [
        f"{who} expires {span}; every probe counts as use." for who in WHOSE for span in SPANS
    ],
    "{said}; whether a probe counts as use is not documented.": [
        f"{who} expires {span}; whether a probe counts as use is not documented."
        for who in WHOSE
        for span in SPANS
    ],
    "Not an outage or a clock error: it answers without a key, and {x}.": [
        f"Not an outage or a clock error: it answers without a key, and the local clock is {clock}."
        for clock in ("right", "0.4 s off, which it accepts")
    ],
    "The attestation by {x} {x}.": [
        "The attestation by ada on 2026-01-02 expired on 2026-04-02.",
        "The attestation by ada on 2026-01-02 is dated in the future.",
    ],
    "{words}: {x}.": [f"{words}: BTC/USDT and 3 more." for words in WRONG.values()],
    "{x} {x} (asked for: {x}).": [
        f"KuCoin {said} (asked for: time)." for _, said in SILENT.values()
    ],
}
"""Sentences with a gap that takes words of ours, with each of these."""
BEFORE = re.compile(r"^(?:\{(?:message|words|said|whole)\} )+")
"""A sentence that is said before, and has a form of its own."""


def sentences(path):
    """What a module says: whole texts that begin with a capital or a gap and end with a stop."""
    tree = ast.parse(path.read_text())
    silent = {id(each.value) for each in ast.walk(tree) if isinstance(each, ast.Expr)}  # docstrings
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            silent |= {id(part) for part in node.values}
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        text = _text(node)
        if text is not None and " " in text and text.endswith(".") and re.match(r"[A-Z{]", text):
            yield node.lineno, BEFORE.sub("", text)


def _text(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            part.value if isinstance(part, ast.Constant) else f"{{{_name(part.value)}}}"
            for part in node.values
        )
    return None


def _name(value):
    last = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "x")
    return last if last in {"message", "words", "said"} else "x"


@pytest.mark.parametrize("path", SPEAKERS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_sentence_has_a_turkish_form(path):
    missing = [
        f"{path.name}:{line}: {text}"
        for line, text in sentences(path)
        for filled in COMPOSED.get(text, [re.sub(r"\{[^}]*\}", "x", text)])
        if message_in(filled, "tr") == filled
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("message", "turkish"),
    [
        ("", ""),
        ("Nobody says this.", "Nobody says this."),
        ("All rules pass. Nobody says this.", "All rules pass. Nobody says this."),
        (
            (
                "Unknown for 5m: KuCoin answered with HTTP 401, code 400003 (asked for: key):"
                " Invalid key. The exchange saw our address as 192.0.2.1."
            ),
            (
                "5m süredir bilinmiyor: KuCoin şu yanıtı verdi: HTTP 401, code 400003 (sorulan:"
                " anahtar): Geçersiz anahtar. Borsa adresimizi 192.0.2.1 olarak gördü."
            ),
        ),
        (
            (
                "The key works from any IP address. Its allowlist admits every address: 0.0.0.0/0,"
                " ::/0."
            ),
            (
                "Anahtar her IP adresinden çalışıyor. İzin listesi her adresi kabul ediyor:"
                " 0.0.0.0/0,"
                " ::/0."
            ),
        ),
        (
            "The key can trade spot. Its pairs are trading.",
            "Anahtarın izni var: spot işlem. Pariteleri işlem görüyor.",
        ),
        (
            (
                "KuCoin answered with HTTP 403 (asked for: key): a firewall page: it may block this"
                " address. It refuses our address 192.0.2.1."
            ),
            (
                "KuCoin şu yanıtı verdi: HTTP 403 (sorulan: anahtar): bir güvenlik duvarı sayfası:"
                " bu"
                " adresi engelliyor olabilir. Adresimizi reddediyor: 192.0.2.1."
            ),
        ),
        ("Halted by ada: odd fills. Wait.", "Durduran: ada: odd fills. Wait."),
        (
            "Suspended by ada until 2026-05-04 12:00 UTC: a test",
            "Askıya alan: ada, bitiş: 2026-05-04 12:00 UTC: a test",
        ),
        (
            "Drill by ada until 10:00:00 UTC. Blocked (IPNotAllowed), as expected.",
            (
                "ada tarafından tatbikat, bitiş: 10:00:00 UTC. Blocked (IPNotAllowed), beklendiği"
                " gibi."
            ),
        ),
        ("Passed 1 of 3 tests since.", "O zamandan beri 3 testten 1 tanesi geçti."),
        (
            "It was ended by SIGKILL. It is started again at 10:00:00 UTC (1 of 3).",
            (
                "Şununla sonlandırıldı: SIGKILL. 10:00:00 UTC saatinde yeniden başlatılacak (1."
                " deneme, en çok 3)."
            ),
        ),
        (
            "Not listed: A/B, C/D and 3 more. Not trading now: E/F.",
            "Listede yok: A/B, C/D ve 3 tane daha. Şu anda işlem görmüyor: E/F.",
        ),
    ],
)
def test_a_message_is_told_whole_or_left_as_it_is(message, turkish):
    assert message_in(message, "tr") == turkish
    assert message_in(message, "en") == message


def test_a_message_that_is_not_of_our_making_is_left_alone():
    long = "All rules pass. " * LONGEST
    assert message_in(long, "tr") == long


names = st.text("abcxyz019-/", min_size=1, max_size=8).filter(lambda text: text not in GAPS)


@given(st.sampled_from(sorted(SENTENCES)), st.lists(names, min_size=4, max_size=4))
def test_what_stands_in_a_gap_stands_in_the_turkish_form(sentence, gaps):
    told = message_in(sentence.format(*gaps), "tr")
    assert all(gap in told for gap in gaps[: sentence.count("{}")])


@given(st.text())
def test_any_text_comes_back_as_text(text):
    assert isinstance(message_in(text, "tr"), str)
