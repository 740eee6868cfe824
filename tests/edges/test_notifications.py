"""From a Status to a message at a receiver on loopback; and over a restart, exactly once."""

import asyncio
import json
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bf_reconciler.daemon.notifications import NotifyFileReader, counting, key_events_since
from bf_reconciler.facts import Reason
from bf_reconciler.journal import Journal, JournalError, Notified
from bf_reconciler.metrics import Tallies
from bf_reconciler.notify import (
    Notifications,
    NotifyError,
    Rewired,
    WebhookSender,
    config,
    read_all,
)
from bf_reconciler.notify import service as module
from bf_reconciler.notify.backlog import MOST_WAITING, OLDEST, Backlog, Mailbox, read, written
from bf_reconciler.notify.payload import signed
from bf_reconciler.notify.sender import DeliveryError
from bf_reconciler.notify.values import Memory, Message
from bf_reconciler.status import Record, Transition
from bf_reconciler.verdict import ConnectionState
from edges.fakes import NOW, a_connection, a_status
from edges.hooks import a_hook

PAGE = Path(__file__).parents[2] / "docs" / "notify.md"
RECEIVER = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
EXAMPLE = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
SECRET = "a-secret-of-this-test"
PATIENCE = 30.0
FOREVER = timedelta(days=3000)


def soon(met):
    """Wait until this holds."""
    end = time.monotonic() + PATIENCE
    while not (found := met()):
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def blocked(name="kucoin-main-grid", reason=Reason.WITHDRAW_ENABLED, **changes):
    return a_connection(name, ConnectionState.BLOCKED, reason, last_probe=NOW + FOREVER, **changes)


def well(name="kucoin-main-grid"):
    return a_connection(name, last_probe=NOW + FOREVER)


@pytest.fixture
def hook():
    with a_hook() as listening:
        yield listening


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(module, "PACE", 0.01)
    monkeypatch.setattr(module, "REREAD_SECONDS", 0.01)
    monkeypatch.setattr(module, "FIRST_RETRY", timedelta(milliseconds=20))
    monkeypatch.setattr(module, "LAST_RETRY", timedelta(milliseconds=40))


def a_file(folder, url, **fields):
    (folder / "word").write_text(SECRET)
    receiver = {"webhook": {"url": url, "secret_file": "word"}}
    content = {"version": 1, "receivers": {"desk": receiver}, "gather": "10ms", "settle": "10ms"}
    path = folder / "notify.yaml"
    path.write_text(json.dumps(content | fields))
    return path


class MemoryStore:
    """Keeps bytes, until it breaks."""

    def __init__(self, data=None):
        self.data, self.broken, self.reads = data, None, 0

    def read(self):
        self.reads += 1
        if self.broken is not None:
            raise self.broken
        return self.data

    def keep(self, data):
        if self.broken is not None:
            raise self.broken
        self.data = data


@contextmanager
def notifying(path, store=None, tallies=None, missed=lambda _: (), sender=None, senders=None):
    opened, counts = read_all(path), tallies or Tallies()
    desk = opened.file.receivers["desk"]
    now, words = lambda: datetime.now(UTC), opened.secrets["desk"]
    sender = sender or WebhookSender(desk.webhook, words[0] if words else None, "en", "", now)
    receivers = senders or {"desk": sender}
    store = store or MemoryStore()
    told = Notifications(opened.file, receivers, store, counting(counts), now, missed)
    told.start()
    try:
        yield told
    finally:
        told.close(PATIENCE)


def counted(tallies, outcome):
    for family in tallies.collect():
        for sample in family.samples:
            if sample.name == "bf_notifications_total" and sample.labels["outcome"] == outcome:
                return sample.value
    return 0.0


def test_a_failure_and_its_end_reach_a_webhook_signed(tmp_path, hook):
    tallies = Tallies()
    with notifying(a_file(tmp_path, hook.url), tallies=tallies) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: len(hook.got) == 1)
        told.take(a_status([well()], []), ())
        soon(lambda: len(hook.got) == 2)
        soon(lambda: counted(tallies, "delivered") == 2)
    (headers, failure, body), (_, recovery, _) = hook.got
    assert failure["event"] == "failure"
    assert (failure["kind"], failure["name"]) == ("connection", "kucoin-main-grid")
    assert (failure["severity"], failure["reason"]) == ("critical", "WithdrawEnabled")
    assert failure["remedy"] in failure["text"]
    assert (recovery["event"], recovery["previous"]) == ("recovery", "Blocked")
    assert recovery["state"] == "Online"
    assert headers["Idempotency-Key"] == failure["id"] != recovery["id"]
    at = datetime.fromtimestamp(int(headers["BF-Timestamp"]), UTC)
    assert signed(SECRET, body, at)["BF-Signature"] == headers["BF-Signature"]


