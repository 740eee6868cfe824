"""A workload of a cluster: what counts are its pods."""

from datetime import UTC, datetime

import pytest

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes import kubernetes
from bf_reconciler.runtimes.adapter import Bounds, Stamp, Target, UnavailableError
from bf_reconciler.runtimes.settle import settle
from bf_reconciler.spec import LOCAL, KubernetesRuntime
from bf_reconciler.verdict import Order
from build import STRATEGY, a_strategy
from edges.engines import SECRET, Kubernetes

STAMP = Stamp(3, "r1", datetime.now(UTC))


@pytest.fixture
async def cluster():
    made = Kubernetes()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def adapter(cluster, tmp_path):
    made = cluster.adapter(tmp_path)
    yield made
    await made.close()


def an_order(*, on=True):
    words = {"action": "stop", "reason": Reason.CONNECTED, "message": "Because."}
    return Order(STRATEGY, LOCAL, on=on, strategy=a_strategy(), **words)


async def outcome(adapter, order):
    found = (await settle(adapter, {STRATEGY: Target(order, STAMP)}))[STRATEGY]
    return found.state, found.reason, found.message


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """It is not waited for what does not come."""
    monkeypatch.setattr(kubernetes.KubernetesAdapter, "settle_time", kubernetes.timedelta(0))


async def test_a_pod_that_is_being_ended_is_not_off(adapter, cluster):
    cluster.pods = ["Running"]
    expected = ("unknown", Reason.STILL_RUNNING, "Its pod is being ended.")
    assert await outcome(adapter, an_order(on=False)) == expected
    cluster.pods = ["Succeeded", "Failed"]
    assert await outcome(adapter, an_order(on=False)) == ("stopped", None, "")
    assert cluster.commands == []


async def test_a_pod_that_is_not_ready_does_not_run(adapter, cluster):
    cluster.replicas, cluster.pods = 1, ["Pending"]
    found = await outcome(adapter, an_order())
    assert found == ("unknown", Reason.ENGINE_REFUSED, "Its pod is not ready.")


async def test_what_the_controller_has_not_seen_says_nothing(adapter, cluster):
    cluster.generation = 2
    found = await outcome(adapter, an_order(on=False))
    words = "The cluster has not taken up the last change yet."
    assert found == ("unknown", Reason.STILL_RUNNING, words)


async def test_two_pods_would_trade_twice(adapter, cluster):
    cluster.replicas, cluster.pods = 2, ["Running", "Running"]
    found = await outcome(adapter, an_order())
    assert (found[0], cluster.replicas) == ("running", 1)
    cluster.pods = ["Running", "Running"]
    found = await outcome(adapter, an_order())
    assert found == ("running", Reason.ENGINE_MISMATCH, "2 pods of it run at once.")


async def test_a_stateful_set_is_scaled_as_a_deployment_is(cluster, tmp_path):
    cluster.kind, cluster.name = "statefulsets", "dca"
    adapter = cluster.adapter(tmp_path, stateful_set="dca")
    assert await outcome(adapter, an_order()) == ("running", None, "")
    await adapter.close()


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ({}, "The selector of the workload must have matchLabels alone."),
        (
            {"matchLabels": {"a": "b"}, "matchExpressions": [{"key": "c"}]},
            "The selector of the workload must have matchLabels alone.",
        ),
    ],
)
async def test_pods_that_cannot_be_chosen_are_not_guessed(adapter, cluster, selector, words):
    cluster.selector = selector
    assert await outcome(adapter, an_order()) == ("unknown", Reason.RUNTIME_UNAVAILABLE, words)


@pytest.mark.parametrize("replicas", [None, True, "1"])
async def test_a_workload_of_another_form_is_not_read(adapter, cluster, replicas):
    cluster.replicas = replicas
    assert (await outcome(adapter, an_order()))[:2] == ("unknown", Reason.RUNTIME_UNAVAILABLE)
    assert cluster.commands == []


async def test_pods_that_are_not_listed_are_not_taken_for_none(adapter, cluster):
    cluster.mode, cluster.pods = "lies", None
    words = "The cluster does not list the pods of the workload."
    found = await outcome(adapter, an_order(on=False))
    assert found == ("unknown", Reason.STILL_RUNNING, words)


async def test_a_workload_that_is_not_there_is_refused(cluster, tmp_path):
    adapter = cluster.adapter(tmp_path, deployment="another")
    found = await outcome(adapter, an_order())
    words = "The engine refuses the request (HTTP 404)."
    assert found == ("unknown", Reason.ENGINE_REFUSED, words)
    await adapter.close()


async def test_without_a_service_account_nothing_is_asked(tmp_path):
    declared = KubernetesRuntime(name="k", type="kubernetes", namespace="bots", deployment="grid")
    access = kubernetes.Access(folder=tmp_path)
    adapter = kubernetes.KubernetesAdapter(declared, Bounds(tmp_path), access)
    found = await outcome(adapter, an_order())
    assert found == ("unknown", Reason.RUNTIME_UNAVAILABLE, kubernetes.NO_CLUSTER)
    (tmp_path / "token").write_text(SECRET)  # and no authority to trust
    assert (await outcome(adapter, an_order()))[2] == kubernetes.NO_CLUSTER
    (tmp_path / "ca.crt").write_text("no certificate")
    assert (await outcome(adapter, an_order()))[2] == kubernetes.NO_CLUSTER
    await adapter.close()


async def test_a_token_that_was_replaced_is_used(adapter, tmp_path):
    (tmp_path / "token").write_text("another")
    words = "The engine refuses our credentials (HTTP 401)."
    assert await outcome(adapter, an_order()) == ("unknown", Reason.ENGINE_REFUSED, words)
    (tmp_path / "token").write_text(SECRET)
    assert await outcome(adapter, an_order()) == ("running", None, "")


async def test_a_command_that_a_newer_order_replaced_is_not_given(adapter, cluster):
    reading = (await adapter.read([STRATEGY]))[STRATEGY]
    target = Target(an_order(), STAMP, superseded=True)
    with pytest.raises(UnavailableError):
        await adapter.apply(target.order, reading, target)
    assert cluster.commands == []


async def test_it_is_one_workload_with_one_place(adapter):
    assert await adapter.place() == "kubernetes /apis/apps/v1/namespaces/bots/deployments/grid"
    assert await adapter.read([]) == {}
    assert await adapter.changed(None) == set()
    assert await adapter.changed(["a"]) == ["a"]
    adapter.adopt(None)
