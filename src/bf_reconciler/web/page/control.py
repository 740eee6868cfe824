"""What a person may do from the page, and how without a script."""

from html import escape

from bf_reconciler.status import Status
from bf_reconciler.web.page.html import Reader


def control(status: Status, reader: Reader) -> str:
    """Halt, or resume where a person has halted."""
    words = reader.words
    if status.file_halt is not None:
        inner = f"<p>{words['halt_file']}</p>"
        hand = ""
    elif status.halted is not None:
        inner = (
            '<form class="act" data-post="/api/v1/resume">'
            f'<button class="main">{words["resume"]}</button></form>'
        )
        hand = curl("/api/v1/resume", "", reader)
    else:
        inner = (
            f"<p>{words['halt_why']}</p>"
            '<form class="act" data-post="/api/v1/halt">'
            f'<label class="wide">{words["your_reason"]}'
            '<input name="reason" required maxlength="500" autocomplete="off"></label>'
            f'<label>{words["your_name"]}<input name="by" required maxlength="500"></label>'
            f'<button class="main danger">{words["halt"]}</button></form>'
        )
        hand = curl("/api/v1/halt", '{"reason": "...", "by": "..."}', reader)
    return (
        '<section id="control" aria-labelledby="control-heading">'
        f'<h2 id="control-heading">{words["emergency"]}</h2>{inner}{hand}</section>'
    )


def curl(path: str, body: str, reader: Reader) -> str:
    """The same from a shell, shown where no script runs."""
    login = ' -H "Authorization: Bearer $TOKEN"' if reader.token else ""
    sent = f" -H 'Content-Type: application/json' -d '{body}'" if body else ""
    line = f"curl -X POST{login}{sent} {reader.base}{path}"
    return (
        f'<div class="plain"><p>{reader.words["by_hand"]}:</p>'
        f"<pre><code>{escape(line)}</code></pre></div>"
    )
