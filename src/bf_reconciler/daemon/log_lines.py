"""Log lines of what happens to a status: changes, incidents, and versions of the file."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

import structlog

from bf_reconciler.facts import CONFIG_ADVICE, errors_first, remedy
from bf_reconciler.policy import Incident
from bf_reconciler.status import ConfigStatus, Transition

ALARMING = frozenset({"Blocked", "Unreachable", "Invalid", "Degraded", "Holding", "Error"})
SHOWN_PROBLEMS = 10


def log_transitions(
    logger: structlog.stdlib.BoundLogger, transitions: Iterable[Transition]
) -> None:
    """A line for each; entries that nobody knew yet share one, for there may be thousands."""
    added: list[Transition] = []
    for transition in transitions:
        if _is_added(transition):
            added.append(transition)
        else:
            log_transition(logger, transition)
    if not added:
        return
    kinds = Counter(each.kind for each in added)
    logger.info("entries added", connections=kinds["connection"], strategies=kinds["strategy"])
    if logging.getLogger("bf_reconciler").isEnabledFor(logging.DEBUG):
        for each in added:
            reason = str(each.reason)
            logger.debug("entry added", kind=each.kind, name=each.name, reason=reason)


def _is_added(transition: Transition) -> bool:
    """Whether all that it says is that there is an entry, of which nothing is known yet."""
    return (
        transition.kind in {"connection", "strategy"}
        and not transition.before
        and transition.after == "Pending"
    )


def log_transition(logger: structlog.stdlib.BoundLogger, transition: Transition) -> None:
    """One line per change of a status word; a warning with the next step where one is needed."""
    if transition.kind == "halt":
        _log_halt(logger, transition)
        return
    if transition.kind == "key":
        _log_key(logger, transition)
        return
    alarming = transition.after in ALARMING
    write = logger.warning if alarming else logger.info
    write(
        f"{transition.kind} changed",
        name=transition.name,
        before=transition.before or None,
        after=transition.after or None,
        reason=str(transition.reason),
        message=transition.message,
        remedy=(remedy(transition.reason) or None) if alarming else None,
        generation=transition.generation,
        revision=transition.revision,
        lasted_seconds=None if transition.lasted is None else round(transition.lasted, 3),
    )


def _log_halt(logger: structlog.stdlib.BoundLogger, halt: Transition) -> None:
    """Who halted or resumed, and why: as a warning, so that it is in every log."""
    logger.warning(
        "halted" if halt.after else "resumed",
        strategy=halt.name or None,
        by=halt.by,
        why=halt.message or None,
        generation=halt.generation,
        revision=halt.revision,
    )


def _log_key(logger: structlog.stdlib.BoundLogger, change: Transition) -> None:
    """What changed of a key: as a warning, since nobody here knows who changed it."""
    logger.warning(
        "key changed",
        name=change.name,
        what=change.what,
        before=change.before or None,
        after=change.after or None,
        message=change.message,
        remedy=remedy(change.reason),
        generation=change.generation,
        revision=change.revision,
    )


def log_incidents(
    logger: structlog.stdlib.BoundLogger,
    before: tuple[Incident, ...],
    after: tuple[Incident, ...],
) -> None:
    """One line when a common cause is seen first, and one when it is over."""
    was, now_is = ({(i.kind, i.scope): i for i in found} for found in (before, after))
    for key in [key for key in now_is if key not in was]:
        _incident(logger.warning, "incident started", now_is[key], remedy(now_is[key].reason))
    for key in [key for key in was if key not in now_is]:
        _incident(logger.info, "incident ended", was[key])


def _incident(
    write: Callable[..., None], event: str, incident: Incident, advice: str | None = None
) -> None:
    write(
        event,
        kind=incident.kind,
        scope=incident.scope,
        reason=str(incident.reason),
        remedy=advice or None,
        connections=len(incident.connections),
        since=incident.since.isoformat(),
    )


def log_config(
    logger: structlog.stdlib.BoundLogger, before: ConfigStatus, after: ConfigStatus
) -> None:
    """A line when the file was taken, refused for a new cause, or taken again; else none."""
    if _news(before) == _news(after):
        return
    problems = [problem.render(after.path) for problem in errors_first(after.problems)]
    shown = problems[:SHOWN_PROBLEMS] or None
    if after.last_reload_successful:
        plain = after.plaintext_secrets
        write = logger.warning if plain else logger.info  # plain text is told at any level
        write("file loaded", path=after.path, warnings=shown, plaintext_secrets=plain)
        return
    advice = CONFIG_ADVICE[after.reason]["en"].remedy if after.reason else None
    logger.error(
        "file rejected",
        path=after.path,
        reason=str(after.reason) if after.reason else None,
        message=after.message,
        remedy=advice,
        problems=shown,
        problem_count=len(problems),
    )


def _news(config: ConfigStatus) -> tuple[object, ...]:
    good = config.last_reload_successful
    return (good, config.last_reload_success if good else None, config.problems, config.reason)


def log_rollback(
    logger: structlog.stdlib.BoundLogger, before: ConfigStatus, after: ConfigStatus
) -> None:
    """A line when a version came into force that is older than the one before."""
    logger.warning(
        "file rolled back",
        path=after.path,
        last_modified=_moment(after.last_modified),
        last_modified_before=_moment(before.last_modified),
    )


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
