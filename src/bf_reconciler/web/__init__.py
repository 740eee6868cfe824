"""Status as a page and as JSON, and the routes around them."""

from bf_reconciler.web.backend import Backend, NotDurableError, Refusal
from bf_reconciler.web.http.app import make_app
from bf_reconciler.web.http.clients import Clients, limits
from bf_reconciler.web.http.listener import listening

__all__ = ["Backend", "Clients", "NotDurableError", "Refusal", "limits", "listening", "make_app"]
