"""The document around a picture: head, landmarks, and what the script needs to know."""

import json
from html import escape
from typing import Final, NamedTuple

from bf_reconciler.status import Status
from bf_reconciler.web.page.html import MARKS, Reader
from bf_reconciler.web.page.page_parts import PageParts

REFRESH_SECONDS: Final = 30
"""How often the page is asked for anew where no script runs."""


class Place(NamedTuple):
    """Where a page stands, and the name under which its stream finds what it shows."""

    path: str
    seen: str = ""


def document(status: Status, picture: PageParts, reader: Reader, place: Place) -> str:
    """The whole page."""
    words = reader.words
    other = "en" if reader.language == "tr" else "tr"
    sayings = "".join(
        f' data-{name}="{escape(words[name])}"' for name in ("live", "lost", "testing", "failed")
    )
    states = escape(json.dumps({state: words[state] for state in MARKS}, ensure_ascii=False))
    return f"""\
<!DOCTYPE html>
<html lang="{reader.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<noscript><meta http-equiv="refresh" content="{REFRESH_SECONDS}"></noscript>
<title>{escape(picture.title)}</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<script src="/script.js" defer></script>
</head>
<body data-token="{"yes" if reader.token else "no"}"{sayings} data-done="{words["done"]}" \
data-wrong="{words["token_wrong"]}" data-states="{states}" data-seen="{place.seen}">
<a class="skip" href="#main">{words["skip"]}</a>
<header>
<a class="brand" href="{reader.href("/")}">bf-reconciler</a>
<p>{revision(status, reader)}
<span id="live" class="act">{words["lost"]}</span></p>
<nav aria-label="bf-reconciler"><a href="{reader.href("/")}">{words["overview"]}</a>
<a href="/metrics">metrics</a> <a href="/api/v1/status">JSON</a>
<a href="{escape(place.path)}?lang={other}" lang="{other}" hreflang="{other}"
>{words["other"]}</a></nav>
</header>
<main id="main" tabindex="-1">
{picture.body}
</main>
<p id="said" role="status" aria-live="polite"></p>
{_token_dialog(reader) if reader.token else ""}
</body>
</html>
"""


def revision(status: Status, reader: Reader) -> str:
    """Which file is in force: it stands on every page, and may change under it."""
    words, short = reader.words, escape(status.revision[:12] or "?")
    told = f"{words['revision']} {short} · {words['generation']} {status.generation}"
    return f'<span id="revision">{told}</span>'


def _token_dialog(reader: Reader) -> str:
    words = reader.words
    return (
        '<dialog id="ask" aria-labelledby="ask-heading"><form method="dialog">'
        f'<h2 id="ask-heading">{words["token"]}</h2><p id="ask-why">{words["token_why"]}</p>'
        f'<label>{words["token"]}<input name="token" type="password" required '
        'autocomplete="off" aria-describedby="ask-why"></label>'
        f'<p><button class="main" value="go">{words["send"]}</button> '
        f'<button value="" formnovalidate>{words["cancel"]}</button></p></form></dialog>'
    )
