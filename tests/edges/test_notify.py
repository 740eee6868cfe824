"""The service manager is told how it goes, over a real socket; without one nobody is."""

import errno
import socket
import tempfile
from pathlib import Path

import pytest

from bf_reconciler.daemon.notify import Notifier


@pytest.fixture
def folder():
    """Short: the path of a socket may not be long."""
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def listening(address):
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(address)
    manager.settimeout(10)
    return manager


def test_a_state_arrives_as_one_datagram(folder):
    with listening(str(folder / "notify")) as manager:
        Notifier({"NOTIFY_SOCKET": str(folder / "notify")}).send("READY=1", "STATUS=well")
        assert manager.recv(100) == b"READY=1\nSTATUS=well"


def test_an_abstract_address_begins_with_a_zero_byte(folder):
    name = f"bf-{folder.name}"
    with listening(f"\0{name}") as manager:
        Notifier({"NOTIFY_SOCKET": f"@{name}"}).send("WATCHDOG=1")
        assert manager.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize("address", ["", "/nosuch/socket", "/" + "x" * 300])
def test_a_manager_that_is_not_there_is_no_fault_of_ours(address):
    Notifier({"NOTIFY_SOCKET": address} if address else {}).send("READY=1")


def test_a_process_without_a_handle_left_goes_on(monkeypatch):
    def exhausted(*_):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket, "socket", exhausted)
    Notifier({"NOTIFY_SOCKET": "/nosuch/socket"}).send("WATCHDOG=1")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [({}, None), ({"WATCHDOG_USEC": "30000000"}, 30.0), ({"WATCHDOG_USEC": "soon"}, None)],
)
def test_the_watchdog_s_patience_is_in_seconds(given, seconds):
    assert Notifier(given).watchdog == seconds
