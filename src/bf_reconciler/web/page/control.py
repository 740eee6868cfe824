"""What a person may do from the page, and how to do it without JavaScript."""

import json
from shlex import quote
from typing import Final

from markupsafe import Markup

from bf_reconciler.status import Status
from bf_reconciler.web.page.html import Reader, paragraph, section
from bf_reconciler.web.page.markup import NOTHING, fill

HALT_PATH: Final = "/api/v1/halt"
RESUME_PATH: Final = "/api/v1/resume"


def control(status: Status, reader: Reader) -> Markup:
    """Halt, or resume where a person has halted."""
    words = reader.words
    if status.file_halt is not None:
        inner = paragraph(words["halt_file"])
    elif status.halted is not None:
        inner = resume_form(reader) + curl(RESUME_PATH, None, reader)
    else:
        inner = _halt_form(reader) + curl(HALT_PATH, {"reason": "...", "by": "..."}, reader)
    return section("control", words["emergency"], inner)


def _halt_form(reader: Reader) -> Markup:
    words = reader.words
    return fill(
        '<p>%(why)s</p><form class="act" data-post="%(path)s">'
        '<label class="wide">%(reason)s'
        '<input name="reason" required maxlength="500" autocomplete="off"></label>'
        '<label>%(by)s<input name="by" required maxlength="500"></label>'
        '<button class="main danger">%(halt)s</button></form>',
        why=words["halt_why"],
        path=HALT_PATH,
        reason=words["your_reason"],
        by=words["your_name"],
        halt=words["halt"],
    )


def resume_form(reader: Reader, strategy: str = "") -> Markup:
    """Resume everything, or one ``strategy``."""
    return fill(
        '<form class="act" data-post="%(path)s">%(name)s'
        '<button class="main">%(resume)s</button></form>',
        path=RESUME_PATH,
        name=fill('<input type="hidden" name="name" value="%s">', strategy)
        if strategy
        else NOTHING,
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
