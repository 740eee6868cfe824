"""The page, as a browser would take it apart."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from bf_reconciler.facts import Problem, Reason
from bf_reconciler.status import Status, StrategyState
from bf_reconciler.verdict import ConnectionState, Halted
from bf_reconciler.web.page import render_page
from bf_reconciler.web.words import WORDS
from edges.building import (
    NOW,
    a_config,
    a_connection,
    a_refused_config,
    a_status,
    a_strategy,
)

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Tree(HTMLParser):
    """Follows every tag, and keeps the text and the tags that were seen."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text, self.doctype = [], [], [], ""

    def handle_decl(self, decl):
        self.doctype = decl

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def parsed(html):
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert tree.open == []
    return tree


def text_of(status, language="en"):
    return " ".join(" ".join(parsed(render_page(status, language)).text).split())


@pytest.mark.parametrize("language", ["en", "tr"])
@pytest.mark.parametrize(
    "status",
    [
        Status(),
        a_status(),
        a_status(config=a_refused_config(), halted=Halted("fire", "ada", NOW)),
        a_status(config=replace(a_refused_config(), reason=None, message="", problems=())),
    ],
    ids=["empty", "good", "bad", "bare"],
)
def test_the_page_is_well_formed(language, status):
    tree = parsed(render_page(status, language))
    assert tree.doctype == "DOCTYPE html"
    tags = [tag for tag, _ in tree.tags]
    assert tags.count("title") == tags.count("main") == tags.count("h1") == 1
    assert ("html", {"lang": language}) in tree.tags
    assert ("link", {"rel": "stylesheet", "href": "/style.css"}) in tree.tags
    assert "script" not in tags
    assert not any("style" in attributes for _, attributes in tree.tags)


def test_a_connection_shows_its_word_its_reason_and_what_to_do():
    blocked = a_connection(state=ConnectionState.BLOCKED, reason=Reason.NO_TRADE_PERMISSION)
    text = text_of(a_status([blocked]))
    assert "kucoin-main-grid kucoin · main · live" in text
    assert "Blocked No trade permission" in text
    assert "Enable trade permission, but keep withdrawal disabled." in text
    assert "••••3eb" in text
    assert "2026-05-04 12:00:00 UTC" in text


def test_what_is_good_needs_nothing_done():
    assert "What to do" in text_of(a_status())
    assert "Wait" not in text_of(a_status())


def test_a_strategy_shows_what_its_engine_does():
    held = a_strategy(state=StrategyState.HOLDING, reason=Reason.TIMEOUT, running="running")
    text = text_of(a_status(strategies=[held]))
    assert "btc-grid local Holding No answer in time" in text
    assert "running kucoin-main-grid" in text


def test_the_title_counts_what_is_wrong():
    assert "<title>bf-reconciler · all well</title>" in render_page(a_status())
    bad = a_status(
        [a_connection(state=ConnectionState.INVALID)], [a_strategy(state=StrategyState.ERROR)]
    )
    assert "<title>(2) bf-reconciler</title>" in render_page(bad)


def test_a_refused_file_stands_at_the_top():
    text = text_of(a_status(config=a_refused_config()))
    assert "connections.yaml:7:5: connections.1.exchange: unknown exchange" in text
    assert text.index("The file was refused") < text.index("Connections")
    assert "In force since: 2026-05-04 10:00:00 UTC" in text


def test_of_many_problems_some_are_shown():
    many = tuple(Problem(n, 1, "", "wrong") for n in range(1, 61))
    assert "+ 10" in text_of(a_status(config=a_refused_config(problems=many)))


def test_warnings_about_the_file_are_shown():
    config = a_config(problems=(Problem(3, 1, "", "a better name", "warning"),))
    assert "Warnings about the file" in text_of(a_status(config=config))


def test_a_halt_stands_at_the_top():
    text = text_of(a_status(file_halt=Halted("exchange incident", "ada")))
    assert "Halted: every strategy is off exchange incident — ada" in text


@pytest.mark.parametrize("hostile", ['<script>alert("x")</script>', "\" onload='x'", "&amp;<!--"])
def test_every_text_is_escaped(hostile):
    connection = a_connection(
        hostile, exchange=hostile, account=hostile, environment=hostile, api_key=hostile
    )
    ready = replace(connection.conditions[0], message=hostile)
    connection = replace(connection, conditions=(ready,))
    strategy = a_strategy(hostile, connection=hostile, runtime=hostile, conditions=(ready,))
    config = a_refused_config(
        message=hostile, path=hostile, problems=(Problem(1, 1, hostile, hostile),)
    )
    status = a_status(
        [connection],
        [strategy],
        revision=hostile,
        config=config,
        halted=Halted(hostile, hostile, NOW),
    )
    plain, odd = parsed(render_page(a_status(config=a_refused_config()))), render_page(status)
    tags = {tag for tag, _ in parsed(odd).tags}
    assert "script" not in tags
    assert {n for _, attributes in parsed(odd).tags for n in attributes} <= {
        n for _, attributes in plain.tags for n in attributes
    } | {"datetime"}
    assert hostile in "".join(parsed(odd).text)


def test_an_entry_without_conditions_is_shown():
    status = a_status([a_connection(conditions=(), last_probe=None)], [])
    assert "never" in text_of(status)
    assert "None." in text_of(status)


def test_both_languages_have_every_word():
    assert WORDS["en"].keys() == WORDS["tr"].keys()
    assert "Son test" in text_of(a_status(), "tr")
    assert "her şey yolunda" in render_page(a_status(), "tr")
