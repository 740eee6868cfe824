"""Which maintenance is announced, under way or overrun; pure. It judges nobody."""

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Final

from bf_reconciler.facts import Announced, Announcements, Place, Reason
from bf_reconciler.spec import Spec
from bf_reconciler.status.model import ConnectionStatus, Maintenance, Phase, Status

OUTAGES: Final = frozenset(
    {Reason.MAINTENANCE, Reason.EXCHANGE_UNAVAILABLE, Reason.TIMEOUT, Reason.NETWORK_ERROR}
)
"""How an exchange fails during maintenance."""
ASSUMED: Final = timedelta(hours=2)
"""How long one takes whose end is not told."""
OVERRUN: Final = timedelta(minutes=5)
"""So long after its end it has overrun."""
LONGEST: Final = timedelta(days=1)
"""So long after its end it is no maintenance any more, whatever is told."""
WIDEST: Final = timedelta(days=3)
"""An end later than this after the begin is none: it would hide failures for as long."""
FARTHEST: Final = timedelta(days=90)
"""What begins later than this is a time that was misread."""
MOST: Final = 10
"""Of one place."""


def maintained(status: Status, spec: Spec, announced: Announced, now: datetime) -> Status:
    """The same with the maintenance that is known now; the same object where nothing changed."""
    if not status.maintenance and not any(told.items for told in announced.values()):
        return status
    told = {place for place, said in announced.items() if said.items}
    places = spec.exchange_places & {*told, *(each.place for each in status.maintenance)}
    found = tuple(
        each
        for place in sorted(places)
        for each in _of_place(place, status, announced.get(place), now)
    )
    return status if found == status.maintenance else replace(status, maintenance=found)


def end_of(maintenance: Maintenance) -> datetime:
    """When it is to end; where that is not told, what is assumed."""
    return maintenance.ends or maintenance.begins + ASSUMED


def concerning(
    status: Status, connection: ConnectionStatus, phases: Container[Phase]
) -> Maintenance | None:
    """The maintenance of its exchange that is in one of these phases."""
    place = Place(connection.exchange, connection.environment)
    return next((m for m in status.maintenance if m.place == place and m.phase in phases), None)


def _fails(status: Status, place: Place) -> bool:
    return any(
        (c.exchange, c.environment) == place
        and any(head.status != "True" and head.reason in OUTAGES for head in c.conditions[:1])
        for c in status.connections.values()
    )


def _of_place(
    place: Place, status: Status, told: Announcements | None, now: datetime
) -> Iterator[Maintenance]:
    known = {each.begins: each for each in status.maintenance if each.place == place}
    failing = cache(partial(_fails, status, place))  # it looks at all, and is seldom asked
    listed: set[datetime] = set()
    if told is not None:
        listed_now = _told(place, known, told, now)
        listed = set(listed_now)
        stays = {} if told.whole else {b: m for b, m in known.items() if b <= now}
        known = {**stays, **listed_now}
    for begins in sorted(known)[:MOST]:
        each = known[begins]
        phase = _phase(each, now, _yes if begins in listed else failing)
        if phase is not None:
            yield each if each.phase == phase else replace(each, phase=phase)


def _yes() -> bool:
    return True


def _told(
    place: Place, known: Mapping[datetime, Maintenance], told: Announcements, now: datetime
) -> dict[datetime, Maintenance]:
    """What the exchange tells; what goes on without a begin is what has begun, or begins now."""
    found: dict[datetime, Maintenance] = {}
    for item in sorted(told.items, key=lambda each: each.begins is None):
        begins = item.begins or _begun({**known, **found}, now)
        before = found.get(begins) or known.get(begins)
        if item.begins is None and before is not None:
            found[begins] = before
            continue
        ends = item.ends
        if ends is not None and not begins < ends <= begins + WIDEST:
            ends = None
        phase: Phase = before.phase if before is not None else "announced"
        found[begins] = Maintenance(*place, item.title, begins, ends, phase)
    return found


def _begun(known: Mapping[datetime, Maintenance], now: datetime) -> datetime:
    return max((begins for begins in known if begins <= now), default=now)


def _phase(maintenance: Maintenance, now: datetime, goes_on: Callable[[], bool]) -> Phase | None:
    """None: it is over. ``goes_on`` is asked where its end is."""
    end = end_of(maintenance)
    if now < maintenance.begins:
        return "announced" if maintenance.begins <= now + FARTHEST else None
    if now < end + OVERRUN:
        return "under_way"
    return "overrun" if now < end + LONGEST and goes_on() else None
