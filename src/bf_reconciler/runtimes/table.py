"""The kinds of runtime."""

from collections.abc import Callable, Mapping
from typing import Any

from bf_reconciler.runtimes.adapter import Adapter, Bounds
from bf_reconciler.runtimes.file import FileAdapter
from bf_reconciler.runtimes.freqtrade import FreqtradeAdapter
from bf_reconciler.runtimes.hummingbot import HummingbotAdapter
from bf_reconciler.runtimes.kubernetes import KubernetesAdapter
from bf_reconciler.runtimes.process import ProcessAdapter
from bf_reconciler.runtimes.webhook import WebhookAdapter

RUNTIMES: Mapping[str, Callable[[Any, Bounds], Adapter]] = {
    "file": FileAdapter,
    "freqtrade": FreqtradeAdapter,
    "hummingbot-api": HummingbotAdapter,
    "kubernetes": KubernetesAdapter,
    "process": ProcessAdapter,
    "webhook": WebhookAdapter,
}
"""By ``type``: makes the adapter of a declared runtime, whose folders lie within the bounds."""
