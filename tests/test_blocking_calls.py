"""Every call that may block has a thread and a deadline, and a sentence that says which."""

import ast
import subprocess
import sys
import textwrap
from collections import Counter
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "bf_reconciler"
COUNTED = {"to_thread", "run_in_executor", "ThreadPoolExecutor", "Thread", "Timer", "Worker"}
"""What gives work to a thread."""
ABOVE = ("cli/", "demo/", "simulator/")
"""Commands of a person, who can wait and can interrupt."""
KNOWN = {  # how often, and what bounds it
    "authoring/draft.py to_thread": (2, "a person waits: sops has its deadline"),
    "authoring/entry.py to_thread": (1, "a person waits: sops has its deadline"),
    "authoring/rotation.py to_thread": (2, "a person waits: sops has its deadline"),
    "client.py Thread": (1, "a bot's own: its loop ends with the lease, whatever this does"),
    "daemon/commands.py Worker": (1, "the history: HISTORY_SECONDS; refused while a save hangs"),
    "daemon/ending.py Timer": (1, "the end of the process: END_SECONDS"),
    "daemon/heartbeat.py Worker": (1, "a heartbeat: DEADLINE; none is sent while one hangs"),
    "daemon/journal_writer.py Worker": (1, "saves: DEADLINE, then BROKEN_DEADLINE while one hangs"),
    "daemon/kept_document.py Worker": (2, "the last good file: SECONDS, or as many as files need"),
    "daemon/service.py Worker": (1, "opening and closing the journal: OPEN_SECONDS, CLOSE_SECONDS"),
    "daemon/worker.py Thread": (1, "ends with the process, whatever it waits for"),
    "loader.py to_thread": (3, "computes only: a document is parsed"),
    "log_sink.py Thread": (1, "the log: nobody waits for it; at the end FLUSH_SECONDS"),
    "notify/apprise_sender.py to_thread": (1, "a message: the deadline of its delivery"),
    "notify/service.py Thread": (1, "notifications: nobody waits for it; ends with the process"),
    "notify/service.py to_thread": (4, "that thread alone waits: its store, file and history"),
    "probe/client.py to_thread": (1, "computes only: an exchange's class is made"),
    "probe/dns.py Thread": (1, "a name: the deadline of the probe; ends with the process"),
    "probe/market_fetch.py to_thread": (1, "computes only: a list is searched"),
    "daemon/daemon.py to_thread": (3, "looks at the keys of sops; computes of the new spec"),
    "daemon/start.py to_thread": (1, "imports the rest of the daemon, before anything runs"),
    "reload/base.py to_thread": (1, "the file: READ_SECONDS, one at a time"),
    "reload/folder.py to_thread": (6, "computes, and asks git, which has its own deadline"),
    "reload/reloader.py to_thread": (4, "computes, and asks git, which has its own deadline"),
    "runtimes/converge.py Worker": (1, "a runtime: PATIENCE of a turn, then its own deadline"),
    "runtimes/thread.py Thread": (1, "one runtime each; ends with the process"),
    "runtimes/watch.py Thread": (1, "watches a folder; nobody waits for it"),
    "seals.py to_thread": (3, "a person waits: reload of the file, or a verb"),
    "sops/child.py Thread": (1, "feeds sops, which has its deadline; ends with the process"),
    "sops/decryption.py to_thread": (2, "computes, and looks at the key files; see reload"),
    "source/git.py Timer": (1, "ends git: the history of a folder, authors.SECONDS"),
    "source/watched_path.py ThreadPoolExecutor": (
        1,
        "the loop that watches the file: poll_seconds",
    ),
    "source/watched_path.py to_thread": (
        3,
        "the loop that watches the file, one at a time; healthz tells",
    ),
    "source/watch.py run_in_executor": (1, "the loop that watches the file: poll_seconds"),
    "web/http/events.py to_thread": (2, "computes only: a status becomes text"),
    "web/http/pages.py to_thread": (1, "computes only: a page is compressed"),
    "web/http/reads.py to_thread": (1, "the history: HISTORY_SECONDS"),
    "web/http/responses.py to_thread": (
        1,
        "a status becomes text; a page of the journal: HISTORY_SECONDS",
    ),
}


def places():
    """Where work is given to a thread."""
    for path in sorted(SOURCE.rglob("*.py")):
        name = str(path.relative_to(SOURCE))
        if name.startswith(ABOVE):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                word = getattr(called, "attr", None) or getattr(called, "id", None)
                if word in COUNTED:
                    yield f"{name} {word}"


def test_every_call_that_may_block_names_its_deadline():
    assert Counter(places()) == {place: count for place, (count, _) in KNOWN.items()}


STUCK = """
    import asyncio, threading
    from bf_reconciler.daemon.ending import run_to_end

    async def main():
        asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)
        await asyncio.sleep(0)
        {end}

    run_to_end(main())
"""


@pytest.mark.parametrize(("end", "code"), [("return", 0), ("raise SystemExit(3)", 1)])
def test_a_thread_that_hangs_does_not_keep_the_process_from_ending(end, code):
    program = textwrap.dedent(STUCK).format(end=end)
    done = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)
    assert done.returncode == code


def test_what_it_gives_is_given():
    from bf_reconciler.daemon.ending import run_to_end  # noqa: PLC0415 # ccxt is imported with it

    async def main():
        return 3

    assert run_to_end(main()) == 3