def test_the_documented_receiver_takes_what_is_genuine_once(tmp_path):
    command = [sys.executable, "-W", "error", "-c", RECEIVER, "0"]
    environ = {"HOOK_SECRET": SECRET}
    with subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        url = f"http://127.0.0.1:{int(process.stdout.readline())}/"
        desk = read_all(a_file(tmp_path, url)).file.receivers["desk"].webhook
        ages = [timedelta(0), timedelta(0), timedelta(seconds=400)]

        async def deliver():
            taken = []
            for age in ages:
                now = lambda age=age: datetime.now(UTC) - age  # noqa: E731
                for secret in (SECRET, "another-secret-of-this-test", None):
                    word = config.SecretStr(secret) if secret else None
                    sender = WebhookSender(desk, word, "tr", "", now)
                    try:
                        await sender.send(a_message())
                        taken.append((secret, age))
                    except DeliveryError as error:
                        assert str(error) == "HTTP 401"  # noqa: PT017
                    await sender.close()
            return taken

        assert asyncio.run(deliver()) == [(SECRET, timedelta(0))] * 2
        process.kill()
        assert len(process.stdout.read().splitlines()) == 1


def a_message(number=0, at=NOW, **changes):
    fields = {
        "event": "failure",
        "kind": "connection",
        "name": "main",
        "severity": "critical",
        "state": "Blocked",
        "previous": "",
        "reason": "WithdrawEnabled",
        "since": at,
        "connections": ("main",),
    }
    return Message(id=f"id-{number}", at=at, **(fields | changes))


def test_what_was_not_delivered_is_delivered_after_a_restart_with_the_same_id(tmp_path, hook):
    path, store = a_file(tmp_path, hook.url), Notified(tmp_path)
    hook.answers[:] = [503] * 1000
    with notifying(path, store) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: len(hook.got) > 2)
    tried = {body["id"] for _, body, _ in hook.got}
    assert len(tried) == 1
    hook.answers[:], hook.got[:] = [], []
    tallies = Tallies()
    with notifying(path, store, tallies) as told:
        soon(lambda: counted(tallies, "delivered") == 1)
        told.take(a_status([blocked()], []), ())
        told.take(a_status([blocked(), blocked("other")], []), ())
        soon(lambda: counted(tallies, "delivered") == 2)
    assert [body["id"] in tried for _, body, _ in hook.got] == [True, False]
    assert [body["name"] for _, body, _ in hook.got] == ["kucoin-main-grid", "other"]


def a_key_event(at, name="kucoin-main-grid"):
    words = {"reason": Reason.KEY_CHANGED, "message": "", "generation": 1, "revision": "r"}
    return Transition(at, "key", name, "", "withdraw", what="right_granted", **words)


def test_a_change_of_a_key_that_was_not_told_is_read_from_the_journal(tmp_path, hook):
    path = a_file(tmp_path, hook.url)
    store = MemoryStore(written(Backlog(until=NOW)))
    asked = []

    def missed(since):
        asked.append(since)
        return [a_key_event(NOW + timedelta(seconds=1))]

    with notifying(path, store, missed=missed) as told:
        told.take(a_status([well()], []), [a_key_event(NOW + timedelta(seconds=1))])
        soon(lambda: len(hook.got) == 1)
        told.take(a_status([well()], []), [a_key_event(NOW + timedelta(seconds=1))])
        soon(lambda: read(store.data).mailboxes["desk"].waiting == ())
    assert asked == [NOW]
    (body,) = [body for _, body, _ in hook.got]
    assert (body["event"], body["kind"], body["exchange"]) == ("change", "key", "kucoin")
    assert body["changes"] == [{"what": "right_granted", "before": "", "after": "withdraw"}]
    assert read(store.data).until == NOW + timedelta(seconds=1)


