"""Turns the exit code and messages of sops into one reason; its text is never repeated."""

import re
from collections.abc import Mapping

from bf_reconciler.facts.config import CONFIG_ADVICE, ConfigError, ConfigReason
from bf_reconciler.sops.key_files import wrong_key_file
from bf_reconciler.sops.metadata import SEALED, block_line

UNREACHABLE = (
    r"dial tcp|no such host|connection refused|connection reset|network is unreachable"
    r"|i/o timeout|TLS handshake timeout|deadline exceeded|Client\.Timeout|proxyconnect"
    r"|StatusCode: 5\d\d|Code: 5\d\d|Throttl|TooManyRequests|Vault is sealed"
)
PLUGIN_MISSING = r"age-plugin-\S+: executable file not found|couldn't start plugin"
# Exit codes of sops 3 (cmd/sops/codes), and the words of 3.9 to 3.13. 1 and 128 each stand for many
# causes, so the text decides; where it is not known, the safe reason is taken. First match wins.
PATTERNS: dict[int, tuple[tuple[str, ConfigReason], ...]] = {
    1: (
        (
            r"sops metadata not found|sops entry that is not a mapping",
            ConfigReason.NOT_ENCRYPTED,
        ),
        (r"^(?:Error unmarshalling input yaml: )?yaml: ", ConfigReason.INVALID_YAML),
        (r"^parsing time |Version string empty", ConfigReason.TRUNCATED_FILE),
        (r"No Major\.Minor\.Patch elements found", ConfigReason.TRUNCATED_FILE),
        (r"No keys found in file", ConfigReason.NO_RECIPIENTS),
    ),
    2: (
        # a bare number where ENC[...] is due makes sops before 3.13.2 panic
        (r"^panic: interface conversion: .* not string", ConfigReason.PLAINTEXT_SECRET),
        (r"^Error reading file", ConfigReason.FILE_UNREADABLE),
    ),
    24: ((r"", ConfigReason.INTEGRITY_CHECK_FAILED),),
    25: (
        (
            r"does not match sops' data format|Expected encrypted value as string",
            ConfigReason.PLAINTEXT_SECRET,
        ),
        (r"Could not decrypt value", ConfigReason.CIPHERTEXT_CORRUPT),
    ),
    51: ((r"", ConfigReason.INTEGRITY_CHECK_FAILED),),
    52: ((r"", ConfigReason.INTEGRITY_CHECK_FAILED),),
    100: ((r"", ConfigReason.FILE_NOT_FOUND),),
    111: ((r"", ConfigReason.NO_RECIPIENTS),),
    126: ((r"", ConfigReason.DECRYPTION_TOOL_MISSING),),  # of a shell: cannot be run
    127: ((r"", ConfigReason.DECRYPTION_TOOL_MISSING),),  # of a shell: not found
    128: (
        (r"Allowlist does not allow", ConfigReason.KEY_SERVICE_NOT_ALLOWED),
        # One line per key that was tried. A service that may come back outweighs the rest, for
        # waiting costs nothing; missing cloud credentials do not, for a file that names several
        # kinds of keys is most often opened with the local one.
        (
            UNREACHABLE,
            ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE,
        ),
        (PLUGIN_MISSING, ConfigReason.DECRYPTION_TOOL_MISSING),
        (
            r"identity did not match any of the recipients|no identity matched any",
            ConfigReason.DECRYPTION_KEY_MISMATCH,
        ),
        (r"illegal base64|age header|invalid armor", ConfigReason.CIPHERTEXT_CORRUPT),
        (r"payload chunk|bad header MAC|parse header", ConfigReason.CIPHERTEXT_CORRUPT),
        (r"no secret keys found", ConfigReason.DECRYPTION_KEY_MISSING),
        (r"failed to parse '?SOPS_AGE|malformed secret key", ConfigReason.DECRYPTION_KEY_INVALID),
        (r"unknown identity type|passphrase|pinentry", ConfigReason.DECRYPTION_KEY_INVALID),
        (r"Inappropriate ioctl for device", ConfigReason.DECRYPTION_KEY_INVALID),
        (r"data key with pgp:\s*(\n|\Z)", ConfigReason.DECRYPTION_TOOL_MISSING),
        (r"executable file not found", ConfigReason.DECRYPTION_TOOL_MISSING),
        (r"No secret key", ConfigReason.DECRYPTION_KEY_MISSING),
        (r"failed to load age identities", ConfigReason.DECRYPTION_KEY_MISSING),
        (
            r"AccessDenied|PermissionDenied|not authorized|permission denied|Forbidden",
            ConfigReason.DECRYPTION_KEY_MISMATCH,
        ),
        (
            r"EC2 IMDS|missing client token|credential",
            ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE,
        ),
    ),
}
KEY_REASONS = frozenset(
    {
        ConfigReason.DECRYPTION_KEY_MISSING,
        ConfigReason.DECRYPTION_KEY_MISMATCH,
        ConfigReason.DECRYPTION_KEY_INVALID,
        ConfigReason.DECRYPTION_TOOL_MISSING,
    }
)
"""What passes when somebody installs a key or a program: a new key may come after its file."""
TRANSIENT = KEY_REASONS | {ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE}
FOLD = re.compile(r"\n[ \t]+\|[ \t]?")  # sops wraps its lines behind a gutter
LINE = re.compile(r"yaml: (?:unmarshal errors:\s+)?line (\d{1,9})\b")
OLD_CONFIG_PANIC = re.compile(r"^panic: .*(?s:.*)cmd/sops/common\.new\w+Store", re.MULTILINE)
"""sops before 3.10 has no SOPS_CONFIG, and reads the one of the working directory."""
PLUGIN = re.compile(r"\bage-plugin-[a-z0-9-]{1,40}")
COMMAND = re.compile(r"failed to execute command .*", re.DOTALL)
COMMANDS = ("SOPS_AGE_KEY_CMD", "SOPS_AGE_SSH_PRIVATE_KEY_CMD")
CONFLICT = re.compile(rb"^(?:<{7}|={7}|>{7})(?: |\r?$)", re.MULTILINE)


