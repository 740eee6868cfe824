"""The library apprise, against its own receiver of JSON on loopback."""

import asyncio
import io
import logging
import sys
import threading
from pathlib import Path

import pytest
from pydantic import SecretStr

from bf_reconciler import logs
from bf_reconciler.daemon.notifications import make_notifications
from bf_reconciler.metrics import Tallies
from bf_reconciler.notify import AppriseSender, DeliveryError, NotifyError, read_all
from bf_reconciler.notify.config import Apprise
from e2e.fleet import kept_loggers
from edges.hooks import a_hook
from edges.test_notifications import NOW, a_message

# The library looks for a module that Python 3.13 removes.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
PLACE = "SENTINEL-of-chat-7781a"


def a_sender(*hooks, language="en", redact=str, **fields):
    declared = Apprise(urls_file=Path("urls"), **fields)
    urls = [SecretStr(hook.url.replace("http://", "json://")) for hook in hooks]
    return AppriseSender(declared, urls, language, "https://bf.example", redact)


async def test_a_message_arrives_in_the_language_of_the_receiver():
    with a_hook(f"/{PLACE}") as hook:
        await a_sender(hook).send(a_message())
        sender = a_sender(hook, language="tr", redact=lambda text: text.replace("main", "***"))
        await sender.send(a_message(1, event="recovery", previous="Blocked", state="Online"))
        await sender.close()
    failure, recovery = (body for _, body, _ in hook.got)
    assert failure["title"] == "Blocked: main (Withdrawal enabled)"
    assert failure["type"] == "failure"
    assert "https://bf.example" in failure["message"]
    assert recovery["type"] == "success"
    assert recovery["title"].startswith("Bitti: ***")


async def test_a_url_that_failed_is_tried_again_by_itself():
    with a_hook() as good, a_hook() as bad:
        bad.answers[:] = [500]
        sender = a_sender(good, bad)
        with pytest.raises(DeliveryError, match="1 of 2 URLs did not take it"):
            await sender.send(a_message())
        await sender.send(a_message())
        assert (len(good.got), len(bad.got)) == (1, 2)
        await sender.send(a_message(2))
        assert (len(good.got), len(bad.got)) == (2, 3)


async def test_while_a_delivery_hangs_no_other_is_begun(monkeypatch):
    release, calls = threading.Event(), []
    with a_hook() as hook:
        sender = a_sender(hook)

        def hangs(**words):
            calls.append(words)
            return release.wait(30)

        monkeypatch.setattr(sender._targets[0], "notify", hangs)  # noqa: SLF001 # it cannot be made to hang
        sending = asyncio.ensure_future(sender.send(a_message()))
        await asyncio.wait({sending}, timeout=0.05)
        sending.cancel()
        with pytest.raises(DeliveryError, match="still hangs"):
            await sender.send(a_message())
        release.set()
        while len(calls) == 1:
            try:
                await sender.send(a_message(1))
            except DeliveryError:
                await asyncio.sleep(0.01)


def test_without_the_library_and_with_a_url_that_it_does_not_know_nothing_starts(monkeypatch):
    urls = [SecretStr(f"nothing://{PLACE}")]
    with pytest.raises(NotifyError, match="urls: URL 1: apprise cannot use it") as error:
        AppriseSender(Apprise(urls_file=Path("urls")), urls, "en", "")
    assert PLACE not in str(error.value)
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(NotifyError, match="install bf-reconciler"):
        AppriseSender(Apprise(urls_file=Path("urls")), urls, "en", "")


async def test_what_it_says_of_itself_is_silenced():
    log = io.StringIO()
    with kept_loggers(), a_hook(f"/{PLACE}") as hook:
        hook.answers[:] = [500]
        logs.configure("debug", "json", log)
        with pytest.raises(DeliveryError):
            await a_sender(hook).send(a_message())
        logging.getLogger("bf_reconciler").debug("it works")
    assert "it works" in log.getvalue()
    assert PLACE not in log.getvalue()


def test_a_file_with_apprise_makes_its_sender(tmp_path):
    (tmp_path / "urls").write_text(f"# chat\njson://127.0.0.1:1/{PLACE}\n")
    path = tmp_path / "notify.yaml"
    path.write_text("version: 1\nreceivers: {desk: {apprise: {urls_file: urls}}}\n")
    assert make_notifications(path, tmp_path, "", None, Tallies(), lambda: NOW)
    assert {f"json://127.0.0.1:1/{PLACE}", PLACE} <= set(read_all(path).credentials())
