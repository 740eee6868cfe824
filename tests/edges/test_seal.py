"""What a committer without the key can do: with the real sops, without and with the seal."""

import pytest

from bf_reconciler import seals
from bf_reconciler.facts import DEFAULT_RULES, ConfigError, ConfigReason, Rules
from bf_reconciler.loader import load
from bf_reconciler.seals import seal_file
from bf_reconciler.sops import SopsSettings, decrypt
from bf_reconciler.source import present
from edges.keys import REGEX, SOPS, encrypt, environment, make_age_key

pytestmark = pytest.mark.slow

PLAIN = """\
version: 1
halt: {reason: the desk is closed, by: ops}
policy:
  excess_permissions: block
connections:
  - name: kucoin-main-grid
    exchange: kucoin
    suspend: {reason: rotation, owner: ops}
    credentials: {api_key: SENTINEL-1, secret: SENTINEL-2, passphrase: SENTINEL-3}
    labels: {home: "https://127.0.0.1:9"}
strategies:
  - name: btc-grid
    connection: kucoin-main-grid
    enabled: false
    pairs: [BTC/USDT]
    leverage: 1
    settings: {levels: 2, step: 50}
"""
HALT = """\
halt:
    reason: the desk is closed
    by: ops
policy:
    excess_permissions: block
"""
LABELS = """\
    - labels:
        a: the desk is closed
        b: ops
        c: block
      name: kucoin-main-grid
      exchange: kucoin
"""
ATTACKS = {
    "a strategy that was off": (
        "      enabled: false\n",
        '      labels:\n        x: "False"\n',
    ),
    "a halt that was pulled": (
        HALT,
        "",
        "    - name: kucoin-main-grid\n      exchange: kucoin\n",
        LABELS,
        "      labels:\n        home: https://127.0.0.1:9\n",
        "      endpoint: https://127.0.0.1:9\n",
    ),
    "a suspension": (
        "      suspend:\n        reason: rotation\n        owner: ops\n",
        "      account: rotationops\n",
    ),
    "an endpoint out of a label": (
        "      labels:\n        home: https://127.0.0.1:9\n",
        "      endpoint: https://127.0.0.1:9\n",
    ),
    "two numbers in one": (
        "        levels: 2\n        step: 50\n",
        "        levels: 250\n",
    ),
    "a limit out of a setting": (
        "      leverage: 1\n      settings:\n        levels: 2\n        step: 50\n",
        "      settings:\n        levels: 1\n        step: 250\n",
    ),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    key = make_age_key(home / "key.txt")
    settings = SopsSettings(SOPS, environment(home, SOPS_AGE_KEY_FILE=str(key.path)))
    return home, key, settings


@pytest.fixture
def file(world, tmp_path):
    home, key, _ = world
    path = tmp_path / "connections.yaml"
    path.write_text(encrypt(PLAIN, home, "--age", key.recipient))
    return path


def tampered(text, steps):
    """The text with each of these pieces replaced; every one must stand in it."""
    for before, after in zip(steps[::2], steps[1::2], strict=True):
        assert before in text
        text = text.replace(before, after, 1)
    return text.encode()


async def read(content, settings, rules=DEFAULT_RULES):
    return await load(content, settings, rules, allow_plaintext=False)


@pytest.mark.parametrize("steps", ATTACKS.values(), ids=ATTACKS)
async def test_names_and_places_can_be_changed_under_the_mac_but_not_under_the_seal(
    world, file, steps
):
    _, _, settings = world
    bare = tampered(file.read_text(), steps)
    assert await decrypt(bare, settings)  # the MAC says nothing
    unsealed = await read(bare, settings)
    assert not unsealed.refused
    assert unsealed.errors == ()

    await seal_file(file, settings)
    assert (await read(file.read_bytes(), settings)).seal == "good"
    attacked = tampered(file.read_text(), steps)
    assert await decrypt(attacked, settings)
    parsed = await read(attacked, settings)
    assert parsed.refused
    assert [p.reason for p in parsed.errors] == [ConfigReason.SEAL_MISMATCH]


async def test_a_seal_can_neither_be_taken_out_nor_be_put_elsewhere(world, file):
    _, _, settings = world
    await seal_file(file, settings)
    lines = file.read_text().splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith("seal: "))
    with pytest.raises(ConfigError) as caught:
        await read(without.encode(), settings)
    assert caught.value.reason is ConfigReason.INTEGRITY_CHECK_FAILED
    elsewhere = file.read_text().replace("seal: ENC", "token: ENC")
    with pytest.raises(ConfigError):  # what is encrypted is bound to its place
        await decrypt(elsewhere.encode(), settings)


async def test_what_sops_writes_its_own_way_is_sealed_as_it_stands_then(world, tmp_path):
    home, key, settings = world
    plain = (
        PLAIN + "    stop_loss_pct: 1.50\n    suspend: {reason: a, owner: b, until: 2027-01-31}\n"
    )
    text = encrypt(plain, home, "--age", key.recipient)
    path = tmp_path / "c.yaml"
    path.write_text(text.replace("1.5", "1.500").replace("2027-01-31T00:00:00Z", "2027-01-31"))
    assert await seal_file(path, settings)
    assert (await read(path.read_bytes(), settings)).seal == "good"
    before = path.read_bytes()
    assert not await seal_file(path, settings)
    assert path.read_bytes() == before


