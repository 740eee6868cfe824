"""The options of `run` for alerts and dashboards."""

import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from bf_reconciler.cli import options
from bf_reconciler.settings import RESERVED_LABELS, Monitoring

LABEL: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,62}")
LINK: Final = re.compile(r"https?://[^\s/?#@\"'<>\\]+([/?][^\s@\"'<>\\]*)?")
MANY: Final = 8
"""Labels at most: each one stands in every series of an entry."""


class Link(click.ParamType[str]):
    """An address that a browser opens. It is shown to everybody, so it holds no credentials."""

    name = "url"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        text = str(value).strip().rstrip("/")
        if text and not LINK.fullmatch(text):
            self.fail("an absolute http or https URL without credentials is expected", param, ctx)
        return text


class MetricLabel(click.ParamType[str]):
    """A label that Prometheus takes, and that means nothing else in our metrics."""

    name = "label"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        name = str(value)
        if not LABEL.fullmatch(name) or name in RESERVED_LABELS:
            known = ", ".join(sorted(RESERVED_LABELS))
            self.fail(f"letters, digits and _ are expected; not one of: {known}", param, ctx)
        return name


def monitoring_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options, and hand them over together as ``monitoring``."""

    @wraps(function)
    def command(**given: Any) -> None:  # noqa: ANN401 # whatever click read
        names = dict.fromkeys(given.pop("metric_label"))
        if len(names) > MANY:
            raise click.UsageError(f"--metric-label: {MANY} at most")
        notify = given.pop("notify")
        if notify is not None:
            _check(notify)
        links = {link: given.pop(link) for link in ("page_url", "dashboard_url", "runbook_url")}
        function(monitoring=Monitoring(labels=tuple(names), notify=notify, **links), **given)

    added: Callable[..., None] = command
    for add in (
        options.option(
            "--metric-label",
            type=MetricLabel(),
            multiple=True,
            metavar="NAME",
            help="Label of the file, such as team, that the metrics of an entry carry. Repeatable.",
        ),
        options.option(
            "--notify",
            type=click.Path(path_type=Path),
            help="File of receivers that are told of failures, and of their end.",
        ),
        _link("--runbook-url", "The address of docs/operations.md, for alerts."),
        _link("--dashboard-url", "The address of the dashboards, for alerts."),
        _link("--page-url", "The address of the page as people reach it, for alerts."),
    ):
        added = add(added)
    return added


def _check(notify: Path) -> None:
    """See that the file can be used before anything is started."""
    from bf_reconciler.notify import NotifyError, read_all  # noqa: PLC0415 # only where it is used

    try:
        read_all(notify)
    except NotifyError as error:
        raise click.UsageError(f"--notify: {error}") from None


def _link(name: str, text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return options.option(name, type=Link(), default="", metavar="URL", help=text)
