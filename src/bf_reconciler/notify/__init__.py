"""Tells people and programs outside: one message for a failure, and one for its end.

troubles, routes, digest and words decide and are pure; config reads the file, sending delivers.
"""

from bf_reconciler.notify.apprise_sender import AppriseSender
from bf_reconciler.notify.config import (
    NotifyError,
    NotifyFile,
    Opened,
    Receiver,
    read_all,
    schema,
)
from bf_reconciler.notify.sender import DeliveryError, Sender
from bf_reconciler.notify.service import Notifications, Report, Rewired, Store
from bf_reconciler.notify.webhook import WebhookSender

__all__ = [
    "AppriseSender",
    "DeliveryError",
    "Notifications",
    "NotifyError",
    "NotifyFile",
    "Opened",
    "Receiver",
    "Report",
    "Rewired",
    "Sender",
    "Store",
    "WebhookSender",
    "read_all",
    "schema",
]
