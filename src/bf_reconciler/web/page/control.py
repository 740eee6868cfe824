"""What a person may do from the page, what it will do, and how to do it without JavaScript."""

import json
from collections.abc import Iterable
from shlex import quote
from typing import Final

from markupsafe import Markup

from bf_reconciler.status import Status, StrategyStatus
from bf_reconciler.web.page.consequences import folded
from bf_reconciler.web.page.html import Reader, moment, paragraph, state_mark
from bf_reconciler.web.page.markup import NOTHING, fill, join

HALT_PATH: Final = "/api/v1/halt"
RESUME_PATH: Final = "/api/v1/resume"
ACTIONS: Final = ("close", "stop", "pause")
"""What turning off does, the gravest first."""


def switch(status: Status, reader: Reader) -> Markup:
    """The kill switch in the header of every page; while halted, the word that says so."""
    words = reader.words
    if status.halt is not None:
        shown = fill('<a href="%s">%s</a>', reader.href("/"), state_mark("Halted", reader.language))
    else:
        shown = fill(
            '<button class="act main danger" data-opens="halt-dialog">%(halt)s</button>'
            '<a class="plain" href="%(home)s#control">%(halt)s</a>',
            halt=words["halt"],
            home=reader.href("/"),
        )
    return fill('<span id="switch">%s</span>', shown)


def dialogs(status: Status, reader: Reader) -> Markup:
    """Halt and resume, each with what it will do; a script opens them."""
    return _dialog("halt", HALT_PATH, halt_plan(status, reader), reader) + _dialog(
        "resume_all", RESUME_PATH, resume_plan(status, reader), reader
    )


def _dialog(heading: str, path: str, plan: Markup, reader: Reader) -> Markup:
    """``heading`` is also what its button says."""
    words, name = reader.words, heading.removesuffix("_all")
    return fill(
        '<dialog id="%(name)s-dialog" aria-labelledby="%(name)s-dialog-heading">'
        '<h2 id="%(name)s-dialog-heading">%(heading)s</h2>%(plan)s'
        '<form data-post="%(path)s">%(fields)s<p class="fault" role="alert"></p>'
        '<p class="buttons"><button class="main%(danger)s">%(heading)s</button> '
        '<button type="button" data-closes>%(cancel)s</button></p></form></dialog>',
        name=name,
        heading=words[heading],
        plan=plan,
        path=path,
        fields=_who_and_why(reader),
        danger=" danger" if name == "halt" else "",
        cancel=words["cancel"],
    )


def _who_and_why(reader: Reader) -> Markup:
    words = reader.words
    return fill(
        '<label class="wide">%(reason)s'
        '<input name="reason" required maxlength="500" autocomplete="off"></label>'
        '<label>%(by)s<input name="by" required maxlength="500"></label>',
        reason=words["your_reason"],
        by=words["your_name"],
    )


def halt_plan(status: Status, reader: Reader) -> Markup:
    """How many strategies a halt would turn off, and what becomes of their positions."""
    words = reader.words
    on = [each for each in status.strategies.values() if _may_run(each)]
    what = words["halt_what"].format(len(on), len(status.strategies))
    parts = join(_action(action, on, reader) for action in ACTIONS)
    return fill('<div id="halt-plan"><p>%s</p>%s</div>', what, parts)


def _action(action: str, on: Iterable[StrategyStatus], reader: Reader) -> Markup:
    would = [each for each in on if each.memory is not None and each.memory.off_action == action]
    return folded(would, f"halt_{action}", reader, "bad" if action == "close" else "")


def resume_plan(status: Status, reader: Reader) -> Markup:
    """Who halted and why, and how many strategies may run again."""
    words, halt = reader.words, status.halt
    wanted = [each for each in status.strategies.values() if each.desired]
    ready = [each for each in wanted if _complies(each, status)]
    who = NOTHING
    if halt is not None:
        since = moment(halt.since, words) if halt.since else NOTHING
        who = fill("<p>%s — %s %s</p>", halt.reason, halt.by, since)
    what = words["resume_what"].format(len(ready), len(wanted) - len(ready))
    return fill('<div id="resume-plan">%s<p>%s</p></div>', who, what)


def _may_run(strategy: StrategyStatus) -> bool:
    return strategy.running == "running" or strategy.told == "run"


def _complies(strategy: StrategyStatus, status: Status) -> bool:
    connection = status.connections.get(strategy.connection)
    return connection is not None and connection.status.up


def control(status: Status, reader: Reader) -> Markup:
    """Halt, or resume where a person has halted, where no script runs."""
    words = reader.words
    if status.file_halt is not None:
        inner = paragraph(words["halt_file"])
    elif status.halted is not None:
        inner = curl(RESUME_PATH, {"reason": "...", "by": "..."}, reader)
    else:
        inner = curl(HALT_PATH, {"reason": "...", "by": "..."}, reader)
    return fill(
        '<section id="control" class="plain" aria-labelledby="control-heading">'
        '<h2 id="control-heading">%s</h2><p>%s</p>%s</section>',
        words["emergency"],
        words["halt_why"],
        inner,
    )


def resume_button(reader: Reader) -> Markup:
    """Opens the dialog that says what resuming will do."""
    return fill(
        '<p class="act"><button class="main" data-opens="resume-dialog">%s</button></p>',
        reader.words["resume_all"],
    )


def resume_form(reader: Reader, strategy: str) -> Markup:
    """Resume one strategy that waits for a person."""
    return fill(
        '<form class="act" data-post="%(path)s"><input type="hidden" name="name" value="%(name)s">'
        '%(fields)s<button class="main">%(resume)s</button></form>',
        path=RESUME_PATH,
        name=strategy,
        fields=_who_and_why(reader),
        resume=reader.words["resume"],
    )


def test_button(name: str, reader: Reader) -> Markup:
    """Shown where the script runs; the script knows by the name what to ask for."""
    return fill(
        '<button class="act" data-test="%(name)s" aria-label="%(label)s: %(name)s">'
        "%(label)s</button>",
        name=name,
        label=reader.words["test"],
    )


def curl(path: str, body: dict[str, str] | None, reader: Reader) -> Markup:
    """The same from a shell, shown where no script runs."""
    login = ' -H "Authorization: Bearer $TOKEN"' if reader.token else ""
    sent = f" -H 'Content-Type: application/json' -d {quote(json.dumps(body))}" if body else ""
    return fill(
        '<div class="plain"><p>%s:</p><pre><code>%s</code></pre></div>',
        reader.words["from_shell"],
        f"curl -X POST{login}{sent} {reader.base}{path}",
    )