def test_a_journal_and_a_store_that_fail_do_not_keep_it_silent(tmp_path, hook):
    def missed(_):
        raise JournalError("full")

    store = MemoryStore(written(Backlog(until=NOW)))
    with notifying(a_file(tmp_path, hook.url), store, missed=missed) as told:
        soon(lambda: store.reads)
        store.broken = JournalError("full")
        told.take(a_status([blocked()], []), ())
        soon(lambda: len(hook.got) == 1)
    with notifying(a_file(tmp_path, hook.url), store) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: len(hook.got) == 2)
    other = MemoryStore(b"[]")
    with notifying(a_file(tmp_path, hook.url), other) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: len(hook.got) == 3)


def test_a_message_that_is_refused_for_itself_is_given_up_and_the_next_one_leaves(tmp_path, hook):
    hook.answers[:] = [422] * 5
    tallies = Tallies()
    with notifying(a_file(tmp_path, hook.url), tallies=tallies) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: counted(tallies, "refused") == 1)
        told.take(a_status([blocked(), blocked("other")], []), ())
        soon(lambda: counted(tallies, "delivered") == 1)
    assert counted(tallies, "failed") == 5
    assert hook.got[-1][1]["name"] == "other"


@pytest.mark.parametrize("status", [301, 401, 404, 429, 500])
def test_what_may_pass_is_tried_again_until_it_is_taken(tmp_path, hook, status):
    hook.answers[:] = [status] * (4 if status == 301 else 6)
    tallies = Tallies()
    with notifying(a_file(tmp_path, hook.url), tallies=tallies) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: counted(tallies, "delivered") == 1)


class Scripted:
    """A sender that does these things one after another, then takes everything."""

    def __init__(self, *acts, timeout=0.05):
        self.acts, self.timeout, self.sent = list(acts), timeout, []

    async def send(self, message):
        act = self.acts.pop(0) if self.acts else None
        if isinstance(act, Exception):
            raise act
        if act == "hang":
            await asyncio.Event().wait()
        self.sent.append(message)

    async def close(self):
        pass


def test_a_receiver_that_hangs_or_breaks_is_tried_again_and_holds_up_nobody(tmp_path, hook):
    desk = Scripted("hang", ValueError(f"https://{SECRET}/"))
    other = Scripted()
    receiver = {"webhook": {"url": hook.url}}
    path = a_file(tmp_path, hook.url, receivers={"desk": receiver, "other": receiver})
    with notifying(path, senders={"desk": desk, "other": other}) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: len(desk.sent) == len(other.sent) == 1)


def test_a_look_that_fails_is_not_the_last(tmp_path, hook, monkeypatch):
    calls = []
    real = module.sight

    def broken(*args):
        calls.append(args)
        if len(calls) == 1:
            raise RuntimeError
        return real(*args)

    monkeypatch.setattr(module, "sight", broken)
    with notifying(a_file(tmp_path, hook.url)) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: calls)
        told.take(a_status([blocked()], []), ())
        soon(lambda: len(hook.got) == 1)


def test_a_delivery_that_breaks_is_not_the_last(tmp_path, hook):
    tallies = Tallies()
    broken = []
    real = tallies.notified

    def notified(receiver, outcome, count=1):
        if outcome == "delivered" and not broken:
            broken.append(outcome)
            raise RuntimeError
        real(receiver, outcome, count)

    tallies.notified = notified
    with notifying(a_file(tmp_path, hook.url), tallies=tallies) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: counted(tallies, "delivered") == 1)


def test_too_many_and_too_old_are_dropped_and_counted(tmp_path, hook):
    now = datetime.now(UTC)
    box, lost = Mailbox().with_messages(
        Memory(), [a_message(n, now - OLDEST * 2) for n in range(MOST_WAITING + 3)]
    )
    assert (len(box.waiting), lost) == (MOST_WAITING, 3)
    store, tallies = MemoryStore(written(Backlog(mailboxes={"desk": box}))), Tallies()
    with notifying(a_file(tmp_path, hook.url), store, tallies) as told:
        soon(lambda: counted(tallies, "dropped") == MOST_WAITING)
        told.take(a_status([blocked()], []), ())
        soon(lambda: counted(tallies, "delivered") == 1)
    assert len(hook.got) == 1
    full = Mailbox(Memory(), tuple(a_message(n, now) for n in range(MOST_WAITING)))
    store, tallies = MemoryStore(written(Backlog(mailboxes={"desk": full}))), Tallies()
    stuck = Scripted("hang", timeout=PATIENCE)
    with notifying(a_file(tmp_path, hook.url), store, tallies, sender=stuck) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: counted(tallies, "dropped") == 1)


