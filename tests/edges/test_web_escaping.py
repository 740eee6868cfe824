"""No text of anybody becomes HTML: pages escape by type, and nothing goes round it."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

import bf_reconciler.web
from bf_reconciler.facts import Problem, Reason
from bf_reconciler.policy import Incident
from bf_reconciler.status import Key
from bf_reconciler.verdict import ConnectionState, Halted
from bf_reconciler.web.page.detail import connection_page, strategy_page
from bf_reconciler.web.page.document import Place, document
from bf_reconciler.web.page.markup import fill
from bf_reconciler.web.page.rows import Rows
from edges.fakes import (
    NOW,
    a_connection,
    a_maintenance,
    a_memory,
    a_refused_config,
    a_status,
    a_strategy,
    a_transition,
)
from edges.reading import a_page, a_reader, parsed

WEB = Path(bf_reconciler.web.__file__).parent
MODULES = sorted(WEB.rglob("*.py"))
TAG = re.compile(r"<[A-Za-z/!]")
HOSTILE = st.text("<>&\"'/=;#! ax", min_size=1).filter(lambda text: set(text) & set("<>&\"'"))


def is_call_of(node, *names):
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def templates_of(tree):
    """Every literal that becomes HTML, and the names of such literals."""
    first = [node.args[0] for node in ast.walk(tree) if is_call_of(node, "fill", "Markup")]
    names = {node.id for node in first if isinstance(node, ast.Name)}
    literals = [
        node.value
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") in names
    ]
    return [*first, *literals]


def docstrings_of(tree):
    """Strings that stand alone are comments."""
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(WEB)))
def test_every_tag_is_in_a_literal_template(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    allowed = {id(node) for node in (*templates_of(tree), *docstrings_of(tree))}
    strings = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) is str]
    loose = [n.value for n in strings if id(n) not in allowed and TAG.search(n.value)]
    assert loose == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(WEB)))
def test_every_template_is_a_literal(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        node.target.id
        for node in tree.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant)
    }
    for node in templates_of(tree):
        assert isinstance(node, ast.Constant) or getattr(node, "id", "") in constants


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(WEB)))
def test_markup_is_made_in_one_module_alone(path):
    """``html.escape`` gives a str that looks safe; ``str.__new__`` makes HTML of anything."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert "html" not in imported
    made = [n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and n.attr == "__new__"]
    assert not made or path.name == "markup.py"


@given(HOSTILE, HOSTILE)
def test_a_template_is_filled_as_markupsafe_does_it(one, two):
    assert fill("<b>%s</b>%s", one, Markup("<i>")) == Markup("<b>%s</b>%s") % (one, Markup("<i>"))
    named = fill('<a b="%(one)s">%(two)s', one=one, two=two)
    assert named == Markup('<a b="%(one)s">%(two)s') % {"one": one, "two": two}
    assert type(named) is Markup


def pages_of(text):
    """Every page, with ``text`` wherever a text of somebody else can be."""
    connection = a_connection(
        text,
        ConnectionState.BLOCKED,
        exchange=text,
        account=text,
        environment=text,
        api_key=text,
        key=Key((text,), denied=(text,), unknown_words=(text,), ip_bound=True),
        labels={text: text},
    )
    ready = replace(connection.conditions[0], message=text, reason=Reason.INVALID_KEY)
    connection = replace(connection, conditions=(ready,))
    strategy = a_strategy(
        text, connection=text, runtime=text, conditions=(ready,), memory=a_memory(latched=True)
    )
    status = a_status(
        [connection],
        [strategy],
        revision=text,
        config=a_refused_config(message=text, path=text, problems=(Problem(1, 1, text, text),)),
        halted=Halted(text, text, NOW),
        incidents=(Incident("outage", text, Reason.MAINTENANCE, (text,), NOW),),
        maintenance=(a_maintenance(exchange=text, environment=text, title=text),),
    )
    history = [
        a_transition(text, kind, before=text, after=text, message=text, revision=text)
        for kind in ("connection", "strategy")
    ]
    reader = a_reader(base=text, token=True)
    place = Place(f"/connections/{text}", text)
    yield a_page(status, reader, history, text=text, exchange=text, runtime=text)
    for page in (
        connection_page(status, text, reader, history, Rows(reader)),
        strategy_page(status, text, reader, history),
        connection_page(a_status(), text, reader, [], Rows(reader)),
    ):
        yield document(status, page, reader, place)


def shape_of(page):
    return [(tag, sorted(attributes)) for tag, attributes in parsed(page).tags]


PLAIN = [shape_of(page) for page in pages_of("plain")]


@given(HOSTILE)
def test_no_text_of_anybody_becomes_a_part_of_a_page(text):
    text = f"zq{text}qz"
    for page, plain in zip(pages_of(text), PLAIN, strict=True):
        assert text not in page
        assert text in "".join(parsed(page).text)
        assert shape_of(page) == plain
