"""Law 10: what informs never changes a verdict, and what decides is understood or unknown.

`forms.json` of an exchange has good answers, the fields of each that inform, and those that decide.
"""

from dataclasses import replace

import pytest

from bf_reconciler.exchanges import Unexpected
from bf_reconciler.facts import Failure, Reason, Scope, remember
from bf_reconciler.policy import ConditionType
from bf_reconciler.spec import Credentials, Policy
from bf_reconciler.verdict.judge import judge_connection
from build import NOW, a_connection, an_observation
from exchanges.cases import CASES
from exchanges.places import GONE, changed, present

OTHER_FORMS = [GONE, None, "", [], {}, "<odd>", 7.5, "7.5", [[]], {"odd": 1}, "x" * 300, 10**30]
INFORMS = [*OTHER_FORMS, True, 0, "0", -1, "odd", ["odd"], 1700000000000, "1700000000000"]
ALL = [(case, form) for case in CASES.values() for form in case.forms]
IDS = [f"{case.row.id}-{form['name']}" for case, form in ALL]
EACH = pytest.mark.parametrize(("case", "form"), ALL, ids=IDS)
WEAKER = {ConditionType.IP_RESTRICTED, ConditionType.EGRESS_ALLOWED, ConditionType.KEY_FRESH}
"""An allowlist or an end that is not told is none at some exchanges: their documents say so."""


def answered(case, form):
    """What the row makes of the bodies: facts, or the failure that the engine makes of it."""
    row = case.row.instead[form["instead"]] if "instead" in form else case.row
    question = form.get("question", "key")
    try:
        if question != "key":
            return question, getattr(row.calls, question).read(form["body"])
        facts = row.calls.key.read(form["body"], NOW)
        if "more" in form:
            facts = row.calls.more.read(facts, form["more"], form["key"])
    except Unexpected as error:
        return question, Failure(Reason.UNEXPECTED_RESPONSE, f"Field: {error}.")
    return "key", facts


def judged(case, form):
    """Every condition of a connection whose key is described so."""
    question, answer = answered(case, form)
    passphrase = "p" * 12 if "passphrase" in case.row.signing.credentials else None
    entry = a_connection(
        exchange=case.row.id,
        credentials=Credentials(api_key="k" * 12, secret="s" * 12, passphrase=passphrase),
        egress_ips=form.get("egress_ips", []),
    )
    observation = an_observation(**{question: answer})
    seen = remember(remember(None, observation), replace(observation, at=NOW))
    verdict = judge_connection(entry, Policy(), seen, NOW)
    return verdict.state, {f.type: (f.status, f.reason, f.effect) for f in verdict.findings}


def other_forms(form, path, values):
    return [value for value in values if value is GONE or value != present(form, path)]


@EACH
def test_a_good_answer_is_understood(case, form):
    _, answer = answered(case, form)
    assert not isinstance(answer, Failure)
    assert getattr(answer, "unread", ()) == ()
    assert judged(case, form)[0] == form["status"]


@EACH
def test_what_informs_changes_no_verdict_whatever_its_form(case, form):
    good = judged(case, form)
    for path in form["informs"]:
        for value in other_forms(form, path, INFORMS):
            assert judged(case, changed(form, path, value)) == good, (path, value)


def spellings(value):
    """Other forms of JSON that say the same."""
    if isinstance(value, bool):
        return [int(value), str(int(value)), str(value).lower()]
    if isinstance(value, int):
        return [str(value), float(value)]
    if isinstance(value, str) and value.isdigit():
        return [int(value)]
    return []


def listings(value):
    """Other forms of a list of texts."""
    items = value.split(",") if isinstance(value, str) else value
    text = ",".join(items)
    return [items, [*items, ""], text, f"{text},", f" {text} ", text.replace(",", ", ")]


@EACH
def test_what_decides_is_the_same_in_every_spelling(case, form):
    good = judged(case, form)
    for path in form.get("decides", []):
        for value in spellings(present(form, path)):
            assert judged(case, changed(form, path, value)) == good, (path, value)
    for path in form.get("lists", []):
        for value in listings(present(form, path)):
            assert judged(case, changed(form, path, value)) == good, (path, value)