def test_a_disk_that_hangs_holds_up_nobody(tmp_path, hook, monkeypatch):
    monkeypatch.setattr(module, "SAVE_SECONDS", 0.02)
    release = threading.Event()
    store = MemoryStore()
    real = store.keep

    def keep(data):
        release.wait(PATIENCE)
        real(data)

    store.keep = keep
    with notifying(a_file(tmp_path, hook.url), store) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: len(hook.got) == 1)
        told.take(a_status([blocked(), blocked("other")], []), ())
        soon(lambda: len(hook.got) == 2)
        release.set()
        soon(lambda: store.data and not read(store.data).mailboxes["desk"].waiting)


def test_nothing_is_looked_at_before_there_is_a_status_or_after_the_end(tmp_path, hook):
    store = MemoryStore()
    with notifying(a_file(tmp_path, hook.url), store) as told:
        soon(lambda: store.reads)
    told.take(a_status([blocked()], []), ())
    assert hook.got == []


def test_what_is_kept_lies_beside_the_journal(tmp_path):
    kept = Notified(tmp_path)
    assert kept.read() is None
    kept.keep(b"[1]")
    assert kept.read() == b"[1]"
    assert (tmp_path / "notify.json").stat().st_mode & 0o777 == 0o600
    with pytest.raises(JournalError):
        Notified(tmp_path / "nothing").keep(b"")
    (tmp_path / "notify.json").unlink()
    (tmp_path / "notify.json").mkdir()
    with pytest.raises(JournalError):
        kept.read()


def test_another_format_is_none():
    assert read(b'[{"version": 2}]') is None
    assert read(b"{") is None
    assert read(written(Backlog(until=NOW))) == Backlog(until=NOW)


def test_changes_of_keys_since_a_moment_are_those_of_the_journal(tmp_path):
    with Journal(tmp_path / "state") as journal:
        late = NOW + timedelta(hours=1)
        journal.save(Record(a_status([], []), {}), [a_key_event(NOW), a_key_event(late)])
        assert [event.at for event in key_events_since(journal, NOW)] == [late]


BAD = {
    "version: 2": "version: Input should be 1",
    "receivers: {}": "receivers: Dictionary should have at least 1 item",
    "receivers: {desk: {}}": "receivers.desk: must have either webhook or apprise",
    "receivers: {desk: {webhook: {url: ftp://x}}}": "must be a URL that starts with https://",
    "receivers: {desk: {webhook: {url: 'http://x.example/'}}}": "only allowed on loopback",
    "receivers: {desk: {webhook: {url: 'https://u:p@x.example/'}}}": "without user",
    "receivers: {desk: {webhook: {url: 'https://[x/'}}}": "must be a URL that starts",
    "receivers: {desk: {webhook: {url: 'https://x.example/'}}}\nroutes: [{to: [night]}]": (
        "a route leads to night, which is no receiver"
    ),
    "receivers: {desk: {webhook: {url: 'https://x.example/', secret_file: gone}}}": (
        "cannot be read: No such file or directory"
    ),
    "receivers: {desk: {webhook: {url: 'https://x.example/', secret_file: short}}}": (
        "at least 16 characters"
    ),
    "receivers: {desk: {apprise: {urls_file: empty}}}": "a URL of apprise in each line",
    "a: [": "it is not valid YAML",
    "\x00": "it is not valid YAML",
}


@pytest.mark.parametrize("text", BAD)
def test_a_file_that_is_wrong_is_refused_and_nothing_of_it_is_shown(tmp_path, text):
    (tmp_path / "short").write_text(SECRET[:10])
    (tmp_path / "empty").write_text("# nothing\n")
    path = tmp_path / "notify.yaml"
    path.write_text(text if "version" in text else f"version: 1\n{text}")
    with pytest.raises(NotifyError) as error:
        read_all(path)
    assert BAD[text] in str(error.value)
    assert SECRET[:10] not in str(error.value)
    assert "u:p" not in str(error.value)


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path):
    path = tmp_path / "notify.yaml"
    path.write_bytes(b"\xff")
    with pytest.raises(NotifyError, match="not UTF-8"):
        config.read(path)
    path.write_bytes(b" " * (config.MOST_BYTES + 1))
    with pytest.raises(NotifyError, match="larger than 256 KiB"):
        config.read(path)


