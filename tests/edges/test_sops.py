"""The real sops on every wrong file and every wrong key: each has its own reason."""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pyrage
import pytest

from bf_reconciler.document import Parsed
from bf_reconciler.facts import DEFAULT_RULES, KEY_SERVICES
from bf_reconciler.facts.config import ConfigError, ConfigReason
from bf_reconciler.loader import load
from bf_reconciler.sops import SopsSettings, decrypt, find_binary, is_encrypted, metadata
from bf_reconciler.sops.key_files import wrong_key_file
from bf_reconciler.sops.version import version_of
from edges.keys import (
    PLAIN,
    SECRETS,
    SOPS,
    VERSIONS,
    AgeKey,
    encrypt,
    environment,
    gnupg_home,
    identity_of_a_plugin,
    make_age_key,
    make_pgp_key,
    only_for,
)

pytestmark = pytest.mark.slow

DEAD = "http://127.0.0.1:1"  # nothing may leave this machine
KMS = """\
    kms:
        - arn: arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555
          created_at: "2026-01-01T00:00:00Z"
          enc: AQICAHhB
          aws_profile: ""
"""
VAULT = f"""\
    hc_vault:
        - vault_address: {DEAD}
          engine_path: transit
          key_name: k
          created_at: "2026-01-01T00:00:00Z"
          enc: vault:v1:AQICAHhB
"""


@dataclass(frozen=True)
class World:
    """A home with keys, a file encrypted for one of them, and the settings that open it."""

    home: Path
    key: AgeKey
    other: AgeKey
    encrypted: str
    settings: SopsSettings

    def with_env(self, **environ: str) -> SopsSettings:
        """Give the settings another environment; what is not named here is not set."""
        return replace(
            self.settings,
            environ=environment(self.home, **environ),
            services=frozenset(KEY_SERVICES),
        )

    def encrypt(self, plain: str, *options: str, **environ: str) -> str:
        """Encrypt with the same sops."""
        return encrypt(plain, self.home, *options, sops=self.settings.binary, **environ)

    def value(self, name: str) -> str:
        """Return the encrypted form of one credential."""
        return re.search(rf"^ +{name}: (ENC\[.*\])$", self.encrypted, re.MULTILINE)[1]


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda path: path.name)
def world(request, tmp_path_factory) -> World:
    home = tmp_path_factory.mktemp("home")
    key, other = make_age_key(home / "key.txt"), make_age_key(home / "other.txt")
    environ = environment(home, SOPS_AGE_KEY_FILE=str(key.path))
    encrypted = encrypt(PLAIN, home, "--age", key.recipient, sops=request.param)
    return World(home, key, other, encrypted, SopsSettings(request.param, environ))


async def refused(text: str | bytes, settings: SopsSettings, caplog) -> ConfigError:
    """Decrypt what must fail; no secret and no word of sops may stand in the error."""
    committed = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(ConfigError) as caught:
        await decrypt(committed, settings)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    told = f"{error!s} {error!r} {error.__dict__} {caplog.text} {error.__context__!r}"
    for secret in (*SECRETS, "SENTINEL", "ENC[", "age1"):
        assert secret not in told
    return error


async def test_the_document_comes_out_as_it_went_in(world):
    document = await decrypt(world.encrypted.encode(), world.settings)
    assert document["version"] == 1
    assert document["connections"][0]["credentials"]["secret"] == SECRETS[1]
    assert "sops" not in document


async def test_a_pgp_key_opens_it_too(world):
    with gnupg_home() as gnupg:
        fingerprint = make_pgp_key(gnupg)
        encrypted = world.encrypt(PLAIN, "--pgp", fingerprint, GNUPGHOME=str(gnupg))
        document = await decrypt(encrypted.encode(), world.with_env(GNUPGHOME=str(gnupg)))
    assert document["connections"][0]["credentials"]["api_key"] == SECRETS[0]


async def test_a_key_in_the_home_directory_is_found(world, tmp_path):
    place = tmp_path / ".config/sops/age/keys.txt"
    place.parent.mkdir(parents=True)
    shutil.copy(world.key.path, place)
    settings = replace(world.settings, environ=environment(tmp_path))
    assert (await decrypt(world.encrypted.encode(), settings))["version"] == 1


