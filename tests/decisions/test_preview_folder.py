"""What a folder would change: every entry with its file, and the guard of each file foreseen."""

from dataclasses import replace

from bf_reconciler.document import adopt, merge, read_document, standing
from bf_reconciler.facts import Reason
from bf_reconciler.preview import InForce, of_file, present, preview
from bf_reconciler.preview.in_force import EntryInForce, in_force
from bf_reconciler.status import Status
from bf_reconciler.status import present as shown
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
            "allow": None,
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


def granted(*allow, **more):
    """What is in force, and a folder whose base gives this."""
    sections = {} if allow == (None,) else {"allow": [*allow]}
    return merged({"base.yaml": a_file([], [], policy={}, **sections), **more})


A_TEAM = {"files": ["a.yaml"], "exchanges": ["kucoin"], "accounts": ["a-*"], "runtimes": ["local"]}


def widened(before, after):
    found = preview(after, of_file(before), {}, NOW)
    return [each.message for each in found.widened], [c.field for c in found.policy]


def test_what_other_files_may_newly_declare_is_told():
    given = granted(A_TEAM)
    more = granted({**A_TEAM, "exchanges": ["kucoin", "mexc"]})
    message = ["More may be declared by files: a.yaml."]
    assert widened(given, more) == (message, ["allow"])
    assert widened(more, given) == ([], ["allow"])
    assert widened(given, given) == ([], [])
    other = granted(A_TEAM, {"files": ["b.yaml"]})
    assert widened(given, other) == (["More may be declared by files: b.yaml."], ["allow"])
    everything = ["The other files of the folder may declare everything."]
    assert widened(given, granted(None)) == (everything, ["allow"])
    assert widened(granted(None), given) == ([], ["allow"])
    anything = granted({**A_TEAM, "exchanges": ["*"], "accounts": ["*"]})
    assert widened(anything, given) == ([], ["allow"])
    assert widened(given, granted({**A_TEAM, "files": ["*"]}))[0]
    assert widened(granted({**A_TEAM, "files": ["*"]}), given)[
        0
    ]  # which files that are is not known


def test_what_a_daemon_gives_other_files_is_compared():
    spec, _ = adopt(None, granted(A_TEAM), revision="r", digest="d", pepper=b"p")
    status = shown(replace(Status(), policy=spec.declared_policy, allow=spec.declared_allow))
    assert status["allow"] == [A_TEAM]
    standing_now = in_force(status)
    assert preview(granted(A_TEAM), standing_now, {}, NOW).policy == ()
    wider = granted({**A_TEAM, "runtimes": ["*"]})
    assert [each.field for each in preview(wider, standing_now, {}, NOW).widened] == ["allow"]
    unread = in_force(status | {"allow": [{"a_newer_field": 1}]})
    assert preview(wider, unread, {}, NOW).policy is None
    older = {name: each for name, each in status.items() if name != "allow"}
    assert preview(wider, in_force(older), {}, NOW).policy is None


def test_what_is_encrypted_of_the_grants_is_neither_shown_nor_compared():
    secret = granted({**A_TEAM, "accounts": [sealed()]})
    assert secret.policy_sealed == {("allow",)}
    spec, _ = adopt(None, secret, revision="r", digest="d", pepper=b"p")
    assert (spec.allow is not None, spec.declared_allow) == (True, None)
    found = preview(secret, of_file(granted(A_TEAM)), {}, NOW)
    assert ([(c.field, c.known) for c in found.policy], found.widened) == ([("allow", False)], ())
