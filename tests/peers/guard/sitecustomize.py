"""Nothing off loopback: Python loads this before the client that is under test.

An audit hook cannot be removed by what runs later. libcurl opens its sockets out of Python's sight:
its address is checked where it is set, and the environment names a proxy that is not there.
"""

import importlib.abc
import importlib.machinery
import ipaddress
import sys
from urllib.parse import urlsplit

NAMES = {"localhost", "localhost.localdomain", ""}
RESOLVING = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
SENDING = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.bind"}


class OffLoopbackError(BaseException):
    """An address that is not this machine; no client catches this kind."""


def refuse_off_loopback(host):
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host is None or host in NAMES:
        return
    try:
        local = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        local = False
    if not local:
        raise OffLoopbackError(f"blocked: {host} is not on loopback")


def hook(event, args):
    if event in RESOLVING:
        refuse_off_loopback(args[0])
    elif event in SENDING:
        address = args[-1]
        if isinstance(address, tuple):
            refuse_off_loopback(address[0])


class CurlFinder(importlib.abc.MetaPathFinder):
    """Wraps libcurl's way to set an address, once its module is loaded."""

    def find_spec(self, name, path, target=None):
        if name != "curl_cffi.curl":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            guard_curl(module)

        spec.loader.exec_module = exec_module
        return spec


def guard_curl(module):
    setopt, address = module.Curl.setopt, module.CurlOpt.URL

    def guarded(self, option, value):
        if option == address:
            text = value.decode() if isinstance(value, bytes) else value
            refuse_off_loopback(urlsplit(text).hostname)
        return setopt(self, option, value)

    module.Curl.setopt = guarded


sys.addaudithook(hook)
sys.meta_path.insert(0, CurlFinder())