async def test_a_broken_sops_yaml_in_the_working_directory_is_of_no_account(
    world, tmp_path, monkeypatch, caplog
):
    (tmp_path / ".sops.yaml").write_text("a: [")
    monkeypatch.chdir(tmp_path)
    if world.settings.binary.name == "sops-3.9.0":  # SOPS_CONFIG came with 3.10
        error = await refused(world.encrypted, world.settings, caplog)
        assert str(error) == (
            "Decryption failed: a .sops.yaml in or above the working directory is not valid;"
            " correct it"
        )
        return
    assert (await decrypt(world.encrypted.encode(), world.settings))["version"] == 1


# Keys


async def test_another_key_is_a_mismatch(world, caplog):
    settings = world.with_env(SOPS_AGE_KEY_FILE=str(world.other.path))
    error = await refused(world.encrypted, settings, caplog)
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_KEY_MISMATCH, True)


async def test_a_changed_file_is_told_in_words(world, caplog):
    error = await refused(change(world, "plain value"), world.settings, caplog)
    assert str(error) == (
        "Integrity check failed: the file was changed without sops after it was encrypted"
    )


async def test_no_key_is_missing(world, caplog):
    error = await refused(world.encrypted, world.with_env(), caplog)
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_KEY_MISSING, True)


@pytest.mark.parametrize("variable", ["SOPS_AGE_KEY_FILE", "SOPS_AGE_SSH_PRIVATE_KEY_FILE"])
async def test_a_key_file_that_does_not_exist_is_named(world, tmp_path, variable, caplog):
    path = tmp_path / "key.txt"
    error = await refused(world.encrypted, world.with_env(**{variable: str(path)}), caplog)
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_KEY_MISSING, True)
    assert str(error) == (
        f"No decryption key: {variable} names '{path}', and there is no such file"
    )


async def test_an_empty_key_file_is_named(world, tmp_path, caplog):
    path = tmp_path / "key.txt"
    path.touch()
    error = await refused(world.encrypted, world.with_env(SOPS_AGE_KEY_FILE=str(path)), caplog)
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_KEY_MISSING, True)
    assert str(error) == f"No decryption key: SOPS_AGE_KEY_FILE names '{path}', which is empty"


async def test_a_key_in_place_of_its_path_is_told_and_not_shown(world, caplog):
    key = "AGE-SECRET-KEY-1SENTINEL"
    error = await refused(world.encrypted, world.with_env(SOPS_AGE_KEY_FILE=key), caplog)
    assert error.reason is ConfigReason.DECRYPTION_KEY_MISSING
    assert str(error) == (
        "No decryption key: SOPS_AGE_KEY_FILE contains a key where the path of one is expected"
    )


async def test_a_key_file_of_garbage_is_invalid(world, tmp_path, caplog):
    path = tmp_path / "key.txt"
    path.write_text("SENTINEL garbage\n")
    error = await refused(world.encrypted, world.with_env(SOPS_AGE_KEY_FILE=str(path)), caplog)
    assert error.reason is ConfigReason.DECRYPTION_KEY_INVALID


async def test_a_garbled_key_in_the_environment_is_invalid(world, caplog):
    settings = world.with_env(SOPS_AGE_KEY="AGE-SECRET-KEY-1SENTINEL")
    error = await refused(world.encrypted, settings, caplog)
    assert error.reason is ConfigReason.DECRYPTION_KEY_INVALID


async def test_a_pgp_key_that_is_not_there_is_missing(world, caplog):
    with gnupg_home() as gnupg, gnupg_home() as empty:
        fingerprint = make_pgp_key(gnupg)
        encrypted = world.encrypt(PLAIN, "--pgp", fingerprint, GNUPGHOME=str(gnupg))
        error = await refused(encrypted, world.with_env(GNUPGHOME=str(empty)), caplog)
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_KEY_MISSING, True)


async def test_gpg_that_is_not_installed_is_a_missing_tool(world, tmp_path, caplog):
    with gnupg_home() as gnupg:
        fingerprint = make_pgp_key(gnupg)
        encrypted = world.encrypt(PLAIN, "--pgp", fingerprint, GNUPGHOME=str(gnupg))
        settings = world.with_env(GNUPGHOME=str(gnupg), PATH=str(tmp_path))
        error = await refused(encrypted, settings, caplog)
    assert error.reason is ConfigReason.DECRYPTION_TOOL_MISSING


