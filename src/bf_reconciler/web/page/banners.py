"""What concerns everything: a halt, a file that was refused, a cause behind many failures."""

from html import escape
from typing import Final

from bf_reconciler.facts import CONFIG_ADVICE, ConfigReason, Reason, errors_first, remedy
from bf_reconciler.status import ConfigStatus, Status
from bf_reconciler.web.page.html import Reader, moment, title_of

SHOWN_PROBLEMS: Final = 50


def banners(status: Status, reader: Reader) -> str:
    """A block that may be empty, so that it can be filled later."""
    told = _halted(status, reader) + _refused(status.config, reader) + _incidents(status, reader)
    return f'<div id="banners">{told}</div>'


def _halted(status: Status, reader: Reader) -> str:
    halted, words = status.halt, reader.words
    if halted is None:
        return ""
    since = f" · {moment(halted.since, words)}" if halted.since else ""
    in_file = f"<p>{words['halt_file']}</p>" if status.file_halt is not None else ""
    return (
        f'<section class="banner bad"><h2>{words["halted"]}</h2>'
        f"<p>{escape(halted.reason)} — {escape(halted.by)}{since}</p>{in_file}</section>"
    )


def _refused(config: ConfigStatus, reader: Reader) -> str:
    """The file that was not taken stands before all else."""
    if config.last_reload_successful:
        return ""
    words = reader.words
    advice = CONFIG_ADVICE[config.reason][reader.language] if config.reason else None
    title = advice.title if advice else words["refused"]
    # A wrong entry isolates itself: the others may well be in force.
    what = "refused_part" if config.reason is ConfigReason.INVALID_DOCUMENT else "refused"
    since = config.last_reload_success
    last = f"<p>{words['last_good']}: {moment(since, words)}</p>" if since else ""
    code = f"<code>{config.reason}</code> " if config.reason else ""
    told = f"<p>{code}{escape(config.message)}</p>" if code or config.message else ""
    todo = f'<p class="todo">{escape(advice.remedy)}</p>' if advice and advice.remedy else ""
    return (
        f'<section class="banner bad"><h2>{words[what]}: {escape(title)}</h2>{told}{todo}'
        f"{_problems(config)}{last}</section>"
    )


def problems_of(config: ConfigStatus, reader: Reader) -> str:
    """Warnings about a file that is in force: they can wait, and be opened."""
    if not config.last_reload_successful or not config.problems:
        return '<div id="problems"></div>'
    return (
        f'<details id="problems"><summary>{reader.words["warnings"]} '
        f"({len(config.problems)})</summary>{_problems(config)}</details>"
    )


def _problems(config: ConfigStatus) -> str:
    lines = [
        f"<li><code>{escape(problem.render(config.path))}</code></li>"
        for problem in errors_first(config.problems)[:SHOWN_PROBLEMS]
    ]
    more = len(config.problems) - len(lines)
    if more > 0:
        lines.append(f"<li>+ {more}</li>")
    return f"<ul>{''.join(lines)}</ul>" if lines else ""


def _incidents(status: Status, reader: Reader) -> str:
    """Many failures of one cause are one thing."""
    return "".join(
        _incident(
            words["incident_egress" if each.kind == "egress" else "incident_outage"],
            each.scope,
            each.reason,
            f"{words['hit'].format(len(each.connections))} {moment(each.since, words)}",
            reader,
        )
        for words in (reader.words,)
        for each in status.incidents
    )


def _incident(heading: str, scope: str, reason: Reason, hit: str, reader: Reader) -> str:
    todo = escape(remedy(reason, reader.language))
    return (
        f'<section class="banner warn"><h2>{escape(heading.format(scope))}</h2>'
        f"<p>{title_of(reason, reader.language)} · {hit}</p>"
        f'<p class="todo">{todo}</p></section>'
    )
