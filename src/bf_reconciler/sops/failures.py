"""Turns the exit code and messages of sops into one reason; its text is never repeated."""

import re

from bf_reconciler.facts.config import CONFIG_ADVICE, ConfigError, ConfigReason
from bf_reconciler.sops.metadata import SEALED, block_line

UNREACHABLE = (
    r"dial tcp|no such host|connection refused|connection reset|network is unreachable"
    r"|i/o timeout|TLS handshake timeout|deadline exceeded|Client\.Timeout|proxyconnect"
    r"|StatusCode: 5\d\d|Code: 5\d\d|Throttl|TooManyRequests|Vault is sealed"
)
# Exit codes of sops 3 (cmd/sops/codes). 1 and 128 each stand for many causes, so the text decides;
# where the text is not known, the safe reason is taken. First match wins within a code.
PATTERNS: dict[int, tuple[tuple[str, ConfigReason], ...]] = {
    1: (
        (r"sops metadata not found", ConfigReason.NOT_ENCRYPTED),
        (r"Error unmarshalling input yaml", ConfigReason.INVALID_YAML),
        (r"^parsing time |Version string empty", ConfigReason.TRUNCATED_FILE),
        (r"No Major\.Minor\.Patch elements found", ConfigReason.TRUNCATED_FILE),
        (r"No keys found in file", ConfigReason.NO_RECIPIENTS),
    ),
    2: (
        # a bare number where ENC[...] is due makes sops panic
        (r"^panic: interface conversion: .* not string", ConfigReason.PLAINTEXT_SECRET),
        (r"^Error reading file", ConfigReason.FILE_UNREADABLE),
    ),
    24: ((r"", ConfigReason.INTEGRITY_CHECK_FAILED),),
    25: (
        (r"does not match sops' data format", ConfigReason.PLAINTEXT_SECRET),
        (r"Could not decrypt value", ConfigReason.CIPHERTEXT_CORRUPT),
    ),
    51: ((r"", ConfigReason.INTEGRITY_CHECK_FAILED),),
    52: ((r"", ConfigReason.INTEGRITY_CHECK_FAILED),),
    100: ((r"", ConfigReason.FILE_NOT_FOUND),),
    111: ((r"", ConfigReason.NO_RECIPIENTS),),
    126: ((r"", ConfigReason.DECRYPTION_TOOL_MISSING),),  # of a shell: cannot be run
    127: ((r"", ConfigReason.DECRYPTION_TOOL_MISSING),),  # of a shell: not found
    128: (
        # One line per key that was tried. A service that may come back outweighs the rest, for
        # waiting costs nothing; missing cloud credentials do not, for a file that names several
        # kinds of keys is most often opened with the local one.
        (
            UNREACHABLE,
            ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE,
        ),
        (r"identity did not match any of the recipients", ConfigReason.DECRYPTION_KEY_MISMATCH),
        (r"illegal base64|age header|invalid armor", ConfigReason.CIPHERTEXT_CORRUPT),
        (r"corrupted or tampered|bad header MAC|parse header", ConfigReason.CIPHERTEXT_CORRUPT),
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
FOLD = re.compile(r"\n[ \t]+\|[ \t]?")  # sops wraps its lines behind a gutter
LINE = re.compile(r"yaml: (?:unmarshal errors:\s+)?line (\d{1,9})\b")
CONFLICT = re.compile(rb"^(?:<{7}|={7}|>{7})(?: |\r?$)", re.MULTILINE)


def classify(returncode: int, stderr: str) -> tuple[ConfigReason, bool]:
    """Return the reason, and whether it may pass by itself."""
    if returncode < 0:  # killed by a signal, out of memory for one
        return ConfigReason.DECRYPTION_FAILED, True
    text = FOLD.sub(" ", stderr)
    for pattern, reason in PATTERNS.get(returncode, ()):
        if re.search(pattern, text, re.MULTILINE | re.IGNORECASE):
            return reason, reason is ConfigReason.DECRYPTION_PROVIDER_UNAVAILABLE
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


def failed(reason: ConfigReason, returncode: int, stderr: str, *, transient: bool) -> ConfigError:
    """Build the error: our title, the exit code, and a line number where the text is at fault."""
    line = line_of(stderr) if reason is ConfigReason.INVALID_YAML else None
    title = CONFIG_ADVICE[reason]["en"].title
    end = f"exit code {returncode}" if returncode >= 0 else f"signal {-returncode}"
    place = f", near line {line}" if line else ""
    message = f"{title}: sops ended with {end}{place}"
    column = 1 if line else None  # sops names none
    return ConfigError(reason, message, transient=transient, line=line, column=column)