def test_the_documented_file_is_good_and_its_credentials_are_known(tmp_path):
    (tmp_path / "mail.urls").write_text("mailto://ops:word@example.com")
    for name in ("desk.secret", "oncall.secret"):
        (tmp_path / name).write_text(f"{SECRET} {name}\n")
    path = tmp_path / "notify.yaml"
    path.write_text(EXAMPLE)
    opened = read_all(path)
    assert set(opened.credentials()) >= {
        "https://chat.example/hooks/desk",
        f"{SECRET} oncall.secret",
    }
    assert "chat.example" not in repr(opened)
    assert opened.file.matches("oncall")[0].severity == "critical"
    assert config.schema()["$defs"]["Receiver"]["properties"]["lang"]


def test_a_receiver_that_is_not_there_is_tried_again(tmp_path, hook):
    tallies = Tallies()
    with notifying(a_file(tmp_path, "http://127.0.0.1:1/"), tallies=tallies) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: counted(tallies, "failed") > 1)
    assert hook.got == []


# --- the file is another one


@contextmanager
def following(path, store=None, tallies=None):
    """As the daemon does: the file is read again where it changed."""
    counts = tallies or Tallies()
    read = NotifyFileReader(path, "", lambda: datetime.now(UTC))
    first = read.now()
    told = Notifications(
        first.file,
        first.senders,
        store or MemoryStore(),
        counting(counts),
        lambda: datetime.now(UTC),
        lambda _: (),
        read,
    )
    told.start()
    try:
        yield told
    finally:
        told.close(PATIENCE)


def good(tallies):
    found = {f.name: f.samples for f in tallies.collect()}["bf_notify_file_last_reload_successful"]
    return found[0].value if found else None


def test_another_address_gets_what_waits_and_nothing_is_told_twice(tmp_path, hook):
    path, tallies = a_file(tmp_path, hook.url), Tallies()
    hook.answers[:] = [503] * 1000
    with a_hook() as other, following(path, tallies=tallies) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: len(hook.got) > 1)
        a_file(tmp_path, other.url)
        soon(lambda: counted(tallies, "delivered") == 1)
        told.take(a_status([well()], []), ())
        soon(lambda: counted(tallies, "delivered") == 2)
        assert [body["event"] for _, body, _ in other.got] == ["failure", "recovery"]
        assert other.got[0][1]["id"] == hook.got[0][1]["id"]


def test_another_secret_signs_what_comes(tmp_path, hook):
    path, tallies = a_file(tmp_path, hook.url), Tallies()
    with following(path, tallies=tallies) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: counted(tallies, "delivered") == 1)
        secret = "another-secret-of-this-test"
        (tmp_path / "word").write_text(secret)

        def signed_anew():
            told.take(a_status([blocked(f"more-{len(hook.got)}")], []), ())
            headers, _, body = hook.got[-1]
            at = datetime.fromtimestamp(int(headers["BF-Timestamp"]), UTC)
            return signed(secret, body, at)["BF-Signature"] == headers["BF-Signature"]

        soon(signed_anew)


@pytest.mark.parametrize("spoilt", ["version: [", "word", "gone"])
def test_a_file_that_cannot_be_used_changes_nothing(tmp_path, hook, spoilt):
    path, tallies = a_file(tmp_path, hook.url), Tallies()
    with following(path, tallies=tallies) as told:
        soon(lambda: good(tallies) == 1)
        if spoilt == "gone":
            path.unlink()
        else:
            (path if "[" in spoilt else tmp_path / "word").write_text(spoilt)
        soon(lambda: good(tallies) == 0)
        told.take(a_status([blocked()], []), ())
        soon(lambda: counted(tallies, "delivered") == 1)
        a_file(tmp_path, hook.url)
        soon(lambda: good(tallies) == 1)
        told.take(a_status([well()], []), ())
        soon(lambda: counted(tallies, "delivered") == 2)
    assert [body["event"] for _, body, _ in hook.got] == ["failure", "recovery"]