def classify(returncode: int, stderr: str) -> tuple[ConfigReason, bool]:
    """Return the reason, and whether it may pass by itself."""
    if returncode < 0:  # killed by a signal, out of memory for one
        return ConfigReason.DECRYPTION_FAILED, True
    text = FOLD.sub(" ", stderr)
    for pattern, reason in PATTERNS.get(returncode, ()):
        if re.search(pattern, text, re.MULTILINE | re.IGNORECASE):
            return reason, reason in TRANSIENT
    return ConfigReason.DECRYPTION_FAILED, False


def refine(reason: ConfigReason, stderr: str, committed: bytes) -> ConfigReason:
    """Tell a file cut short from one that was never encrypted, or is wrong further up."""
    if reason not in {ConfigReason.NOT_ENCRYPTED, ConfigReason.INVALID_YAML}:
        return reason
    begins, line = block_line(committed), line_of(stderr)
    if reason is ConfigReason.NOT_ENCRYPTED or begins is None:
        cut = begins is not None or SEALED in committed
    else:
        cut = line is not None and line >= begins
    return ConfigReason.TRUNCATED_FILE if cut and not CONFLICT.search(committed) else reason


def line_of(stderr: str) -> int | None:
    found = LINE.search(stderr)
    return int(found[1]) if found else None


def explain(reason: ConfigReason, stderr: str, environ: Mapping[str, str]) -> str:
    """What else is known of a failure; empty where nothing is."""
    if OLD_CONFIG_PANIC.search(stderr):
        return "a .sops.yaml in or above the working directory is not valid; correct it"
    text = FOLD.sub(" ", stderr)
    if reason is ConfigReason.INTEGRITY_CHECK_FAILED:
        return "the file was changed without sops after it was encrypted"
    if reason is ConfigReason.KEY_SERVICE_NOT_ALLOWED:
        return "SOPS_HC_VAULT_ALLOWLIST does not contain this server"
    if reason is ConfigReason.DECRYPTION_TOOL_MISSING and (plugin := PLUGIN.search(text)):
        return f"{plugin[0]} is not on PATH; install this plugin of age"
    if reason not in KEY_REASONS:
        return ""
    if command := COMMAND.search(text):
        return f"the command in {_command(command[0], environ)} failed"
    return wrong_key_file(environ)


def _command(said: str, environ: Mapping[str, str]) -> str:
    """The variable whose command failed: sops before 3.12 names it, a newer one the command."""
    known = [name for name in COMMANDS if name in environ]
    return next((name for name in known if name in said), " or ".join(known))


def cannot_be_run(binary: str) -> ConfigError:
    """The error for a sops that is there and does not start."""
    message = f"the sops binary cannot be run: {binary}"
    return ConfigError(ConfigReason.DECRYPTION_TOOL_MISSING, message, transient=True)


def failed(
    reason: ConfigReason, returncode: int, stderr: str, *, transient: bool, detail: str = ""
) -> ConfigError:
    """Build the error: our title, and what is known, or else the exit code and a line number."""
    line = line_of(stderr) if reason is ConfigReason.INVALID_YAML else None
    title = CONFIG_ADVICE[reason]["en"].title
    end = f"exit code {returncode}" if returncode >= 0 else f"signal {-returncode}"
    place = f", near line {line}" if line else ""
    message = f"{title}: {detail or f'sops ended with {end}{place}'}"
    column = 1 if line else None  # sops names none
    return ConfigError(reason, message, transient=transient, line=line, column=column)
