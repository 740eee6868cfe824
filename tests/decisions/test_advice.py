import re
from itertools import pairwise, product

import pytest

from bf_reconciler.facts.advice import ADVICE, Advice, Language, remedy
from bf_reconciler.facts.reasons import Reason

LANGUAGES: tuple[Language, ...] = ("en", "tr")
PRODUCT_TABLE = {
    Reason.INVALID_KEY: Advice(
        "Invalid key",
        "API key or secret was copied incorrectly.",
        "Create a new key or copy the values again.",
    ),
    Reason.NO_TRADE_PERMISSION: Advice(
        "No trade permission",
        "Trade permission is disabled.",
        "Enable trade permission, but keep withdrawal disabled.",
    ),
    Reason.IP_NOT_ALLOWED: Advice(
        "IP not allowed",
        "IP restriction does not include the server IP.",
        "Add the correct server IP to the exchange's allowlist.",
    ),
    Reason.EXCHANGE_UNAVAILABLE: Advice(
        "Exchange unavailable",
        "The exchange API is temporarily unavailable.",
        "Wait; the test runs again by itself.",
    ),
}
PLACEHOLDER = re.compile(
    r"\b(?:todo|tbd|fixme|xxx|lorem|placeholder)\b|\?\?|…|\.\.\.", re.IGNORECASE
)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

every_reason = pytest.mark.parametrize("reason", list(Reason))
every_advice = pytest.mark.parametrize(("reason", "language"), list(product(Reason, LANGUAGES)))


@every_reason
def test_every_reason_is_told_in_both_languages_and_no_other(reason):
    assert set(ADVICE[reason]) == set(LANGUAGES)


def test_nothing_but_a_reason_has_advice():
    assert set(ADVICE) == set(Reason)


@every_advice
def test_title_and_cause_are_never_empty(reason, language):
    advice = ADVICE[reason][language]
    assert advice.title.strip()
    assert advice.cause.strip()


@every_advice
def test_only_what_is_as_it_should_be_needs_no_remedy(reason, language):
    good = {Reason.CONNECTED, Reason.AS_EXPECTED}
    assert (remedy(reason, language) == "") == (reason in good)


def test_a_remedy_is_english_unless_another_language_is_asked_for():
    assert remedy(Reason.INVALID_KEY) == ADVICE[Reason.INVALID_KEY]["en"].remedy
    assert remedy(Reason.INVALID_KEY, "tr") == ADVICE[Reason.INVALID_KEY]["tr"].remedy


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_title_stands_twice_in_a_language(language):
    titles = sorted(ADVICE[reason][language].title.casefold() for reason in Reason)
    assert [a for a, b in pairwise(titles) if a == b] == []


@pytest.mark.parametrize("reason", list(PRODUCT_TABLE))
def test_the_four_rows_of_the_product_keep_their_exact_words(reason):
    assert ADVICE[reason]["en"] == PRODUCT_TABLE[reason]


@every_advice
def test_no_sentence_is_longer_than_200_characters(reason, language):
    sentences = [s for text in ADVICE[reason][language] for s in SENTENCE_END.split(text)]
    assert [s for s in sentences if len(s) > 200] == []


@every_advice
def test_a_remedy_is_at_most_two_sentences(reason, language):
    assert len(SENTENCE_END.split(remedy(reason, language))) <= 2


@every_advice
def test_causes_and_remedies_end_with_a_full_stop_and_titles_do_not(reason, language):
    advice = ADVICE[reason][language]
    assert not advice.title.endswith(".")
    assert advice.cause.endswith(".")
    assert not advice.remedy or advice.remedy.endswith(".")


@every_advice
def test_no_text_is_a_placeholder_or_the_bare_reason(reason, language):
    advice = ADVICE[reason][language]
    assert [text for text in advice if PLACEHOLDER.search(text)] == []
    assert reason.value not in (advice.cause, advice.remedy)


@every_advice
def test_no_text_has_stray_white_space_or_an_open_code_mark(reason, language):
    for text in ADVICE[reason][language]:
        assert text == " ".join(text.split())
        assert text.count("`") % 2 == 0


@every_reason
def test_turkish_is_not_english_left_as_it_was(reason):
    pairs = zip(ADVICE[reason]["en"], ADVICE[reason]["tr"], strict=True)
    assert [en for en, tr in pairs if en and en == tr] == []


@every_reason
def test_both_languages_name_the_same_commands_and_fields(reason):
    def marked(language):
        return {*re.findall(r"`([^`]+)`", " ".join(ADVICE[reason][language]))}

    assert marked("en") == marked("tr")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason.CLOCK_SKEW, "NTP"),
        (Reason.WITHDRAW_UNVERIFIABLE, "`attest.withdraw_disabled`"),
        (Reason.MASS_REMOVAL_HELD, "`policy.max_removals`"),
        (Reason.AWAITING_MANUAL_RESUME, "`bf-reconciler resume NAME`"),
        (Reason.HALTED, "`bf-reconciler resume`"),
        (Reason.ENTRY_INVALID, "`bf-reconciler validate FILE`"),
    ],
)
def test_a_remedy_names_the_very_command_or_field(reason, words, language):
    assert words in remedy(reason, language)