@pytest.mark.parametrize(
    ("block", "environ"),
    [
        (KMS, {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_MAX_ATTEMPTS": "1"}),
        (KMS, {}),
        (VAULT, {"VAULT_TOKEN": "x", "VAULT_MAX_RETRIES": "0"}),
    ],
    ids=["kms refuses", "kms without credentials", "vault refuses"],
)
async def test_a_key_service_that_cannot_be_used_may_come_back(world, block, environ, caplog):
    settings = world.with_env(
        AWS_ENDPOINT_URL_KMS=DEAD,
        AWS_EC2_METADATA_DISABLED="true",
        HTTPS_PROXY=DEAD,
        HTTP_PROXY=DEAD,
        **environ,
    )
    error = await refused(only_for(world.encrypted, block), settings, caplog)
    assert error.reason is ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE
    assert error.transient


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"age1qqqq\n", "which contains a public key only"),
        ("AGE-SECRET-KEY-1".encode("utf-16"), "which is no UTF-8 text"),
        (
            pyrage.passphrase.encrypt(b"AGE-SECRET-KEY-1SENTINEL", "a phrase"),
            "which is protected by a passphrase",
        ),
    ],
)
async def test_what_is_wrong_with_a_key_file_is_told(world, tmp_path, content, words, caplog):
    path = tmp_path / "key.txt"
    path.write_bytes(content)
    error = await refused(world.encrypted, world.with_env(SOPS_AGE_KEY_FILE=str(path)), caplog)
    assert error.reason is ConfigReason.DECRYPTION_KEY_INVALID
    assert str(error) == f"Unusable decryption key: SOPS_AGE_KEY_FILE names '{path}', {words}"


async def test_a_folder_in_place_of_a_key_file_is_told(world, tmp_path, caplog):
    settings = world.with_env(SOPS_AGE_KEY_FILE=str(tmp_path))
    error = await refused(world.encrypted, settings, caplog)
    assert error.transient
    assert str(error).endswith(f": SOPS_AGE_KEY_FILE names '{tmp_path}', which is a directory")


async def test_a_pipe_in_place_of_a_key_file_holds_nobody_up(world, tmp_path, caplog):
    os.mkfifo(tmp_path / "key")
    settings = world.with_env(SOPS_AGE_KEY_FILE=str(tmp_path / "key"))
    error = await refused(world.encrypted, replace(settings, timeout=3.0), caplog)
    assert error.reason is ConfigReason.DECRYPTION_TIMEOUT
    assert wrong_key_file(settings.environ) == (
        f"SOPS_AGE_KEY_FILE names '{tmp_path / 'key'}', which is no regular file"
    )


async def test_a_plugin_of_age_that_is_not_installed_is_named(world, tmp_path, caplog):
    path = tmp_path / "key.txt"
    path.write_text(identity_of_a_plugin("yubikey") + "\n")
    error = await refused(world.encrypted, world.with_env(SOPS_AGE_KEY_FILE=str(path)), caplog)
    if world.settings.binary.name == "sops-3.9.0":  # plugins came with 3.10
        assert error.reason is ConfigReason.DECRYPTION_KEY_INVALID
        return
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_TOOL_MISSING, True)
    assert str(error) == (
        "Decryption program missing: age-plugin-yubikey is not on PATH; install this plugin of age"
    )


async def test_a_command_for_the_key_gives_it(world, caplog):
    settings = world.with_env(SOPS_AGE_KEY_CMD=f"cat {world.key.path}")
    if world.settings.binary.name == "sops-3.9.0":  # commands came with 3.10
        error = await refused(world.encrypted, settings, caplog)
        assert error.reason is ConfigReason.DECRYPTION_KEY_MISSING
        return
    assert (await decrypt(world.encrypted.encode(), settings))["version"] == 1


async def test_a_command_for_the_key_that_fails_is_told(world, caplog):
    settings = world.with_env(SOPS_AGE_KEY_CMD="false SENTINEL")
    error = await refused(world.encrypted, settings, caplog)
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_KEY_MISSING, True)
    if world.settings.binary.name != "sops-3.9.0":  # commands came with 3.10
        assert str(error) == "No decryption key: the command in SOPS_AGE_KEY_CMD failed"


async def test_a_vault_that_the_allowlist_does_not_name_is_told(world, caplog):
    settings = world.with_env(
        SOPS_HC_VAULT_ALLOWLIST="https://vault.example", VAULT_TOKEN="x", VAULT_MAX_RETRIES="0"
    )
    error = await refused(only_for(world.encrypted, VAULT), settings, caplog)
    if world.settings.binary.name == "sops-3.13.3":  # the allowlist came with 3.13
        assert (error.reason, error.transient) == (ConfigReason.KEY_SERVICE_NOT_ALLOWED, False)
        assert str(error) == (
            "Key service not allowed: SOPS_HC_VAULT_ALLOWLIST does not contain this server"
        )
    else:
        assert error.reason is ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE


# Values that sops does not give back as they were


def encrypted_with(world: World, line: str) -> bytes:
    """Encrypt a second entry beside the good one, with this line among its credentials."""
    second = PLAIN.partition("connections:\n")[2].replace("kucoin-main", "second")
    second = re.sub(r"^ +passphrase: .*$", f"      {line}", second, flags=re.MULTILINE)
    return world.encrypt(PLAIN + second, "--age", world.key.recipient).encode()


def sops(world: World, *words: str | Path) -> bytes:
    """What sops writes, run as a person would."""
    argv, environ = [world.settings.binary, *words], world.settings.environ
    return subprocess.run(argv, env=environ, capture_output=True, timeout=30, check=True).stdout


async def loaded(world: World, committed: bytes) -> Parsed:
    return await load(committed, world.settings, DEFAULT_RULES, allow_plaintext=False)


@pytest.mark.parametrize(
    ("line", "messages"),
    [
        (
            "passphrase: .inf",
            ["must be a string, but was encrypted as a number; quote it before you encrypt it"],
        ),
        (
            "passphrase: .nan",
            ["must be a string, but was encrypted as a number; quote it before you encrypt it"],
        ),
        (
            "passphrase: x\n    max_daily_loss: -.INF",
            ["unknown key"],
        ),
    ],
)
async def test_what_json_cannot_say_isolates_its_entry(world, line, messages):
    parsed = await loaded(world, encrypted_with(world, line))
    assert not parsed.refused
    assert [connection.name for connection, _ in parsed.connections] == ["kucoin-main"]
    assert set(parsed.broken_connections) == {"second"}
    assert [problem.message for problem in parsed.errors] == messages
    credentials = parsed.connections[0][0].credentials
    assert credentials.secret.get_secret_value() == SECRETS[1]


AWKWARD = ("yes", "on", "~", "null", "0777", "1_000", "1:30", "1e3", ".inf", "2026-01-02", "0x1F")


@pytest.mark.parametrize("text", [*AWKWARD, "a: b", "# x", "- x", "'", '"', "\\n", "é", "𝛑"])
async def test_texts_stay_as_they_are_where_json_cannot_say_the_document(world, text):
    quoted = json.dumps(text, ensure_ascii=False)
    plain = PLAIN.replace(SECRETS[2], quoted) + "    inf: .inf\n"
    committed = world.encrypt(plain, "--age", world.key.recipient).encode()
    document = await decrypt(committed, world.settings)
    assert document["connections"][0]["credentials"]["passphrase"] == text
    assert document["connections"][0]["inf"] == float("inf")


async def test_a_date_that_was_encrypted_without_quotes_is_told(world):
    if world.settings.binary.name == "sops-3.9.0":  # it refuses to encrypt a date
        return
    parsed = await loaded(world, encrypted_with(world, "passphrase: 2026-01-02"))
    assert [problem.message for problem in parsed.errors] == [
        "was encrypted as a date; quote it before you encrypt it"
    ]
    assert set(parsed.broken_connections) == {"second"}


async def test_a_merge_key_as_sops_writes_it_is_told(world):
    plain = PLAIN.replace("    exchange: kucoin\n", "    <<: {exchange: kucoin}\n")
    committed = world.encrypt(plain, "--age", world.key.recipient)
    assert "!!merge <<:" in committed
    parsed = await loaded(world, committed.encode())
    assert [problem.message for problem in parsed.errors] == [
        "is missing",
        "merge keys are not supported; write out the fields",
    ]


async def test_a_file_that_sops_took_for_binary_is_told(world, tmp_path):
    path = tmp_path / "connections.conf"
    path.write_text(PLAIN)
    encrypted = sops(world, "--encrypt", "--age", world.key.recipient, path)
    parsed = await loaded(world, encrypted)
    assert parsed.refused
    assert parsed.errors[0].message == (
        "sops encrypted the whole file as one binary value, because of its name; decrypt it with"
        " `sops decrypt --input-type binary`, name it *.yaml, and encrypt it again"
    )
    path.write_bytes(encrypted)
    assert sops(world, "decrypt", "--input-type", "binary", path).decode() == PLAIN


# Versions


