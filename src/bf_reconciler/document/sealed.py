"""Encrypted values: which texts are sealed, and what stands in them.

Everything but sealed texts is taken from the committed file, since sops rewrites numbers, dates
and booleans on its way.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bf_reconciler.document.nodes import Node, Path, Step, render
from bf_reconciler.facts import ConfigReason, Problem, Severity
from bf_reconciler.spec import CREDENTIAL

EXPOSED: Final = (
    "credential in plain text; replace it at the exchange, then use `bf-reconciler edit`"
)
CUT: Final = "an encrypted value that is cut; take the line from the last good commit"
EXPOSED_LOGIN: Final = (
    "a proxy's password in plain text; change it, and add proxy to encrypted_regex of .sops.yaml"
)
SEALED = "ENC[AES256_GCM,"
OPAQUE: Final = object()
"""In place of the decrypted file where nothing was decrypted."""
MISSING: Final = object()
MAX_PLAINTEXT: Final = 1000
"""Credentials in plain text that are told one by one."""
TYPED: Final[Mapping[str, Any]] = {"int": 0, "float": 0.0, "bool": False}
"""Stand-ins for sealed values that were no texts, so that their type can be checked."""


def is_sealed(value: object) -> bool:
    """True for a text as sops writes it."""
    return isinstance(value, str) and value.startswith(SEALED) and value.endswith("]")


def is_cut(value: object, *, credential: bool) -> bool:
    """True for a text that begins as sops writes it, and does not end so: its end is lost.

    Where a credential must stand, the first letters are enough.
    """
    if not isinstance(value, str):
        return False
    if credential:
        return value.startswith(SEALED[:4]) or value in {"E", "EN", "ENC"}
    return value.startswith(SEALED)


def sealed_type(value: str) -> str:
    """What the value was before it was sealed: str, int, float, bool, time."""
    return value.rpartition("type:")[2].rstrip("]")


def has_login(value: object) -> bool:
    """Whether a URL names a user: what stands before the ``@`` is a credential."""
    try:
        return isinstance(value, str) and "@" in urlsplit(value).netloc
    except ValueError:
        return False


class Unsealing:
    """One pass over the tree that yields its plain values, and tells of credentials."""

    def __init__(self, *, allow_plaintext: bool) -> None:
        self.problems: list[tuple[Path, Problem]] = []
        self.plaintext: list[Problem] = []
        self.plaintext_count = 0
        self.sealed: list[Path] = []
        self._severity: Severity = "warning" if allow_plaintext else "error"
        self._path: list[Step] = []

    def plain(self, node: Node, clear: object, *, credential: bool = False) -> Any:  # noqa: ANN401 # any YAML
        """The plain value of a node; ``clear`` is what stands there in the decrypted file."""
        value = node.value
        if isinstance(value, dict):
            beside = clear if isinstance(clear, Mapping) else None
            return {
                key: self._under(
                    key,
                    child,
                    beside.get(key, MISSING) if beside is not None else _beyond(clear),
                    credential=credential or CREDENTIAL.fullmatch(key) is not None,
                )
                for key, child in value.items()
            }
        if isinstance(value, list):
            return [
                self._under(
                    index,
                    child,
                    clear[index]
                    if isinstance(clear, list) and index < len(clear)
                    else _beyond(clear),
                    credential=credential,
                )
                for index, child in enumerate(value)
            ]
        if isinstance(value, str) and is_sealed(value):
            return self._unsealed(node, value, clear)
        if is_cut(value, credential=credential):
            self._add_problem(node, CUT, ConfigReason.CIPHERTEXT_CORRUPT)
            return value
        if credential and value is not None and str(value).strip():
            self._plaintext(node, EXPOSED)
        elif self._path[-1:] == ["proxy"] and has_login(value):
            self._plaintext(node, EXPOSED_LOGIN)
        return value

    def _under(self, step: Step, child: Node, clear: object, *, credential: bool) -> Any:  # noqa: ANN401
        self._path.append(step)
        try:
            return self.plain(child, clear, credential=credential)
        finally:
            self._path.pop()

    def _unsealed(self, node: Node, value: str, clear: object) -> Any:  # noqa: ANN401
        self.sealed.append(tuple(self._path))
        if sealed_type(value) == "time":  # sops gives it back as another text
            self._add_problem(node, "was encrypted as a date; quote it before you encrypt it")
        if clear is OPAQUE:
            return TYPED.get(sealed_type(value), value)
        if clear is MISSING or isinstance(clear, Mapping | list):
            self._add_problem(node, "this encrypted value is missing from the decrypted file")
            return None
        if is_sealed(clear):
            self._add_problem(node, "encrypted twice; decrypt it and encrypt it once")
        return clear

    def _add_problem(
        self, node: Node, message: str, reason: ConfigReason = ConfigReason.INVALID_DOCUMENT
    ) -> None:
        path = tuple(self._path)
        self.problems.append((path, Problem(*node.spot, render(path), message, reason=reason)))

    def _plaintext(self, node: Node, message: str) -> None:
        self.plaintext_count += 1
        if self.plaintext_count > MAX_PLAINTEXT:
            return
        self.plaintext.append(
            Problem(
                *node.spot,
                render(tuple(self._path)),
                message,
                self._severity,
                ConfigReason.PLAINTEXT_SECRET,
            )
        )


def _beyond(clear: object) -> object:
    return OPAQUE if clear is OPAQUE else MISSING