async def test_sealing_keeps_the_content_the_mode_and_the_link_to_the_file(world, file, tmp_path):
    _, _, settings = world
    link = tmp_path / "link.yaml"
    link.symlink_to(file)
    file.chmod(0o640)
    before = await decrypt(file.read_bytes(), settings)
    await seal_file(link, settings)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    after = await decrypt(file.read_bytes(), settings)
    assert after.pop("seal").startswith("sha256:")
    assert after == before
    assert {path.name for path in tmp_path.iterdir()} == {file.name, link.name}


async def test_a_seal_that_the_rules_of_the_file_leave_plain_is_not_written(world, tmp_path):
    home, key, settings = world
    path = tmp_path / "c.yaml"
    path.write_text(encrypt(PLAIN, home, "--age", key.recipient, regex=REGEX.replace("|seal", "")))
    before = path.read_bytes()
    with pytest.raises(ConfigError) as caught:
        await seal_file(path, settings)
    assert caught.value.reason is ConfigReason.NOT_SEALED
    assert "encrypted_regex" in caught.value.message
    assert path.read_bytes() == before


async def test_a_file_that_is_wrong_is_not_sealed(world, tmp_path):
    home, key, settings = world
    path = tmp_path / "c.yaml"
    wrong = PLAIN.replace("excess_permissions: block", "excess_permissions: maybe")
    path.write_text(encrypt(wrong, home, "--age", key.recipient))
    with pytest.raises(ConfigError, match=r"FILE:\d+:\d+: policy.excess_permissions: "):
        await seal_file(path, settings)
    assert "seal" not in path.read_text().splitlines()[-1]


async def test_an_entry_that_is_wrong_keeps_nobody_from_sealing(world, tmp_path):
    home, key, settings = world
    path = tmp_path / "c.yaml"
    wrong = PLAIN.replace("leverage: 1", "leverage: 1000")
    path.write_text(encrypt(wrong, home, "--age", key.recipient))
    assert await seal_file(path, settings)
    assert (await read(path.read_bytes(), settings)).seal == "good"


async def test_somebody_elses_change_meanwhile_is_not_overwritten(world, file, monkeypatch):
    _, _, settings = world

    async def changed(content, *_):
        file.write_bytes(content + b"# theirs\n")
        return content + b"# ours\n"

    monkeypatch.setattr(seals, "sealed", changed)
    with pytest.raises(ConfigError) as caught:
        await seal_file(file, settings)
    assert caught.value.reason is ConfigReason.FILE_CHANGING
    assert file.read_bytes().endswith(b"# theirs\n")
    assert list(file.parent.iterdir()) == [file]


async def test_a_folder_that_cannot_be_written_to_is_told(world, file, monkeypatch):
    _, _, settings = world

    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(seals, "mkstemp", full)
    with pytest.raises(ConfigError, match="cannot be written: No space left"):
        await seal_file(file, settings)


async def test_a_seal_that_never_comes_to_hold_is_an_error(world, file, monkeypatch):
    _, _, settings = world
    real = seals.sops.set_value
    monkeypatch.setattr(
        seals.sops, "set_value", lambda content, key, _, given: real(content, key, "x", given)
    )
    with pytest.raises(ConfigError, match="does not match after it was written"):
        await seal_file(file, settings)


async def test_without_the_key_there_is_no_seal(world, file, tmp_path):
    home, _, settings = world
    other = make_age_key(tmp_path / "other.txt")
    keyless = SopsSettings(SOPS, environment(home, SOPS_AGE_KEY_FILE=str(other.path)))
    with pytest.raises(ConfigError) as caught:
        await seal_file(file, keyless)
    assert caught.value.reason is ConfigReason.DECRYPTION_KEY_MISMATCH
    assert (await read(file.read_bytes(), settings)).seal == "none"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 25", ConfigReason.DECRYPTION_FAILED),
        ("exec sleep 60", ConfigReason.DECRYPTION_TIMEOUT),
        (None, ConfigReason.DECRYPTION_TOOL_MISSING),
    ],
)
def test_an_end_of_sops_while_it_writes_has_its_reason(tmp_path, script, reason):
    binary = tmp_path / "sops"
    if script:
        binary.write_text(f"#!/bin/sh\n{script}\n")
        binary.chmod(0o755)
    settings = SopsSettings(binary, environment(tmp_path), timeout=1.0)
    with pytest.raises(ConfigError) as caught:
        seals.sops.set_value(b"a: b\n", ("seal",), "x", settings)
    assert caught.value.reason is reason


async def test_a_file_that_must_be_sealed_is_refused_before_sops_is_started(file):
    nowhere = SopsSettings(SOPS.with_name("none"), {})
    parsed = await load(
        present(str(file)).data, nowhere, Rules(require_seal=True), allow_plaintext=False
    )
    assert [p.reason for p in parsed.errors] == [ConfigReason.NOT_SEALED]
