"""How sops is run: bounded, alone, with little of the environment, and nothing on disk."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bf_reconciler.facts.config import CONFIG_ADVICE, ConfigError, ConfigReason
from bf_reconciler.sops import SopsSettings, classify, decrypt
from bf_reconciler.sops.decryption import from_yaml
from bf_reconciler.sops.environment import minimal
from edges.keys import PLAIN, SOPS, encrypt, environment, make_age_key

pytestmark = pytest.mark.slow

SECONDS = 60.0


def fake(directory: Path, script: str) -> SopsSettings:
    """Put a shell script in the place of sops; the file to decrypt is its last argument."""
    binary = directory / "fake-sops"
    binary.write_text(f"#!/bin/sh\nfor file; do :; done\n{script}\n")
    binary.chmod(0o755)
    return SopsSettings(binary, environment(directory))


async def refused(settings: SopsSettings) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        await decrypt(PLAIN.encode(), settings)
    assert "SENTINEL" not in f"{caught.value!s} {caught.value!r} {caught.value.__dict__}"
    return caught.value


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] != "Z"


def told(directory: Path) -> list[int]:
    words = [path.read_text().strip() for path in directory.glob("*.pid")]
    return [int(word) for word in words if word]


async def pids(directory: Path) -> list[int]:
    """Wait until the script and its child have told their numbers."""
    async with asyncio.timeout(SECONDS):
        while len(told(directory)) < 2:  # noqa: ASYNC110  other people's processes
            await asyncio.sleep(0.01)
    return told(directory)


async def gone(numbers: list[int]) -> None:
    async with asyncio.timeout(SECONDS):
        while any(alive(pid) for pid in numbers):  # noqa: ASYNC110  other people's processes
            await asyncio.sleep(0.01)


def sleeper(directory: Path) -> SopsSettings:
    """Make a sops that hangs together with a child of its own."""
    script = (
        f"echo $$ > {directory}/leader.pid\nsleep 300 & echo $! > {directory}/child.pid\n"
        "echo SENTINEL; echo SENTINEL >&2; wait"
    )
    return fake(directory, script)


async def test_a_decryption_leaves_the_cpu_to_what_protects_money(tmp_path):
    """`nice` tells the priority that it has inherited from the script."""
    told, ours = tmp_path / "told", os.getpriority(os.PRIO_PROCESS, 0)
    wanted = min(ours + 10, 19)
    script = (
        f"for i in $(seq 1000); do [ $(nice) = {wanted} ] && break; sleep 0.01; done\n"
        f"echo $(nice) > {told}\nexit 1"
    )
    await refused(fake(tmp_path, script))
    assert int(told.read_text()) == wanted
    assert os.getpriority(os.PRIO_PROCESS, 0) == ours


async def test_a_sops_that_hangs_is_ended_with_its_children(tmp_path):
    error = await refused(replace(sleeper(tmp_path), timeout=8.0))
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_TIMEOUT, True)
    await gone(await pids(tmp_path))


async def test_a_cancelled_decryption_ends_sops_with_its_children(tmp_path):
    task = asyncio.create_task(decrypt(PLAIN.encode(), sleeper(tmp_path)))
    numbers = await pids(tmp_path)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await gone(numbers)


async def test_a_decryption_cancelled_while_sops_starts_ends_all_of_it(tmp_path, monkeypatch):
    loop, held = asyncio.get_running_loop(), asyncio.Event()
    connect = loop.connect_read_pipe

    async def slowly(*args):
        await held.wait()
        return await connect(*args)

    monkeypatch.setattr(loop, "connect_read_pipe", slowly)
    task = asyncio.create_task(decrypt(PLAIN.encode(), sleeper(tmp_path)))
    numbers = await pids(tmp_path)
    task.cancel()
    loop.call_later(0.1, held.set)
    done, _ = await asyncio.wait({task}, timeout=SECONDS)
    assert done
    assert task.cancelled()
    await gone(numbers)


async def test_a_start_that_fails_after_it_was_cancelled_is_still_a_cancellation(
    tmp_path, monkeypatch
):
    loop, begun, held = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

    async def failing(*_, **__):
        begun.set()
        await held.wait()
        raise FileNotFoundError

    monkeypatch.setattr(loop, "subprocess_exec", failing)
    task = asyncio.create_task(decrypt(PLAIN.encode(), sleeper(tmp_path)))
    await begun.wait()
    task.cancel()
    loop.call_soon(held.set)
    await asyncio.wait({task}, timeout=SECONDS)
    assert task.cancelled()


async def test_a_child_in_a_session_of_its_own_cannot_hold_us_up(tmp_path):
    script = (
        f"setsid sleep 300 & echo $! > {tmp_path}/child.pid; echo $$ > {tmp_path}/x.pid; exit 0"
    )
    error = await refused(replace(fake(tmp_path, script), timeout=8.0))
    assert error.reason is ConfigReason.DECRYPTION_TIMEOUT
    for pid in await pids(tmp_path):
        if alive(pid):
            os.kill(pid, signal.SIGKILL)


async def test_too_much_output_is_cut_off(tmp_path):
    settings = replace(fake(tmp_path, "exec cat /dev/zero"), max_output=1_000_000)
    error = await refused(settings)
    assert error.reason is ConfigReason.FILE_TOO_LARGE


async def test_too_many_complaints_are_dropped_and_the_first_still_count(tmp_path):
    script = "echo 'sops metadata not found' >&2; head -c 10000000 /dev/zero >&2; exit 1"
    error = await refused(fake(tmp_path, script))
    assert error.reason is ConfigReason.NOT_ENCRYPTED


@pytest.mark.parametrize(
    ("script", "transient"),
    [
        ("echo SENTINEL words of a sops to come >&2; exit 128", False),
        ("echo SENTINEL >&2; exit 77", False),
        ("echo SENTINEL >&2; kill -9 $$", True),
        ("echo SENTINEL, not JSON", False),
        ("echo '[\"SENTINEL\"]'", False),
        ("true", False),
    ],
)
async def test_what_is_not_known_falls_to_the_safe_reason(tmp_path, script, transient):
    error = await refused(fake(tmp_path, script))
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_FAILED, transient)


async def test_json_nested_beyond_measure_is_refused(tmp_path):
    error = await refused(fake(tmp_path, "head -c 500000 /dev/zero | tr '\\0' '['"))
    assert error.reason is ConfigReason.DECRYPTION_FAILED


async def test_yaml_nested_beyond_measure_is_refused(tmp_path):
    script = (
        "case $* in *json*) echo 'json: unsupported value: +Inf' >&2; exit 4;; esac\n"
        "head -c 500000 /dev/zero | tr '\\0' '['"
    )
    error = await refused(fake(tmp_path, script))
    assert error.reason is ConfigReason.DECRYPTION_FAILED


@pytest.mark.parametrize("text", [b"a: [", b"a: !!python/name:os.system x", b"2026-99-99", b"x"])
def test_yaml_that_is_no_document_is_none(text):
    assert not isinstance(from_yaml(text), dict)


async def test_a_binary_that_is_no_program_is_a_missing_tool(tmp_path):
    settings = fake(tmp_path, "")
    settings.binary.chmod(0o644)
    assert (await refused(settings)).reason is ConfigReason.DECRYPTION_TOOL_MISSING


SHOW = (
    f"exec {sys.executable}"
    """ -c '
