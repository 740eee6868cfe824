"""What the report says of a time, from what was recorded."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from bf_reconciler.facts import Scope
from bf_reconciler.policy import ConditionType
from bf_reconciler.spec import Policy
from bf_reconciler.status import (
    NO_VERDICTS,
    POLICY,
    Declaration,
    halt_event,
    judgements,
    key_events,
    resume_event,
)
from bf_reconciler.status.audit_report import (
    Window,
    gathered,
    report,
    window,
)
from bf_reconciler.verdict import Halted, judge
from build import (
    CONNECTION,
    DAY,
    NOW,
    a_key,
    a_seen,
    a_spec,
    an_observation,
    an_outage,
)
from decisions.test_judgements import as_filed
from decisions.test_key_events import seen_with
from edges.fakes import a_status, a_transition

FIRST = NOW.date()
WEEK = window(FIRST, FIRST + 6 * DAY)


def a_declaration(name=CONNECTION, *, at=NOW, change="added", revision="r1", **fields):
    author = f"author of {revision}"
    return Declaration(at, name, change, fields, 1, revision, "sha256:1", "key", author)


def a_judgement(key, at, name=CONNECTION, entry="fingerprint"):
    spec = as_filed(a_spec())
    observation = an_observation(at) if key is None else an_observation(at, key=key)
    seen = {CONNECTION: a_seen(observation)}
    (found,) = judgements(spec, ({}, NO_VERDICTS), (seen, judge(spec, seen, None, at)), at)
    return replace(found, name=name, seen=replace(found.seen, entry=entry))


def told(kind, *, declarations=(), judged=(), changes=(), within=WEEK, name=None):
    records = gathered(declarations, judged, changes)
    lines = report(records, within, name)
    return [{k: v for k, v in x.items() if k != "type"} for x in lines if x["type"] == kind]


def days(lines, *fields):
    return [(x["from"][8:], x["to"][8:], *(x[f] for f in fields)) for x in lines]


# --- who declared it


def test_what_was_in_force_before_and_each_change_since_is_told():
    declarations = [
        a_declaration(at=NOW - 9 * DAY, revision="old", exchange="mexc"),
        a_declaration(at=NOW - 5 * DAY, revision="r1", change="changed", exchange="okx"),
        a_declaration(at=NOW + DAY, revision="r2", change="changed"),
        a_declaration(at=NOW + 2 * DAY, revision="r3", change="removed"),
        a_declaration(at=NOW + 30 * DAY, revision="later"),
    ]
    found = told("declaration", declarations=declarations)
    assert [(x["revision"], x["change"]) for x in found] == [
        ("r1", "changed"),
        ("r2", "changed"),
        ("r3", "removed"),
    ]
    assert found[0]["author"] == "author of r1"
    assert found[0]["declared"] == {"exchange": "okx"}
    assert told("declaration", declarations=declarations[:4], within=_week(20)) == []
    assert told("declaration", declarations=declarations, name="other") == []


def _week(after):
    return window(FIRST + after * DAY, FIRST + (after + 6) * DAY)


def test_a_commit_says_when_it_was_made():
    declared = replace(a_declaration(), committed_at=NOW, signer="ada@example.org")
    (line,) = told("declaration", declarations=[declared])
    assert (line["committed_at"], line["signer"]) == (NOW.isoformat(), "ada@example.org")


# --- what it could do


def test_what_a_key_could_do_is_told_day_by_day():
    wide = a_key(grant=[Scope.TRANSFER], unknown_words=("Novelty",))
    judged = [
        a_judgement(a_key(), NOW - 3 * DAY),
        a_judgement(wide, NOW + 2 * DAY),
        a_judgement(a_key(), NOW + 2 * DAY + timedelta(hours=1)),
        a_judgement(a_key(), NOW + 3 * DAY),  # nothing new
        a_judgement(a_key(ip_bound=False, ips=()), NOW + 5 * DAY),
    ]
    found = told("rights", declarations=[a_declaration(at=NOW - 4 * DAY)], judged=judged)
    assert days(found, "granted", "undocumented", "ip_bound") == [
        ("02", "03", ["read", "spot"], [], True),
        ("04", "04", ["read", "spot", "transfer"], ["novelty"], True),
        ("05", "06", ["read", "spot"], [], True),
        ("07", "07", ["read", "spot"], [], False),
        ("08", "08", ["read", "spot"], [], False),
    ]
    assert {x["withdraw"] for x in found} == {"no"}
    assert [x["ips"] for x in found][-2:] == [["203.0.113.7"], []]


def test_what_was_not_told_of_a_key_is_not_known():
    key = a_key(unsaid=[Scope.WITHDRAW], ip_bound=None, ips=None)
    (line,) = told("rights", judged=[a_judgement(key, NOW)])
    assert (line["withdraw"], line["ip_bound"], line["ips"]) == ("unknown", None, None)
    withdraws = a_key(grant=[Scope.WITHDRAW])
    (line,) = told("rights", judged=[a_judgement(withdraws, NOW)])
    assert line["withdraw"] == "yes"


def test_days_on_which_it_was_not_declared_or_not_known_are_left_out():
    declarations = [
        a_declaration(at=NOW),
        a_declaration(at=NOW + DAY, change="removed"),
        a_declaration(at=NOW + 4 * DAY),
    ]
    found = told("rights", declarations=declarations, judged=[a_judgement(a_key(), NOW)])
    assert days(found) == [("02", "03"), ("06", "08")]
    found = told("rights", judged=[a_judgement(a_key(), NOW + 5 * DAY)])
    assert days(found) == [("07", "08")]
    assert told("rights", judged=[a_judgement(a_key(), NOW + 50 * DAY)]) == []
    assert told("rights", judged=[a_judgement(a_key(), NOW)], name="other") == []


def test_another_key_begins_anew():
    old = a_key(grant=[Scope.TRANSFER], unsaid=[Scope.EARN])
    new = a_key(unsaid=[Scope.TRANSFER])
    judged = [a_judgement(old, NOW), a_judgement(new, NOW + DAY, entry="another")]
    found = told("rights", judged=judged)
    assert days(found, "granted")[-1] == ("04", "08", ["read", "spot"])


def test_an_outage_says_nothing_of_a_key():
    spec = as_filed(a_spec())
    seen = {CONNECTION: a_seen(an_outage())}
    (down,) = judgements(spec, ({}, NO_VERDICTS), (seen, judge(spec, seen, None, NOW)), NOW)
    assert told("rights", judged=[down]) == []
    nothing = replace(down, seen=replace(down.seen, runs=()))
    assert told("rights", judged=[nothing]) == []
    assert down.outcome.conditions[0][0] is ConditionType.REACHABLE


# --- exceptions

RELAXED = {
    "ip_allowlist": "ignored",
    "grace": "10m",
    "recover_after": 1,
    "max_removals": {"percent": 90},
    "risk_levels": {
        "moderate": {
            "max_leverage": 5,
            "ip_allowlist": "ignored",
            "max_margin": {"amount": 5, "currency": "USDT"},
        }
    },
    "value_permissions": "warn",
    "unknown_permissions": "block",
    "max_key_age": "90d",
}


def test_what_other_files_may_declare_hides_no_exception():
    allow = [{"files": ["a.yaml"]}]
    declarations = [a_declaration(POLICY, at=NOW - DAY, ip_allowlist="ignored", allow=allow)]
    assert [x["what"] for x in told("exception", declarations=declarations)] == ["ip_allowlist"]


def test_a_policy_that_is_looser_than_by_default_is_an_exception():
    fields = Policy.model_validate(RELAXED).model_dump(mode="json", exclude_defaults=True)
    found = told("exception", declarations=[a_declaration(POLICY, **fields)])
    assert {(x["what"], x["value"]) for x in found} == {
        ("ip_allowlist", "ignored"),
        ("grace", "10m"),
        ("recover_after", "1"),
        ("max_removals.percent", "90.0"),
        ("risk_levels.moderate.max_leverage", "5.0"),
        ("risk_levels.moderate.ip_allowlist", "ignored"),
        ("value_permissions", "warn"),
    }
    assert {x["author"] for x in found} == {"author of r1"}
    strange = a_declaration(POLICY, of_a_newer_version=1)
    assert told("exception", declarations=[strange]) == []


def test_what_a_connection_expects_beside_its_strategies_is_an_exception():
    expect = {"assets": ["SQUID", "BNB"], "status": "Blocked"}
    declarations = [
        a_declaration(POLICY, at=NOW - DAY),
        a_declaration(expect=expect, unexpected_trading="ignore"),
    ]
    found = told("exception", declarations=declarations)
    assert [(x["what"], x["value"]) for x in found] == [
        ("expect.assets", "SQUID, BNB"),
        ("expect.status", "Blocked"),
        ("unexpected_trading", "ignore"),
    ]


def test_an_exception_that_goes_on_is_one():
    loose = {"ip_allowlist": "ignored"}
    declarations = [
        a_declaration(POLICY, at=NOW, **loose),
        a_declaration(POLICY, at=NOW + DAY, revision="r2", grace="10m", **loose),
        a_declaration(POLICY, at=NOW + 2 * DAY, revision="r3"),
        a_declaration(POLICY, at=NOW + 3 * DAY, revision="r4", **loose),
    ]
    found = told("exception", declarations=declarations)
    assert [(x["what"], x["revision"], *_hours(x)) for x in found] == [
        ("ip_allowlist", "r1", 0, 48),
        ("ip_allowlist", "r4", 72, 156),
        ("grace", "r2", 24, 48),
    ]


def _hours(line):
    return [
        (datetime.fromisoformat(line[end]) - NOW) // timedelta(hours=1) for end in ("from", "to")
    ]


@pytest.mark.parametrize(
    ("override", "usual", "expected"),
    [
        ("recommended", "required", True),
        ("ignored", "recommended", True),
        ("required", "recommended", False),
        ("ignored", "ignored", False),
    ],
)
def test_a_connection_that_is_looser_than_the_policy_is_an_exception(override, usual, expected):
    declarations = [
        a_declaration(POLICY, at=NOW - DAY, ip_allowlist=usual),
        a_declaration(ip_allowlist=override),
    ]
    found = [x for x in told("exception", declarations=declarations) if x["name"] == CONNECTION]
    assert [(x["what"], x["value"]) for x in found] == [("ip_allowlist", override)] * expected


def test_a_policy_that_becomes_stricter_makes_an_exception_of_what_was_none():
    declarations = [
        a_declaration(POLICY, at=NOW - DAY),
        a_declaration(at=NOW, ip_allowlist="recommended"),
        a_declaration(POLICY, at=NOW + 2 * DAY, ip_allowlist="required"),
        a_declaration(POLICY, at=NOW + 3 * DAY, ip_allowlist="required", grace="1m"),
    ]
    (line,) = told("exception", declarations=declarations)
    assert _hours(line) == [48, 156]


def test_a_suspension_is_an_exception_of_its_owner():
    suspended = a_declaration(suspend={"reason": "moving house", "owner": "ada"})
    (line,) = told("exception", declarations=[suspended])
    assert (line["what"], line["value"], line["by"]) == ("suspend", "moving house", "ada")


# --- words of people


def test_an_attestation_is_told_once_with_its_end():
    word = {"withdraw_disabled": {"by": "ada", "at": "2026-03-01T00:00:00Z"}}
    declarations = [
        a_declaration(attest=word),
        a_declaration(at=NOW + DAY, revision="r2", attest=word, account="sub"),
        a_declaration(at=NOW + 2 * DAY, revision="r3", attest=None),
    ]
    (line,) = told("attestation", declarations=declarations)
    assert (line["what"], line["by"], line["revision"]) == ("withdraw_disabled", "ada", "r1")
    assert line["until"] == "2026-05-30T00:00:00+00:00"


def test_halts_and_changes_of_keys_of_the_time_are_told():
    status = a_status()
    before, after = seen_with(a_key()), seen_with(a_key(grant=[Scope.TRANSFER]))
    changes = [
        halt_event(status, Halted("too early", "bob"), NOW - DAY),
        halt_event(status, Halted("fire", "ada"), NOW),
        *key_events(before, after, NOW),
        a_transition(at=NOW),
        resume_event(status, NOW, reason="out", by="ada"),
    ]
    halts = told("halt", changes=changes)
    assert [(x["halted"], x["by"], x["message"]) for x in halts] == [
        (True, "ada", "fire"),
        (False, "ada", "out"),
    ]
    (change,) = told("key_change", changes=changes)
    assert (change["name"], change["what"]) == (CONNECTION, "right_granted")
    assert (change["before"], change["after"]) == ("", "transfer")
    assert told("key_change", changes=changes, name="other") == []
    assert len(told("halt", changes=changes, name="other")) == 2


def test_a_window_is_of_whole_days():
    one = window(date(2026, 3, 2), date(2026, 3, 2))
    assert isinstance(one, Window)
    assert one.days == [date(2026, 3, 2)]
    assert one.stop - one.start == DAY
