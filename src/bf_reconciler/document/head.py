"""The file but for its two lists: version, halt, policy, defaults, runtimes."""

from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from bf_reconciler.document.messages import problems
from bf_reconciler.document.nodes import Node, render, walk
from bf_reconciler.document.sealed import is_sealed
from bf_reconciler.facts import DEFAULT_RULES, ConfigReason, Problem, Rules
from bf_reconciler.spec import LOCAL, File, foreign_urls, is_overheard

VERSION: Final = 1


@dataclass(slots=True)
class Head:
    """The sections that hold for every entry. Where one is wrong, nothing can be taken.

    ``foreign``: the file is of another version, and nothing else can be said of it.
    ``flawed``: the shape of a section is wrong. ``unchecked``: a section is encrypted and was not
    decrypted, so that the defaults stand for all of them.
    """

    file: File | None = None
    problems: list[Problem] = field(default_factory=list)
    foreign: bool = False
    flawed: bool = False
    unchecked: bool = False


def read_head(
    root: Node,
    data: dict[str, Any],
    rules: Rules = DEFAULT_RULES,
    *,
    opaque: bool,
    in_folder: bool = False,
) -> Head:
    """Validate everything but the entries of the lists; in a folder, a file may have none."""
    head = Head()
    lists = {key: () for key in ("connections", "strategies") if isinstance(data.get(key), list)}
    sections = {**({"connections": ()} if in_folder else {}), **data, **lists}
    version = root.child("version")
    if version is not None:
        sections["version"] = VERSION
        if type(version.value) is not int or version.value != VERSION:
            message = (
                "is encrypted; encrypt only credentials, with encrypted_regex in .sops.yaml"
                if is_sealed(version.value)
                else f"unsupported version; use version: {VERSION}"
            )
            head.problems.append(Problem(*version.spot, "version", message))
            head.foreign = type(version.value) is int
    try:
        head.file = File.model_validate(sections)
    except ValidationError as error:
        told = list(problems(error, File, root, (), opaque=opaque))
        head.problems += told
        if all(problem.severity == "warning" for problem in told):
            head.file, head.unchecked = File(version=VERSION, connections=()), True
        return head
    if not head.file.runtimes:
        head.file = head.file.model_copy(update={"runtimes": (LOCAL,)})
    _runtimes(head, head.file, root)
    _hosts(head, head.file, root, rules)
    return head


def _runtimes(head: Head, file: File, root: Node) -> None:
    """Two runtimes of one name: a strategy could run on either."""
    seen: set[str] = set()
    for index, runtime in enumerate(file.runtimes):
        if runtime.name in seen:
            node, path = walk(root, ("runtimes", index, "name"))
            message = "duplicate name"
            head.problems.append(Problem(*node.spot, render(path), message))
        seen.add(runtime.name)


def _hosts(head: Head, file: File, root: Node, rules: Rules) -> None:
    """A runtime is sent its secret: only to this machine, and to what a flag allows."""
    for index, runtime in enumerate(file.runtimes):
        for key in foreign_urls(runtime, rules.hosts):
            node, path = walk(root, ("runtimes", index, key))
            message = "not a host of this machine; allow it with --allow-host HOST"
            reason = ConfigReason.HOST_NOT_ALLOWED
            head.problems.append(Problem(*node.spot, render(path), message, "error", reason))
        if is_overheard(getattr(runtime, "url", "")):
            node, path = walk(root, ("runtimes", index, "url"))
            message = "the password goes over the network unencrypted; use https://, or loopback"
            head.problems.append(Problem(*node.spot, render(path), message, "warning"))
