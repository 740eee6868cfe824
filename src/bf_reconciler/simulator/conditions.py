"""Conditions of calls that more than one exchange has. None of them looks at a signature."""

from collections.abc import Callable

from bf_reconciler.simulator.dialect import Call


def headers(*names: str) -> Callable[[Call], bool]:
    """Every one of these headers was sent, and is not empty."""
    return lambda call: all(call.request.headers.get(name) for name in names)


def exists(call: Call) -> bool:
    return call.claimed is not None


def not_revoked(call: Call) -> bool:
    return not call.key.revoked


def valid(call: Call) -> bool:
    """The key exists, is not revoked, and has not expired."""
    return exists(call) and not_revoked(call) and not_expired(call)


def not_expired(call: Call) -> bool:
    return not call.key.expired(call.request.now)


def not_frozen(call: Call) -> bool:
    return not call.key.frozen


def address_allowed(call: Call) -> bool:
    return call.key.lets_in(call.request.client_ip)


def disclosed(call: Call) -> bool:
    """The key may ask about itself, where that is what it asks."""
    return not (call.key.hide_key_info and call.route.about_key)


def permitted(call: Call) -> bool:
    """The key has one of the rights that the route names, or the route needs none."""
    return not call.route.rights or call.key.may(call.route.rights)