async def test_a_sops_that_is_too_old_is_told(tmp_path, caplog):
    binary = tmp_path / "sops"
    binary.write_text(
        "#!/bin/sh\nif [ $2 = --version ]; then echo 'sops 3.8.1 (latest)'; exit 0; fi\n"
        "echo config file not found and no keys provided through command line options >&2; exit 1\n"
    )
    binary.chmod(0o755)
    error = await refused(PLAIN, SopsSettings(binary, {}), caplog)
    assert (error.reason, error.transient) == (ConfigReason.DECRYPTION_TOOL_MISSING, True)
    assert str(error) == "sops 3.8 is too old; 3.9 or newer is needed"


@pytest.mark.parametrize("said", ["", "sops", "sops 4 (latest)", "3.8.1"])
def test_a_version_that_is_not_said_is_not_guessed(said):
    assert version_of(said) is None


# What the encryption protects


def change(world: World, name: str) -> str:
    """Return the encrypted file with one thing wrong."""
    text, key, secret = world.encrypted, world.value("api_key"), world.value("secret")
    ended = text.index("sops:")
    return {
        "plain value": text.replace("kucoin\n", "mexc\n"),
        "secret renamed": text.replace("api_key:", "apikey:"),
        "mac removed": re.sub(r"^    mac: .*\n", "", text, flags=re.MULTILINE),
        "mac empty": re.sub(r"^    mac: .*$", "    mac: ''", text, flags=re.MULTILINE),
        "mac changed": re.sub(
            r"^(    mac: ENC\[AES256_GCM,data:)", r"\1AAAA", text, flags=re.MULTILINE
        ),
        "time changed": re.sub(r'(lastmodified: ")20', r"\g<1>19", text),
        "second document": text + "---\nversion: 1\n",
        "ciphertext": text.replace("data:", "data:AAAA", 1),
        "swapped": text.replace(key, "<>").replace(secret, key).replace("<>", secret),
        "age block": text.replace("-----BEGIN AGE ENCRYPTED FILE-----\n", "x\n"),
        "age payload": re.sub(
            r"^( +)(.)(.*\n +-----END AGE)",
            lambda found: f"{found[1]}{'B' if found[2] == 'A' else 'A'}{found[3]}",
            text,
            flags=re.MULTILINE,
        ),
        "plaintext": text.replace(key, "SENTINEL-api-key"),
        "bare number": text.replace(key, "12345"),
        "not encrypted": PLAIN,
        "empty": "",
        "blank": "\n \n",
        "conflict": text.replace("    - name", "<<<<<<< HEAD\n    - name", 1),
        "conflict in the sops block": text.replace("    mac:", "<<<<<<< HEAD\n    mac:"),
        "tab": text.replace("      exchange", "\t  exchange"),
        "duplicate key": text.replace("version: 1\n", "version: 1\nversion: 2\n", 1),
        "not a mapping": "- SENTINEL\n",
        "binary": "\x00\x01\x02",
        "no recipients": only_for(text, ""),
        "empty recipients": only_for(text, "    age: []\n"),
        "cut before the sops block": text[: ended - 5],
        "cut behind its name": text[: ended + 6],
        "cut in the recipients": text[: ended + 200],
        "cut behind the mac": text[: text.index("encrypted_regex")],
        "cut in a word": text[: text.index("lastmodified") + 6],
    }[name]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("plain value", ConfigReason.INTEGRITY_CHECK_FAILED),
        ("secret renamed", ConfigReason.INTEGRITY_CHECK_FAILED),
        ("mac removed", ConfigReason.INTEGRITY_CHECK_FAILED),
        ("mac empty", ConfigReason.INTEGRITY_CHECK_FAILED),
        ("mac changed", ConfigReason.INTEGRITY_CHECK_FAILED),
        ("time changed", ConfigReason.INTEGRITY_CHECK_FAILED),
        ("second document", ConfigReason.INTEGRITY_CHECK_FAILED),
        ("ciphertext", ConfigReason.CIPHERTEXT_CORRUPT),
        ("swapped", ConfigReason.CIPHERTEXT_CORRUPT),
        ("age block", ConfigReason.CIPHERTEXT_CORRUPT),
        ("age payload", ConfigReason.CIPHERTEXT_CORRUPT),
        ("plaintext", ConfigReason.PLAINTEXT_SECRET),
        ("bare number", ConfigReason.PLAINTEXT_SECRET),
        ("not encrypted", ConfigReason.NOT_ENCRYPTED),
        ("empty", ConfigReason.NOT_ENCRYPTED),
        ("blank", ConfigReason.NOT_ENCRYPTED),
        ("conflict", ConfigReason.INVALID_YAML),
        ("conflict in the sops block", ConfigReason.INVALID_YAML),
        ("tab", ConfigReason.INVALID_YAML),
        ("duplicate key", ConfigReason.INVALID_YAML),
        ("not a mapping", ConfigReason.INVALID_YAML),
        ("binary", ConfigReason.INVALID_YAML),
        ("no recipients", ConfigReason.NO_RECIPIENTS),
        ("empty recipients", ConfigReason.NO_RECIPIENTS),
        ("cut before the sops block", ConfigReason.TRUNCATED_FILE),
        ("cut behind its name", ConfigReason.TRUNCATED_FILE),
        ("cut in the recipients", ConfigReason.TRUNCATED_FILE),
        ("cut behind the mac", ConfigReason.TRUNCATED_FILE),
        ("cut in a word", ConfigReason.TRUNCATED_FILE),
    ],
)
async def test_every_wrong_file_has_its_reason(world, name, reason, caplog):
    error = await refused(change(world, name), world.settings, caplog)
    assert (error.reason, error.transient) == (reason, False)


