"""When a key ends: read where the exchange tells it, worked out where its rule is published."""

from datetime import timedelta

import pytest

from bf_reconciler.exchanges import EXCHANGES
from bf_reconciler.facts import Reason, Scope
from bf_reconciler.policy import ConditionType, Effect, end
from bf_reconciler.spec import Credentials
from bf_reconciler.verdict import judge
from build import (
    CONNECTION,
    DAY,
    NOW,
    SECOND,
    a_connection,
    a_cycle,
    a_key,
    a_seen,
    a_spec,
    an_observation,
)
from exchanges.cases import CASES

COUNTED = [row.id for row in EXCHANGES.values() if row.expiry and row.expiry.counts == "creation"]
IDLE = [
    row.id
    for row in EXCHANGES.values()
    if row.expiry and row.expiry.counts == "idle" and not row.expiry.told
]
COMPUTED = [exchange for exchange in COUNTED if not EXCHANGES[exchange].expiry.told]


def on(exchange, **fields):
    needs = "passphrase" in EXCHANGES[exchange].signing.credentials
    credentials = Credentials(
        api_key="0123456789abcdef", secret="a secret", passphrase="p" if needs else None
    )
    return a_connection(exchange=exchange, credentials=credentials, **fields)


def unbound(**changes):
    return a_key(ip_bound=False, ips=(), **changes)


def fresh(exchange, key, **fields):
    spec = a_spec([on(exchange, **fields)])
    verdict = judge(spec, {CONNECTION: a_seen(an_observation(key=key))}, None, NOW)
    findings = verdict.connections[CONNECTION].findings
    return next(f for f in findings if f.type is ConditionType.KEY_FRESH)


def test_the_published_rules_are_in_the_table():
    for case in CASES.values():
        rule = case.row.expiry
        found = rule and {"days": rule.after.days, "counts": rule.counts}
        assert found == case.facts.expiry


@pytest.mark.parametrize("exchange", COMPUTED)
def test_a_date_is_worked_out_from_the_creation_and_its_source_is_named(exchange):
    rule = EXCHANGES[exchange].expiry
    found = fresh(exchange, unbound(created_at=NOW - 30 * DAY))
    assert (found.status, found.effect) == ("True", Effect.NONE)
    assert found.message == (
        f"The key expires on 2026-05-01 by its published rule ({rule.source})."
    )


@pytest.mark.parametrize("exchange", COMPUTED)
def test_a_date_that_was_worked_out_warns_and_never_blocks(exchange):
    after = EXCHANGES[exchange].expiry.after
    soon = fresh(exchange, unbound(created_at=NOW - after + 14 * DAY))
    assert (soon.status, soon.reason, soon.effect) == ("False", Reason.KEY_EXPIRING, Effect.WARN)
    over = fresh(exchange, unbound(created_at=NOW - after))
    assert (over.status, over.reason, over.effect) == ("Unknown", Reason.UNVERIFIABLE, Effect.NONE)
    assert over.message.endswith("but is still accepted.")


@pytest.mark.parametrize("exchange", COUNTED)
def test_a_date_that_was_told_outweighs_the_rule_and_blocks_when_it_is_over(exchange):
    key = unbound(created_at=NOW - 80 * DAY, expires_at=NOW + 50 * DAY)
    assert end(on(exchange).connection, key) == (NOW + 50 * DAY, "read")
    over = fresh(exchange, unbound(expires_at=NOW - SECOND))
    assert (over.reason, over.effect) == (Reason.KEY_EXPIRED, Effect.BLOCK)


@pytest.mark.parametrize("exchange", COUNTED)
@pytest.mark.parametrize("bound", [True, None])
def test_a_key_that_is_or_may_be_bound_has_no_date(exchange, bound):
    key = a_key(ip_bound=bound, created_at=NOW - 80 * DAY)
    assert end(on(exchange).connection, key) is None
    assert fresh(exchange, key).effect is Effect.NONE
    only = "only keys without an IP restriction expire" in fresh(exchange, key).message
    assert only == (bound is True)


def test_no_date_is_worked_out_where_the_exchange_would_tell_it():
    key = unbound(created_at=NOW - 80 * DAY)
    assert end(on("htx").connection, key) is None
    assert fresh("htx", key).message == (
        "The exchange reports no expiry date. It reports one where, by its rule, a key expires "
        f"after 90 days without use ({EXCHANGES['htx'].expiry.source})."
    )


def test_whose_keys_a_rule_ends_is_said_where_a_key_is_not_known_to_be_one_of_them():
    key = a_key(ip_bound=None, ips=None)
    assert (
        "A key without an IP restriction expires 90 days after its creation"
        in fresh("gate", key).message
    )
    whose = "A key with more than read permission and no IP restriction"
    assert f"{whose} expires after 14 days without use" in fresh("bingx", key).message


def test_no_date_is_worked_out_without_a_creation():
    assert end(on("mexc").connection, unbound()) is None


def test_the_rules_are_for_live_keys():
    key = unbound(created_at=NOW - 80 * DAY)
    found = fresh("okx", key, environment="demo")
    assert found.message == "The exchange reports no expiry date."
    assert fresh("coinbase", key).message == "The exchange reports no expiry date."


@pytest.mark.parametrize("exchange", IDLE)
def test_a_rule_of_idleness_is_told_and_never_alarms(exchange):
    rule = EXCHANGES[exchange].expiry
    key = unbound(created_at=NOW - timedelta(days=999))
    found = fresh(exchange, key)
    assert (found.status, found.effect) == ("Unknown", Effect.NONE)
    assert (
        f"This key expires after {rule.after.days} days without use ({rule.source})"
        in found.message
    )
    assert found.message.endswith(
        "; every probe counts as use."
        if rule.probes_count
        else "; whether a probe counts as use is not documented."
    )
    assert end(on(exchange).connection, key) is None
    reads = fresh(exchange, unbound(revoke=[Scope.SPOT]))
    assert "A key with more than read permission and no IP restriction expires" in reads.message


def test_a_date_that_was_worked_out_is_in_the_status_and_says_so():
    spec = a_spec([on("mexc")])
    seen = an_observation(key=unbound(created_at=NOW - 30 * DAY))
    key = a_cycle(seen, spec=spec).connections[CONNECTION].key
    assert (key.expires_at, key.expiry_source) == (NOW + 60 * DAY, "computed")
