"""The document around a page: head, landmarks, and what the script needs to know."""

import json
from typing import Final, NamedTuple

from markupsafe import Markup

from bf_reconciler.facts import SHARD_MARK
from bf_reconciler.status import ConfigStatus, Status
from bf_reconciler.web.page.control import dialogs, halt_plan, resume_plan, switch
from bf_reconciler.web.page.html import MARKS, Reader, link
from bf_reconciler.web.page.markup import NOTHING, fill, join
from bf_reconciler.web.page.page_parts import PageParts
from bf_reconciler.web.page.words import Words

REFRESH_SECONDS: Final = 30
"""How often the page is loaded again where no script runs."""
SCRIPT_WORDS: Final = {
    "live": "live",
    "lost": "lost",
    "gone": "gone",
    "unreached": "unreached",
    "stuck": "stuck",
    "testing": "testing",
    "failed": "failed",
    "done": "done",
    "wrong": "token_wrong",
}
"""What the script says, by the data attribute of the body it reads it from."""

HEAD: Final = """\
<!DOCTYPE html>
<html lang="%(language)s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<noscript><meta http-equiv="refresh" content="%(refresh)s"></noscript>
<title>%(title)s</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/style.css">
<script src="/script.js" defer></script>
</head>
<body data-token="%(token)s"%(script_words)s data-states="%(states)s" data-seen="%(seen)s">
<a class="skip" href="#main">%(skip)s</a>
<header>
<a class="brand" href="%(home)s">bf-reconciler</a>
<p>%(revision)s
<span id="live" class="act">%(lost)s</span></p>
%(switch)s
<nav aria-label="bf-reconciler"><a href="%(home)s">%(overview)s</a>
<a href="/metrics">metrics</a> <a href="/api/v1/status">JSON</a>
<a href="%(path)s?lang=%(other)s" lang="%(other)s" hreflang="%(other)s"
>%(other_language)s</a></nav>
<p id="gone" role="alert" hidden></p>
</header>
<main id="main" tabindex="-1">
"""
FOOT: Final = """
</main>
<p id="said" role="status" aria-live="polite"></p>
%(dialogs)s
</body>
</html>
"""


class Place(NamedTuple):
    """The path of a page, and the token by which its event stream finds what it shows."""

    path: str
    seen: str = ""


def document(status: Status, page: PageParts, reader: Reader, place: Place) -> Markup:
    """The whole page."""
    dialog = _token_dialog(reader) if reader.token else NOTHING
    foot = fill(FOOT, dialogs=dialogs(status, reader) + dialog)
    return join((_head(status, page, reader, place), page.body, foot))


def frame_blocks(status: Status, reader: Reader) -> dict[str, Markup]:
    """What every page has around it, and is patched."""
    return {
        "revision": revision(status, reader),
        "switch": switch(status, reader),
        "halt-plan": halt_plan(status, reader),
        "resume-plan": resume_plan(status, reader),
    }


def _head(status: Status, page: PageParts, reader: Reader, place: Place) -> Markup:
    words = reader.words
    return fill(
        HEAD,
        language=reader.language,
        refresh=str(REFRESH_SECONDS),
        title=page.title,
        token="yes" if reader.token else "no",
        script_words=join(
            fill(' data-%s="%s"', name, words[word]) for name, word in SCRIPT_WORDS.items()
        ),
        states=json.dumps({state: words[state] for state in MARKS}, ensure_ascii=False),
        seen=place.seen,
        skip=words["skip"],
        home=reader.href("/"),
        revision=revision(status, reader),
        lost=words["lost"],
        switch=switch(status, reader),
        overview=words["overview"],
        path=place.path,
        other="en" if reader.language == "tr" else "tr",
        other_language=words["other"],
    )


def revision(status: Status, reader: Reader) -> Markup:
    """Which file is in force: shown on every page, and patched when it changes."""
    words = reader.words
    shard = status.config.shard
    return fill(
        '<span id="revision">%s %s · %s %s%s</span>',
        words["revision"],
        status.revision[:12] or "?",
        words["generation"],
        str(status.generation),
        _shards(status.config, words) if shard else "",
    )


def _shards(config: ConfigStatus, words: Words) -> Markup:
    """Which daemon this is, with links to the others where their pages are known."""
    index, _, count = config.shard.partition("/")
    if not config.shard_url:
        return fill(" · %s %s", words["shard"], config.shard)
    each = (
        fill("<b>%s</b>", number)
        if number == index
        else link(config.shard_url.replace(SHARD_MARK, number), number)
        for number in map(str, range(int(count)))
    )
    return fill(" · %s %s", words["shard"], Markup(" ").join(each))


def _token_dialog(reader: Reader) -> Markup:
    words = reader.words
    return fill(
        '<dialog id="ask" aria-labelledby="ask-heading"><form method="dialog">'
        '<h2 id="ask-heading">%(token)s</h2><p id="ask-why" data-why="%(why)s">%(why)s</p>'
        '<label>%(token)s<input name="token" type="password" required '
        'autocomplete="off" aria-describedby="ask-why"></label>'
        '<p><button class="main" value="go">%(send)s</button> '
        '<button value="" formnovalidate>%(cancel)s</button></p></form></dialog>',
        token=words["token"],
        why=words["token_why"],
        send=words["send"],
        cancel=words["cancel"],
    )