async def test_invalid_yaml_tells_the_line(world, caplog):
    error = await refused(change(world, "tab"), world.settings, caplog)
    assert error.line in {3, 4}  # go-yaml names the line or the one before
    assert error.column == 1
    assert f"line {error.line}" in str(error)


async def test_no_prefix_of_an_encrypted_file_is_ever_taken(world, caplog):
    text = world.encrypted.rstrip().encode()
    for end in range(0, len(text) - 1, len(text) // 40):
        error = await refused(text[:end], world.settings, caplog)
        assert error.reason in {
            ConfigReason.TRUNCATED_FILE,
            ConfigReason.NOT_ENCRYPTED,  # before the first encrypted value
            ConfigReason.INVALID_YAML,
            ConfigReason.CIPHERTEXT_CORRUPT,
        }


@pytest.mark.parametrize("word", ["true", "yes", "True"])
async def test_a_mac_over_encrypted_values_alone_is_refused(world, word, caplog):
    weak = world.encrypt(PLAIN, "--mac-only-encrypted", "--age", world.key.recipient)
    assert "mac_only_encrypted: true" in weak
    weak = weak.replace("mac_only_encrypted: true", f"mac_only_encrypted: {word}")
    error = await refused(weak, world.settings, caplog)
    assert error.reason is ConfigReason.MAC_ONLY_ENCRYPTED


# Reading without a key


def test_what_is_encrypted_is_known_without_a_key(world):
    assert is_encrypted(world.encrypted.encode())
    assert metadata(world.encrypted.encode())["version"].startswith("3.")
    assert not is_encrypted(PLAIN.encode())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("sops: {mac_only_encrypted: true}", {"mac_only_encrypted": "true"}),
        ("'sops': {a: b, c: [d], e: {f: g}, h: i}\n", {"a": "b", "h": "i"}),
        ("{x: {sops: {a: b}}, sops: {a: c}}", {"a": "c"}),
        ("x: 1\nsops:\n  a: b\ny: 2\n", {"a": "b"}),
        ("sops:\n  a: b\n  c: 'cut", {"a": "b"}),
        ("sops:\n  a: *missing\n  c: d\n", {"c": "d"}),
        ("sops:\n", None),
        ("sops: words\n", None),
        ("- sops\n- {a: b}\n", None),
        ("x:\n  sops: {a: b}\n", None),
        ("a: [", None),
        ("[" * 200_000, None),
        ("a: " + "{a: " * 200_000, None),
        ("\x00", None),
    ],
)
def test_the_sops_block_is_read_from_any_text(text, found):
    assert metadata(text.encode()) == found


def test_the_binary_is_the_one_named_then_on_the_path_then_beside_python(tmp_path):
    fake = tmp_path / "sops"
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o755)
    assert find_binary(fake, {}) == fake
    assert find_binary(None, {"PATH": str(tmp_path)}) == fake
    assert find_binary(None, {"PATH": str(tmp_path / "none")}) == SOPS
    with pytest.raises(ConfigError) as caught:
        find_binary(tmp_path / "none", {"PATH": str(tmp_path)})
    assert caught.value.reason is ConfigReason.DECRYPTION_TOOL_MISSING


async def test_a_binary_that_went_away_is_a_missing_tool(world, tmp_path, caplog):
    settings = replace(world.settings, binary=tmp_path / "sops")
    error = await refused(world.encrypted, settings, caplog)
    assert error.reason is ConfigReason.DECRYPTION_TOOL_MISSING