def test_who_is_new_is_told_and_who_is_gone_is_not_and_may_come_back(tmp_path, hook):
    path, tallies = a_file(tmp_path, hook.url), Tallies()
    with a_hook() as other, following(path, tallies=tallies) as told:
        told.take(a_status([blocked()], []), ())
        soon(lambda: len(hook.got) == 1)
        a_file(tmp_path, "", receivers={"oncall": {"webhook": {"url": other.url}}})
        soon(lambda: len(other.got) == 1)
        assert other.got[0][1]["event"] == "failure"
        told.take(a_status([blocked(), blocked("second")], []), ())
        soon(lambda: len(other.got) == 2)
        assert len(hook.got) == 1
        both = {
            name: {"webhook": {"url": url}}
            for name, url in (("desk", hook.url), ("oncall", other.url))
        }
        a_file(tmp_path, "", receivers=both)
        soon(lambda: len(hook.got) == 2)
        assert hook.got[1][1]["connections"] == ["second"]
        told.take(a_status([well(), well("second")], []), ())
        soon(lambda: len(hook.got) >= 3 and len(other.got) >= 3)
    assert {body["event"] for _, body, _ in hook.got[2:]} == {"recovery"}


def test_a_message_on_its_way_to_who_is_taken_out_arrives_once(tmp_path):
    path, tallies = a_file(tmp_path, "http://127.0.0.1:9/"), Tallies()
    begun, go = threading.Event(), threading.Event()

    class Slow:
        timeout = PATIENCE
        closed = sent = 0

        async def send(self, _):
            begun.set()
            await asyncio.to_thread(go.wait, PATIENCE)
            self.sent += 1

        async def close(self):
            self.closed += 1

    slow, opened, given = Slow(), read_all(path), []
    reread = lambda: given.pop() if given else None  # noqa: E731
    now = lambda: datetime.now(UTC)  # noqa: E731
    store, counts = MemoryStore(), counting(tallies)
    told = Notifications(opened.file, {"desk": slow}, store, counts, now, lambda _: (), reread)
    told.start()
    told.take(a_status([blocked()], []), ())
    assert begun.wait(PATIENCE)
    other = opened.file.model_copy(update={"receivers": {"else": opened.file.receivers["desk"]}})
    late = Slow()
    given.append(Rewired(other, {"else": late}))
    soon(lambda: not given)
    given.append(Rewired(opened.file, {"desk": late}))  # it comes back while that is on its way
    soon(lambda: not given)
    go.set()
    soon(lambda: slow.closed == 1)
    soon(lambda: counted(tallies, "delivered") >= 1)
    told.close(PATIENCE)
    assert (slow.sent, slow.closed) == (1, 1)
    assert read(store.data).mailboxes["desk"].waiting == ()


def test_a_reading_that_breaks_is_tried_again(tmp_path, hook):
    opened, calls = read_all(a_file(tmp_path, hook.url)), []

    def reread():
        calls.append(1)
        raise RuntimeError("no word of it is shown")

    now = lambda: datetime.now(UTC)  # noqa: E731
    told = Notifications(
        opened.file, {}, MemoryStore(), counting(Tallies()), now, lambda _: (), reread
    )
    told.start()
    soon(lambda: len(calls) > 2)
    told.close(PATIENCE)


def test_what_a_route_no_longer_leads_to_has_no_end_there(tmp_path, hook):
    path, tallies = a_file(tmp_path, hook.url), Tallies()
    with following(path, tallies=tallies) as told:
        told.take(a_status([blocked(), blocked("second", labels={"team": "a"})], []), ())
        soon(lambda: len(hook.got) == 1)
        assert hook.got[0][1]["count"] == 2
        route = {"to": ["desk"], "match": {"labels": {"team": "a"}}}
        a_file(tmp_path, hook.url, routes=[route])
        soon(lambda: told._file.routes)  # noqa: SLF001 # when it is in force shows nowhere else
        told.take(a_status([blocked(), well("second")], []), ())
        soon(lambda: len(hook.got) == 2)
    assert (hook.got[1][1]["event"], hook.got[1][1]["connections"]) == ("recovery", ["second"])
