"""Pages, as a browser would take them apart."""

from html.parser import HTMLParser

from bf_reconciler.web.page.document import Place, document
from bf_reconciler.web.page.html import Reader
from bf_reconciler.web.page.overview import overview
from bf_reconciler.web.page.query import Query
from bf_reconciler.web.page.rows import Rows
from edges.fakes import NOW

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
        if tag != "path":  # SVG closes it in itself
            assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


def parsed(html):
    tree = Tree()
    tree.feed(html)
    tree.close()
    assert tree.open == []
    ids = [attributes["id"] for _, attributes in tree.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    return tree


def a_reader(language="en", **changes):
    return Reader(**{"now": NOW, "language": language} | changes)


def rendered(shown, reader=None, news=(), **query):
    reader = reader or a_reader()
    return overview(shown, reader, Query(**query), news, Rows(reader))


def a_page(shown, reader=None, news=(), **query):
    """The first page, whole."""
    reader = reader or a_reader()
    return document(shown, rendered(shown, reader, news, **query), reader, Place("/"))
