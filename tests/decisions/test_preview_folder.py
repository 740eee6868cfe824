"""What a folder would change: every entry with its file, and the guard of each file foreseen."""

from bf_reconciler.document import merge, read_document, standing
from bf_reconciler.facts import Reason
from bf_reconciler.preview import InForce, present, preview
from bf_reconciler.preview.in_force import EntryInForce, in_force
from build import NOW
from document.sample import a_connection, a_file, a_strategy, many, sealed

BASE = a_file([], [], policy={})


def merged(files):
    documents = {name: read_document(text, None, in_folder=True) for name, text in files.items()}
    return merge(documents, {}, standing(None))


def an_entry(name, file):
    shown = {"name": name, "exchange": "kucoin"}
    return EntryInForce(name, "Online", Reason.CONNECTED, "", shown, file=file, exchange="kucoin")


def before(*rows):
    return InForce({name: an_entry(name, file) for name, file in rows}, {})


def actions(found):
    return {(entry.name, entry.action, entry.file) for entry in found.entries}


def test_an_entry_comes_with_the_file_it_stands_in():
    team = a_file([a_connection("kucoin-a-x")], [a_strategy("s", "kucoin-a-x")])
    found = preview(merged({"base.yaml": BASE, "a.yaml": team}), before(), {}, NOW)
    assert actions(found) == {("kucoin-a-x", "add", "a.yaml"), ("s", "add", "a.yaml")}
    assert {row["file"] for row in present(found)["connections"]} == {"a.yaml"}


def test_what_leaves_a_file_comes_with_the_file_it_stood_in():
    standing_now = before(("kucoin-a-x", "a.yaml"))
    found = preview(merged({"base.yaml": BASE}), standing_now, {}, NOW)
    assert actions(found) == {("kucoin-a-x", "remove", "a.yaml")}


def test_a_file_that_loses_too_much_is_held_and_no_other():
    lost = [(f"kucoin-lost-{n}", "lost.yaml") for n in range(10)]
    connections, _ = many(60)
    kept = [(connection["name"], "kept.yaml") for connection in connections]
    files = {"base.yaml": BASE, "kept.yaml": a_file(connections, [])}
    found = preview(merged(files), before(*lost, *kept, ("kucoin-b-x", "b.yaml")), {}, NOW)
    left = {(name, action) for name, action, _ in actions(found) if action != "change"}
    assert left == {(name, "hold") for name, _ in lost} | {("kucoin-b-x", "remove")}
    assert found.removals.files == {"lost.yaml"}
    assert "removed from lost.yaml" in found.removals.message


def test_the_file_is_read_from_the_status_and_an_older_daemon_has_none():
    told = {
        "halted": None,
        "config": {"sealed": False},
        "connections": [],
        "strategies": [
            {
                "name": name,
                "connection": "c",
                "status": "Enabled",
                "running": "running",
                "origin": "current",
                "conditions": [{"reason": "Connected", "message": ""}],
                **more,
            }
            for name, more in (("new", {"file": "a.yaml"}), ("old", {}))
        ],
    }
    found = in_force(told).strategies
    assert {name: entry.file for name, entry in found.items()} == {"new": "a.yaml", "old": ""}


def test_a_weaker_policy_in_the_one_file_that_has_it_is_told():
    strict = in_force(
        {
            "halted": None,
            "config": {"sealed": False},
            "connections": [],
            "strategies": [],
            "policy": {"ip_allowlist": "required"},
        }
    )
    team = a_file([a_connection("kucoin-a-x")], [])
    loose = a_file([], [], policy={"ip_allowlist": "ignored"})
    found = preview(merged({"base.yaml": loose, "a.yaml": team}), strict, {}, NOW)
    assert [each.field for each in found.widened] == ["policy.ip_allowlist"]
    unread = a_file([], [], policy={"ip_allowlist": "ignored", "grace": sealed()})
    found = preview(merged({"base.yaml": unread, "a.yaml": team}), strict, {}, NOW)
    assert (found.policy, found.widened) == (None, ())
    assert merged({"a.yaml": team, "base.yaml": unread}).policy_sealed == {("grace",)}
