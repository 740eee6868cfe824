"""Status as a page and as JSON, and the routes around them."""

from bf_reconciler.web.app import make_app
from bf_reconciler.web.view import View

__all__ = ["View", "make_app"]