import json, os, sys
print(json.dumps({"env": dict(os.environ), "args": sys.argv[1:], "group": os.getpgrp(),
  "session": os.getsid(0), "pid": os.getpid(), "stdin": os.readlink("/proc/self/fd/0"),
  "file": open(sys.argv[-1], "rb").read().decode()}))' "$@"
"""
)


async def test_sops_gets_the_bytes_and_nothing_else_of_ours(tmp_path):
    environ = environment(
        tmp_path,
        BF_TOKEN="SENTINEL",
        SOPS_AGE_KEY_FILE="/keys",
        SOPS_AGE_KEY_CMD="pass show age",
        SOPS_GPG_EXEC="/gpg2",
        SOPS_EDITOR="SENTINEL",
        AWS_PROFILE="p",
        GNUPGHOME="/gnupg",
        LD_PRELOAD="",
        PYTHONPATH="/SENTINEL",
        https_proxy="http://127.0.0.1:1",
    )
    shown = await decrypt(PLAIN.encode(), replace(fake(tmp_path, SHOW), environ=environ))
    assert shown["file"] == PLAIN
    assert shown["stdin"] == "/dev/null"
    assert shown["pid"] == shown["group"] == shown["session"] != os.getpgrp()
    assert shown["args"][:5] == ["decrypt", "--input-type", "yaml", "--output-type", "json"]
    assert set(shown["env"]) - {"PWD", "SHLVL", "_", "OLDPWD", "LC_CTYPE"} == {
        *("PATH", "HOME", "LANG", "LC_ALL", "SOPS_DISABLE_VERSION_CHECK", "SOPS_CONFIG"),
        *("SOPS_AGE_KEY_FILE", "SOPS_AGE_KEY_CMD", "SOPS_GPG_EXEC", "GNUPGHOME", "https_proxy"),
    }


DOCUMENTED = {
    "SOPS_AGE_KEY": (),
    "SOPS_AGE_KEY_CMD": (),
    "SOPS_AGE_KEY_FILE": (),
    "SOPS_AGE_SSH_PRIVATE_KEY_CMD": (),
    "SOPS_AGE_SSH_PRIVATE_KEY_FILE": (),
    "SOPS_DECRYPTION_ORDER": (),
    "SOPS_ENABLE_LOCAL_KEYSERVICE": (),
    "SOPS_GPG_EXEC": (),
    "SOPS_KEYSERVICE": (),
    "SOPS_GCP_KMS_CLIENT_TYPE": ("gcp_kms",),
    "SOPS_GCP_KMS_ENDPOINT": ("gcp_kms",),
    "SOPS_GCP_KMS_UNIVERSE_DOMAIN": ("gcp_kms",),
    "SOPS_GOOGLE_CREDENTIALS": ("gcp_kms",),
    "SOPS_HC_VAULT_ALLOWLIST": ("hc_vault",),
}
"""Every variable that sops 3.13 documents for decryption, and the key service that it is of."""


@pytest.mark.parametrize(("name", "services"), DOCUMENTED.items())
def test_every_variable_that_sops_documents_is_handed_on(name, services):
    assert minimal({name: "x"}, services).get(name) == "x"
    assert (name in minimal({name: "x"})) is (services == ())


def test_the_settings_do_not_show_the_environment():
    settings = SopsSettings(SOPS, {"SOPS_AGE_KEY": "SENTINEL"})
    assert "SENTINEL" not in repr(settings)


async def test_nothing_is_written_to_any_disk(tmp_path):
    key = make_age_key(tmp_path / "key.txt")
    encrypted = encrypt(PLAIN, tmp_path, "--age", key.recipient)
    place = tmp_path / "place"
    place.mkdir()
    environ = environment(place, SOPS_AGE_KEY_FILE=str(key.path), TMPDIR=str(place))
    await decrypt(encrypted.encode(), SopsSettings(SOPS, environ))
    assert list(place.iterdir()) == []


@pytest.mark.parametrize("size", [1, 3_000_000])
async def test_where_memory_files_are_unknown_a_pipe_does(tmp_path, monkeypatch, size):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    key = make_age_key(tmp_path / "key.txt")
    plain = PLAIN + f"note: {'x' * size}\n"
    encrypted = encrypt(plain, tmp_path, "--age", key.recipient)
    environ = environment(tmp_path, SOPS_AGE_KEY_FILE=str(key.path))
    document = await decrypt(encrypted.encode(), SopsSettings(SOPS, environ))
    assert document["note"] == "x" * size


async def test_a_pipe_that_nobody_reads_holds_nobody_up(tmp_path, monkeypatch):
    monkeypatch.delattr(os, "memfd_create", raising=False)
    settings = fake(tmp_path, "echo '{}'")
    assert await decrypt(b"x" * 3_000_000, settings) == {}


async def test_many_at_once_do_not_mix(tmp_path):
    settings = fake(tmp_path, 'cat "$file"')
    texts = [json.dumps({"number": number}).encode() for number in range(20)]
    documents = await asyncio.gather(*(decrypt(text, settings) for text in texts))
    assert [document["number"] for document in documents] == list(range(20))


@pytest.mark.parametrize(
    ("returncode", "stderr", "reason"),
    [
        (24, "", ConfigReason.INTEGRITY_CHECK_FAILED),
        (52, "", ConfigReason.INTEGRITY_CHECK_FAILED),
        (100, "Error: cannot operate on non-existent file", ConfigReason.FILE_NOT_FOUND),
        (2, "Error reading file: read x: is a directory", ConfigReason.FILE_UNREADABLE),
        (2, "panic: out of range", ConfigReason.DECRYPTION_FAILED),
        (111, "", ConfigReason.NO_RECIPIENTS),
        (127, "sh: sops: not found", ConfigReason.DECRYPTION_TOOL_MISSING),
        (128, "AccessDeniedException: x", ConfigReason.DECRYPTION_KEY_MISMATCH),
        (
            128,
            "failed to load age identities. Errors: open\n      | /key.txt: permission denied.",
            ConfigReason.DECRYPTION_KEY_MISSING,
        ),
        (128, "data key with\n      | age: bad header MAC.", ConfigReason.CIPHERTEXT_CORRUPT),
        (128, "StatusCode: 503", ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE),
        (128, "x:\n    - | gpg: no\n      | pinentry", ConfigReason.DECRYPTION_KEY_INVALID),
        (
            128,
            "identity did not match any of the\n      | recipients\n  | no EC2 IMDS role found",
            ConfigReason.DECRYPTION_KEY_MISMATCH,
        ),
    ],
)
def test_codes_that_no_file_brings_about_have_a_reason_too(returncode, stderr, reason):
    assert classify(returncode, stderr)[0] is reason


async def test_paths_that_are_no_file_have_the_codes_that_are_expected(tmp_path):
    """The two rows that cannot come about here, as we hand over bytes: asked of sops itself."""
    for path, reason in (
        (tmp_path / "none", ConfigReason.FILE_NOT_FOUND),
        (tmp_path, ConfigReason.FILE_UNREADABLE),
    ):
        process = await asyncio.create_subprocess_exec(
            SOPS,
            *("decrypt", "--input-type", "yaml", path),
            env=environment(tmp_path),
            stderr=asyncio.subprocess.PIPE,
        )
        _, stderr = await process.communicate()
        assert classify(process.returncode, stderr.decode())[0] is reason


@pytest.mark.parametrize("language", ["en", "tr"])
def test_every_reason_has_its_advice(language):
    titles = {CONFIG_ADVICE[reason][language].title for reason in ConfigReason}
    assert len(titles) == len(ConfigReason)
    for reason in ConfigReason:
        advice = CONFIG_ADVICE[reason][language]
        assert advice.cause.endswith(".")
        assert advice.remedy.endswith(".")