@EACH
def test_what_decides_in_an_unknown_form_makes_only_what_needs_it_unknown(case, form):
    _, good = judged(case, form)
    for path in [*form.get("decides", []), *form.get("lists", [])]:
        for value in other_forms(form, path, OTHER_FORMS):
            made = changed(form, path, value)
            assert not isinstance(answered(case, made)[1], Failure), (path, value)
            _, found = judged(case, made)
            for kind, finding in found.items():
                better = finding[0] == "True" and good[kind][0] != "True"
                assert not better, (path, value, kind)
                worse = kind in WEAKER or finding == good[kind] or finding[0] == "Unknown"
                assert worse, (path, value, kind, finding)


@EACH
def test_no_unknown_form_makes_a_key_that_withdraws_look_harmless(case, form):
    if "withdraws" not in form:
        return
    bad = form
    for path, value in form["withdraws"].items():
        bad = changed(bad, path, value)
    assert answered(case, bad)[1].allows(Scope.WITHDRAW) is not False
    for path in [*form["decides"], *form.get("lists", []), *form["informs"]]:
        for value in other_forms(bad, path, OTHER_FORMS):
            _, found = judged(case, changed(bad, path, value))
            assert found[ConditionType.WITHDRAW_DISABLED][0] != "True", (path, value)


def both(one, other):
    """One answer with all that two say; where they differ, it says what the second says."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = {**one, **other}
        return {
            name: both(one[name], other[name]) if name in one and name in other else names[name]
            for name in names
        }
    return other


PAIRS = [
    pytest.param(case, form, other, id=f"{case.row.id}-{form['name']}-{other['name']}")
    for case, form in ALL
    for other in case.forms
    if "withdraws" in form and "withdraws" in other and form is not other
    if form.get("instead") == other.get("instead")
]


@pytest.mark.parametrize(("case", "form", "other"), PAIRS)
def test_two_forms_in_one_answer_never_hide_a_right_to_withdraw(case, form, other):
    for path, value in form["withdraws"].items():
        form = changed(form, path, value)
    for one, two in [(form, other), (other, form)]:
        made = {**form, "body": both(one["body"], two["body"])}
        for path, value in form["withdraws"].items():
            made = changed(made, path, value)
        _, found = judged(case, made)
        assert found[ConditionType.WITHDRAW_DISABLED][0] != "True"


OWN = "203.0.113.7"
EVERYBODY = [
    ["0.0.0.0/0"],
    ["0.0.0.0"],  # noqa: S104 # an entry of a list; nothing is bound
    ["*"],
    ["::/0"],
    [OWN, "0.0.0.0/0"],
    ["0.0.0.0/1", "128.0.0.0/1"],
]
ADMITTED = "198.51.100.0/24"


def allowlists():
    """Each good answer with an allowlist, and where it stands there."""
    for case, form in ALL:
        for path in form.get("lists", []):
            value = present(form, path)
            if OWN in (value if isinstance(value, list) else value.split(",")):
                yield pytest.param(case, form, path, id=f"{case.row.id}-{form['name']}")


LISTS = pytest.mark.parametrize(("case", "form", "path"), list(allowlists()))


def listed(form, path, addresses):
    as_text = isinstance(present(form, path), str)
    return changed(form, path, ",".join(addresses) if as_text else addresses)


@LISTS
@pytest.mark.parametrize("addresses", EVERYBODY, ids=",".join)
def test_a_list_that_admits_everybody_is_no_restriction_in_any_spelling(
    case, form, path, addresses
):
    status, reason, _ = judged(case, listed(form, path, addresses))[1][ConditionType.IP_RESTRICTED]
    assert (status, reason) == ("False", Reason.IP_NOT_RESTRICTED)


@LISTS
def test_what_a_list_admits_beside_the_declared_addresses_is_a_finding(case, form, path):
    wide = listed({**form, "egress_ips": [OWN]}, path, [OWN, ADMITTED])
    found = judged(case, wide)[1]
    assert Reason.ALLOWLIST_TOO_WIDE in {reason for _, reason, _ in found.values()}
    exact = judged(case, listed({**form, "egress_ips": [OWN]}, path, [OWN]))[1]
    assert Reason.ALLOWLIST_TOO_WIDE not in {reason for _, reason, _ in exact.values()}


def test_every_exchange_that_tells_its_list_is_among_them():
    told = {p.values[0].row.id for p in allowlists()}
    silent = {
        row_id
        for row_id, case in CASES.items()
        if not any(key["facts"].get("ips") for key in case.keys.values())
    }
    assert set(CASES) - silent == told
