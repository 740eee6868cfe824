"""Metric families of the process, the file and the fleet as a whole, as values."""

import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from bf_reconciler import __version__
from bf_reconciler.metrics.family import Family, Labels, moment
from bf_reconciler.status import ConfigStatus, Status

WATCH_MODES = ("watch", "poll")


@dataclass(frozen=True, slots=True)
class Extras:
    """What a scrape tells of the process, beside the Status."""

    watch_mode: str = "poll"
    last_completed: datetime | None = None
    """When the last cycle reached its end."""
    links: tuple[str, str, str] = ("", "", "")
    """Where people open the page, the dashboards and the runbook; "" is not known."""
    labels: Labels = ()
    """Labels of the file that the series of an entry carry."""
    request_ratios: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """What is asked, as a share of what may be, by exchange and egress."""


def families(status: Status, extras: Extras) -> Iterator[Family]:
    """What a Status says beside its connections and strategies."""
    yield from _process(status, extras)
    yield from _config(status)
    yield Family(
        "bf_incident",
        "Number of connections with one common cause: an exchange outage (outage), a change of our"
        " egress address (egress), or an exchange that answers otherwise than documented (change).",
        ("kind", "scope", "reason"),
        [((i.kind, i.scope, i.reason), float(len(i.connections))) for i in status.incidents],
    )
    counted = Counter((m.exchange, m.phase) for m in status.maintenance)
    yield Family(
        "bf_maintenance",
        "Maintenance that an exchange told: announced, under_way, or overrun (its end is over, and"
        " it still fails).",
        ("exchange", "state"),
        [(place, float(n)) for place, n in counted.items()],
    )
    yield Family(
        "bf_request_budget_ratio",
        "Requests that the intervals of the file need, as a share of those sent to an exchange by"
        " one egress at most. Above 1, probes come later by this factor.",
        ("exchange", "egress"),
        extras.request_ratios.items(),
    )


@cache
def _ccxt() -> str:
    try:
        return version("ccxt")
    except PackageNotFoundError:
        return "unknown"


def _process(status: Status, extras: Extras) -> Iterator[Family]:
    build = (__version__, platform.python_version(), _ccxt())
    yield Family(
        "bf_build_info",
        "Versions of bf-reconciler, Python and ccxt; always 1.",
        ("version", "python", "ccxt"),
        [(build, 1)],
    )
    yield Family(
        "bf_links_info",
        "Where people find the page, the dashboards and the runbook, as set; always 1.",
        ("page_url", "dashboard_url", "runbook_url"),
        [(extras.links, 1)],
    )
    index, _, count = (status.config.shard or "0/1").partition("/")
    yield Family(
        "bf_shard_info",
        "Which part of the connections this daemon looks after, counted from 0; always 1.",
        ("shard", "shards"),
        [((index, count), 1)],
    )
    yield Family(
        "bf_watch_mode",
        "How changes of the file are detected: 1 for the mode in use.",
        ("mode",),
        [((mode,), float(mode == extras.watch_mode)) for mode in WATCH_MODES],
    )
    yield _single(
        "bf_halted", "1 while all strategies are halted, by the file or by a person.", status.halt
    )
    yield Family(
        "bf_reconcile_last_completed_timestamp_seconds",
        "When a reconcile cycle last completed.",
        (),
        moment((), extras.last_completed),
    )


def _config(status: Status) -> Iterator[Family]:
    config = status.config
    yield _single(
        "bf_config_last_reload_successful",
        "1 if the last reload of the file was successful; 0 while an older version is in force.",
        config.last_reload_successful,
    )
    yield Family(
        "bf_config_file_last_reload_successful",
        "1 if the last reload of this file was successful, by its name in the folder.",
        ("file",),
        [((name,), float(good)) for name, good in _files(config)],
    )
    yield Family(
        "bf_config_last_reload_success_timestamp_seconds",
        "When the file was last reloaded successfully.",
        (),
        moment((), config.last_reload_success),
    )
    told = [((status.revision, status.digest), 1.0)]
    yield Family(
        "bf_config_info",
        "Revision and digest of the file in force; always 1.",
        ("revision", "digest"),
        told if status.digest else [],
    )
    yield _single(
        "bf_config_generation",
        "Number of the revision in force; each accepted revision increases it.",
        status.generation,
    )
    errors = [problem for problem in config.problems if problem.severity == "error"]
    yield _single(
        "bf_config_problems",
        "Errors in the last reload of the file, without warnings.",
        len(errors),
    )
    yield _single(
        "bf_config_plaintext_secrets",
        "Unencrypted credentials in the file.",
        config.plaintext_secrets,
    )
    yield _single(
        "bf_config_last_good_in_force",
        "1 while the file is refused and the last good one from the state folder is used.",
        config.last_good_in_force,
    )
    yield _single("bf_config_sealed", "1 if the file in force has a valid seal.", config.sealed)


def _files(config: ConfigStatus) -> list[tuple[str, bool]]:
    """Each file of the source, and whether it was taken; a source of one file has that alone."""
    if config.files:
        return [(file.name, file.last_reload_successful) for file in config.files]
    name = config.path.rstrip("/").rpartition("/")[2]
    return [(name, config.last_reload_successful)] if name else []


def _single(name: str, text: str, value: object) -> Family:
    number = value if isinstance(value, int) else value is not None
    return Family(name, text, (), [((), float(number))])
