"""A workload of the cluster that the daemon runs in: one replica runs, none is stopped.

What counts are its pods, not the number that was asked for: a pod that is being ended may trade
until it is gone. Only ``replicas`` of the scale is ever written.
"""

import asyncio
import json
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from bf_reconciler.facts import Reason
from bf_reconciler.runtimes.adapter import (
    Bounds,
    Reading,
    Target,
    UnavailableError,
)
from bf_reconciler.runtimes.remote_engine import SingleEngine, life_of
from bf_reconciler.runtimes.rest import Rest
from bf_reconciler.runtimes.thread import OwnThread
from bf_reconciler.spec import KubernetesRuntime
from bf_reconciler.status import Running
from bf_reconciler.verdict import Order

POLL_SECONDS: Final = 3.0
TOKEN_BYTES: Final = 1 << 16
OVER: Final = {"Succeeded", "Failed"}
"""Phases of pods in which nothing of theirs runs any more."""
NO_CLUSTER: Final = "No service account is mounted: it does not run in a cluster, or without one."


@dataclass(frozen=True, slots=True)
class Access:
    """How the API is reached: what the cluster mounts into every pod that may use it."""

    url: str = "https://kubernetes.default.svc"
    folder: Path = Path("/var/run/secrets/kubernetes.io/serviceaccount")

    def token(self) -> str:
        """The token of now; it is replaced every hour."""
        with (self.folder / "token").open("rb") as file:
            return file.read(TOKEN_BYTES).decode("ascii").strip()

    def context(self) -> ssl.SSLContext:
        """Trust the authority of the cluster alone."""
        return ssl.create_default_context(cafile=str(self.folder / "ca.crt"))


class KubernetesAdapter(SingleEngine[KubernetesRuntime]):
    """The workload of one declared runtime of type ``kubernetes``."""

    settle_time = timedelta(seconds=2)
    deadline = timedelta(seconds=30)

    def __init__(
        self, declared: KubernetesRuntime, _bounds: Bounds, access: Access | None = None
    ) -> None:
        super().__init__(declared)
        self._access = access or Access()
        self._thread = OwnThread(f"token of {declared.name}")
        self._rest: Rest | None = None
        kind = "deployments" if declared.deployment else "statefulsets"
        name = declared.deployment or declared.stateful_set
        space = f"namespaces/{declared.namespace}"
        self._workload = f"/apis/apps/v1/{space}/{kind}/{name}"
        self._pods = f"/api/v1/{space}/pods"

    async def place(self) -> str:
        return f"kubernetes {self._workload}"

    def differs(self, order: Order, reading: Reading) -> bool:
        """Whether another number of replicas is asked for than is wanted."""
        replicas = (reading.content or {}).get("replicas")
        if order.on:
            return replicas is not None and replicas != 1
        return replicas != 0

    async def apply(self, order: Order, reading: Reading, target: Target) -> None:  # noqa: ARG002 # of the contract
        """Ask for one replica, or for none.

        Raises:
            UnavailableError: It could not be asked.
            RefusedError: The cluster refuses it.
        """
        target.check()
        body = json.dumps({"spec": {"replicas": 1 if order.on else 0}}).encode()
        await self._ask("PATCH", f"{self._workload}/scale", body)

    async def hint(self) -> Collection[str] | None:
        await asyncio.sleep(POLL_SECONDS)
        return None

    async def close(self) -> None:
        if self._rest is not None:
            await self._rest.close()
        self._thread.close()

    async def _read(self) -> Reading:
        """What its pods do."""
        workload = await self._ask("GET", self._workload)
        meta, spec, status = (_part(workload, key) for key in ("metadata", "spec", "status"))
        replicas = spec.get("replicas")
        if isinstance(replicas, bool) or not isinstance(replicas, int):
            raise UnavailableError("The workload does not say how many replicas it has.")
        content, life = {"replicas": replicas}, life_of(meta.get("uid", ""))
        if status.get("observedGeneration") != meta.get("generation"):
            words = "The cluster has not taken up the last change yet."
            return Reading(Running("unknown", message=words), content=content, life=life)
        alive = await self._alive(_part(spec, "selector"))
        return Reading(_running(replicas, status, alive), content=content, life=life)

    async def _alive(self, selector: Mapping[str, Any]) -> int:
        """How many of its pods may still do something."""
        labels = selector.get("matchLabels")
        if not isinstance(labels, dict) or not labels or selector.get("matchExpressions"):
            raise UnavailableError("The selector of the workload must have matchLabels alone.")
        wanted = ",".join(f"{key}={value}" for key, value in labels.items())
        found = (await self._ask("GET", f"{self._pods}?labelSelector={quote(wanted)}")).get("items")
        if not isinstance(found, list):
            raise UnavailableError("The cluster does not list the pods of the workload.")
        return sum(_part(pod, "status").get("phase") not in OVER for pod in found)

    async def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        try:
            token = await self._thread.call(self._access.token)
            if self._rest is None:
                https = self._access.url.startswith("https:")
                context = await self._thread.call(self._access.context) if https else None
                self._rest = Rest(self._declared.name, self._declared.timeout, context)
        except (OSError, ValueError):
            raise UnavailableError(NO_CLUSTER) from None
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/merge-patch+json"
        return (await self._rest.ask(method, self._access.url + path, headers, body)).content()


def _running(replicas: int, status: Mapping[str, Any], alive: int) -> Running:
    if alive > 1:
        return Running("running", Reason.ENGINE_MISMATCH, f"{alive} pods of it run at once.")
    if replicas == 0:
        words = "Its pod is being ended."
        return Running("unknown", message=words) if alive else Running("stopped")
    if alive and status.get("readyReplicas") == 1:
        return Running("running")
    return Running("unknown", message="Its pod is not ready.")


def _part(whole: object, key: str) -> dict[str, Any]:
    """An object within an object; empty where there is none."""
    part = whole.get(key) if isinstance(whole, dict) else None
    return part if isinstance(part, dict) else {}
