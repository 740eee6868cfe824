"""What concerns everything: a halt, a rejected file, one cause behind many failures."""

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from bf_reconciler.facts import CONFIG_ADVICE, ConfigReason, Reason, errors_first, remedy
from bf_reconciler.policy import Incident
from bf_reconciler.status import (
    ConfigStatus,
    ConnectionStatus,
    Maintenance,
    Status,
    StrategyState,
)
from bf_reconciler.web.page.consequences import consequences, folded
from bf_reconciler.web.page.control import resume_button
from bf_reconciler.web.page.html import Reader, head_of, link, moment, paragraph, title_of
from bf_reconciler.web.page.markup import DOT, NOTHING, fill, join

OF_ENTRIES: Final = {ConfigReason.INVALID_DOCUMENT, ConfigReason.HOST_NOT_ALLOWED}
"""What is wrong with one entry alone."""
SHOWN_PROBLEMS: Final = 50


def banners(status: Status, reader: Reader) -> Markup:
    """A block that may be empty, so that it can be filled later."""
    parts = (
        _halted(status, reader),
        _rejected(status.config, reader),
        _canaries(status, reader),
        *(_incident(each, status, reader) for each in status.incidents),
        *(_maintenance(each, reader) for each in status.maintenance),
    )
    return fill('<div id="banners">%s</div>', join(parts))


def has_banner(status: Status) -> bool:
    """Then nothing on the page says that all is well."""
    rejected = not status.config.last_reload_successful
    return (
        rejected
        or status.halt is not None
        or bool(status.incidents)
        or any(failed_canaries(status))
    )


def failed_canaries(status: Status) -> Iterator[ConnectionStatus]:
    """Connections that are to be bad in a certain way, and are not."""
    return (c for c in status.connections.values() if _has_failed(c))


def _has_failed(connection: ConnectionStatus) -> bool:
    head = head_of(connection.conditions)
    return head is not None and head.reason is Reason.CANARY_FAILED


def _banner(tone: str, heading: str, *paragraphs: Markup) -> Markup:
    return fill(
        '<section class="banner %s"><h2>%s</h2>%s</section>', tone, heading, join(paragraphs)
    )


def _halted(status: Status, reader: Reader) -> Markup:
    halted, words = status.halt, reader.words
    if halted is None:
        return NOTHING
    who = [fill("%s — %s", halted.reason, halted.by)]
    if halted.since:
        who.append(moment(halted.since, words))
    end = resume_button(reader) if status.file_halt is None else paragraph(words["halt_file"])
    off = [each for each in status.strategies.values() if each.status is StrategyState.HALTED]
    return _banner(
        "bad",
        words["halted"],
        paragraph(join(who, DOT)),
        folded(off, "follow_off", reader),
        end,
    )


def _rejected(config: ConfigStatus, reader: Reader) -> Markup:
    """A file that was rejected comes before all else."""
    if config.last_reload_successful:
        return NOTHING
    words = reader.words
    advice = CONFIG_ADVICE[config.reason][reader.language] if config.reason else None
    # A wrong entry isolates itself: the others may well be in force.
    what = "rejected_part" if config.reason in OF_ENTRIES else "rejected"
    return _banner(
        "bad",
        f"{words[what]}: {advice.title}" if advice else words[what],
        _message(config),
        _todo(advice.remedy if advice else ""),
        _problems(config),
        _last_reload(config, reader),
    )


def _canaries(status: Status, reader: Reader) -> Markup:
    """Where the alarm does not ring for what is known to be wrong, nothing else is sure."""
    failed = list(failed_canaries(status))
    if not failed:
        return NOTHING
    return _banner(
        "bad",
        reader.words["canaries"],
        *(_canary(connection, reader) for connection in failed),
        _todo(remedy(Reason.CANARY_FAILED, reader.language)),
    )


def _canary(connection: ConnectionStatus, reader: Reader) -> Markup:
    head = connection.conditions[0]
    name = link(reader.connection(connection.name), connection.name)
    since = moment(head.since, reader.words)
    return fill("<p>%s · %s %s</p>", name, head.message, since)


def _message(config: ConfigStatus) -> Markup:
    if not config.reason:
        return paragraph(config.message) if config.message else NOTHING
    return fill("<p><code>%s</code> %s</p>", config.reason, config.message)


def _todo(remedy: str) -> Markup:
    return fill('<p class="todo">%s</p>', remedy) if remedy else NOTHING


def _last_reload(config: ConfigStatus, reader: Reader) -> Markup:
    words, at = reader.words, config.last_reload_success
    return fill("<p>%s: %s</p>", words["last_good"], moment(at, words)) if at else NOTHING


def problems_of(config: ConfigStatus, reader: Reader) -> Markup:
    """Warnings about a file that is in force: they can wait, and be opened."""
    if not config.last_reload_successful or not config.problems:
        return Markup('<div id="problems"></div>')
    return fill(
        '<details id="problems"><summary>%s (%s)</summary>%s</details>',
        reader.words["warnings"],
        str(len(config.problems)),
        _problems(config),
    )


def _problems(config: ConfigStatus) -> Markup:
    if not config.problems:
        return NOTHING
    lines = [
        fill("<li><code>%s</code></li>", problem.render(config.path))
        for problem in errors_first(config.problems)[:SHOWN_PROBLEMS]
    ]
    more = len(config.problems) - len(lines)
    if more > 0:
        lines.append(fill("<li>+ %s</li>", str(more)))
    return fill("<ul>%s</ul>", join(lines))


def _incident(incident: Incident, status: Status, reader: Reader) -> Markup:
    """Many failures of one cause are one thing, with all that follows of it."""
    words = reader.words
    heading = words[f"incident_{incident.kind}"]
    since = moment(incident.since, words)
    return _banner(
        "warn",
        heading.format(incident.scope),
        fill(
            "<p>%s · %s %s</p>",
            title_of(incident.reason, reader.language),
            words["affected"].format(len(incident.connections)),
            since,
        ),
        _todo(remedy(incident.reason, reader.language)),
        _affected(incident, status, StrategyState.BLOCKED, "follow_off", reader),
        _affected(incident, status, StrategyState.HOLDING, "follow_held", reader),
    )


def _maintenance(told: Maintenance, reader: Reader) -> Markup:
    words = reader.words
    live = told.environment == "live"
    where = told.exchange if live else f"{told.exchange} {told.environment}"
    end = moment(told.ends, words) if told.ends is not None else words["maintenance_open"]
    return _banner(
        "warn",
        words[f"maintenance_{told.phase}"].format(where),
        fill("<p>%s / %s</p>", moment(told.begins, words), end),
        paragraph(told.title) if told.title else NOTHING,
    )


def _affected(
    incident: Incident, status: Status, state: StrategyState, words: str, reader: Reader
) -> Markup:
    by_connection = consequences(status, state)
    return folded(
        [each for name in incident.connections for each in by_connection.get(name, ())],
        words,
        reader,
    )
