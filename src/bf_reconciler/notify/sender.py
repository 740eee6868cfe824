"""How a message leaves: what every kind of receiver offers."""

from typing import Protocol

from bf_reconciler.notify.values import Message


class DeliveryError(Exception):
    """A message was not taken. Our own words: neither an address nor an answer stands in them.

    ``refused``: the receiver says that it will not take this one, however often it comes.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


class Sender(Protocol):
    """One receiver. Used in the thread of notifications alone."""

    timeout: float
    """Seconds after which a delivery has failed."""

    async def send(self, message: Message) -> None:
        """Deliver it.

        Raises:
            DeliveryError: It was not taken.
        """

    async def close(self) -> None: ...
