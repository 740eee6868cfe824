"""Reports readiness and health to the service manager: sd_notify(3), where its socket is set."""

import socket
from collections.abc import Mapping


class Notifier:
    """Sends states to ``NOTIFY_SOCKET``; silent where there is none."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        microseconds = environ.get("WATCHDOG_USEC", "")
        self.watchdog = int(microseconds) / 1e6 if microseconds.isdigit() else None
        """Seconds within which the service manager wants to hear of us, or None."""

    def send(self, *states: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.connect(address)
                channel.sendall("\n".join(states).encode())
        except OSError:
            return  # the manager has gone, or no handle is left: no reason to stop trading
