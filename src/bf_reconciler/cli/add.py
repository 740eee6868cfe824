"""`add`: one more connection, tested before it is written."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import asyncio
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from bf_reconciler.cli import options, prompts, reading, suggest
from bf_reconciler.cli.file_options import FileOptions, host_option, key_service_option
from bf_reconciler.cli.output import fail, leave, note, say
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from bf_reconciler.authoring.entry import Added

MOST: Final = 64 * 1024
LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
WRITE: Final = Said("Write {}?", "{} yazılsın mı?")
UNCHANGED: Final = Said(
    "{} was not changed; --yes writes it anyway.", "{} değişmedi; --yes yine de yazar."
)
ADDED: Final = Said("{}: added {}, encrypted and sealed", "{}: {} eklendi, şifreli ve mühürlü")
REPLACED: Final = Said(
    "It is in the place of the example; set `enabled: true` on its strategy when ready.",
    "Örneğin yerini aldı; hazır olunca stratejisinde `enabled: true` yapın.",
)
FLAGS: Final = ("environment", "region", "account", "endpoint")
Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """How it is decided: on a terminal by a person, elsewhere by the result of the test."""

    terminal: bool
    yes: bool
    test: bool
    lang: Language


@click.command("add")
@click.argument("exchange")
@options.file_option
@click.option("--name", help="Name of the connection: exchange, account, purpose.")
@click.option("--account", help="Main account, or which sub-account.")
@click.option("--environment", help="live, testnet or demo.")
@click.option("--region", help="Entity of the exchange that the key is from, such as eu.")
@click.option("--endpoint", help="Another base URL.")
@click.option("--market", "markets", multiple=True, help="spot, margin or futures. Repeatable.")
@click.option(
    "--egress-ip",
    "egress_ips",
    multiple=True,
    metavar="ADDRESS",
    help="Address that must be on the key's allowlist. Repeatable.",
)
@click.option(
    "--credentials-fd",
    type=click.IntRange(0),
    metavar="FD",
    help="File descriptor to read the credentials from; without a terminal, standard input.",
)
@click.option("--test/--no-test", default=True, help="Test the connection before it is written.")
@click.option("--yes", is_flag=True, help="Write without asking, whatever the test shows.")
@host_option
@key_service_option
@options.sops_option
@options.lang_option
def command(  # noqa: PLR0913 # one argument per option
    *,
    exchange: str,
    file: Path,
    name: str | None,
    markets: tuple[str, ...],
    egress_ips: tuple[str, ...],
    credentials_fd: int | None,
    test: bool,
    yes: bool,
    allow_host: tuple[str, ...],
    allow_key_service: tuple[tuple[str, str], ...],
    sops_binary: Path | None,
    lang: Language,
    **flags: str | None,
) -> None:
    """Add a connection to EXCHANGE: test its key, show the plan, write it encrypted and sealed.

    On a terminal, asks for what is missing; credentials are not shown. Elsewhere, reads them from
    standard input or --credentials-fd: a line each (API key, secret, passphrase), a YAML or JSON
    mapping, or a file with one connection. Nothing is written unless the connection is Online or
    Degraded, you confirm it, or --yes is given. Exit codes are those of `test`.
    """
    from bf_reconciler.authoring.entry import EntryError, entry  # noqa: PLC0415 # help needs no models

    chosen = FileOptions(
        allow_host=allow_host, allow_key_service=allow_key_service, sops_binary=sops_binary
    )
    _require_known(exchange)
    if not file.exists():
        fail(f"{file}: there is no such file; `bf-reconciler init DIR` creates a folder with one")
    content = reading.content(file, chosen)
    terminal = sys.stdin.isatty() and credentials_fd is None
    given: Fields = {word: value for word in FLAGS if (value := flags[word]) is not None}
    given |= {"markets": list(markets)} if markets else {}
    given |= {"egress_ips": list(egress_ips)} if egress_ips else {}
    try:
        if terminal:
            given = _asked(exchange, name, content) | given
        else:
            given = _read(exchange, credentials_fd) | given
            given["name"] = name or given.get("name") or f"{exchange}-main"
        added = _added(file, content, entry(exchange, given), chosen)
    except EntryError as error:
        fail(str(error))
    _decide(file, content, added, Asking(terminal, yes, test, lang), chosen)


def _require_known(exchange: str) -> None:
    from bf_reconciler.exchanges import EXCHANGES  # noqa: PLC0415 # help needs no rows

    if exchange not in EXCHANGES:
        fail(suggest.unknown_exchange(exchange, EXCHANGES))


def _asked(exchange: str, name: str | None, content: bytes) -> Fields:
    """What a person types."""
    from bf_reconciler import document  # noqa: PLC0415 # help needs no models
    from bf_reconciler.exchanges import EXCHANGES  # noqa: PLC0415

    row, taken = EXCHANGES[exchange], set(document.names(content, "connections"))

    def usable(value: str) -> str:
        if not LABEL.fullmatch(value):
            raise click.BadParameter("lower-case letters, digits and inner hyphens, 63 at most")
        if value in taken:
            raise click.BadParameter("the file has a connection of this name")
        return value

    note(f"How to create the key: bf-reconciler exchanges {exchange}")
    if name is None:
        name = click.prompt("Name", f"{exchange}-main", value_proc=usable, err=True)
    labels = {"api_key": "API key", "secret": "Secret", "passphrase": "Passphrase"}
    hidden = {
        word: prompts.secret(f"{labels[word]} (not shown)") for word in row.signing.credentials
    }
    return {"name": name, "credentials": hidden}


def _read(exchange: str, descriptor: int | None) -> Fields:
    """What stands on standard input, or comes from another descriptor."""
    from bf_reconciler.authoring.entry import EntryError, given_fields  # noqa: PLC0415 # no models

    try:
        with open(descriptor or 0, "rb", closefd=False) as source:  # a descriptor
            given = source.read(MOST + 1)
    except OSError as error:
        fail(f"the credentials cannot be read: {error.strerror}")
    if len(given) > MOST:
        raise EntryError("the credentials are too long")
    return given_fields(given, exchange)


def _added(file: Path, content: bytes, new: Fields, chosen: FileOptions) -> "Added":
    from bf_reconciler.authoring.entry import add  # noqa: PLC0415 # help needs no models
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415

    try:
        return asyncio.run(add(content, new, reading.sops_settings(chosen), chosen.rules))
    except ConfigError as error:
        fail(error.message.replace("FILE", str(file)))


def _decide(
    file: Path, content: bytes, added: "Added", asking: Asking, chosen: FileOptions
) -> None:
    from bf_reconciler.cli.file_plan import show_commit, show_plan  # noqa: PLC0415 # no models
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415
    from bf_reconciler.seals import replace_file  # noqa: PLC0415

    for problem in added.after.problems:
        if problem not in added.before.problems:
            note(problem.render(str(file)))
    code = _tested(file, added, asking.lang, chosen) if asking.test else 0
    show_plan(added.before, added.after, asking.lang)
    if asking.terminal and not asking.yes:
        click.confirm(WRITE.in_(asking.lang).format(file), default=code == 0, abort=True, err=True)
    elif code and not asking.yes:
        note(UNCHANGED.in_(asking.lang).format(file))
        leave(code)
    try:
        replace_file(file, content, added.content)
    except ConfigError as error:
        fail(f"{file}: {error.message}")
    say(ADDED.in_(asking.lang).format(file, added.name))
    if added.replaced:
        say(REPLACED.in_(asking.lang))
    show_commit(file, f"Add {added.name}", asking.lang)
    leave(code)


def _tested(file: Path, added: "Added", lang: Language, chosen: FileOptions) -> int:
    """Test the new connection, from a copy of the encrypted file that is not in place yet."""
    from bf_reconciler import sops  # noqa: PLC0415 # as below
    from bf_reconciler.cli import tables, test  # noqa: PLC0415 # help needs no rich
    from bf_reconciler.cli.run_settings import refusal, settings  # noqa: PLC0415
    from bf_reconciler.daemon.check import RefusedError, check  # noqa: PLC0415
    from bf_reconciler.status import present  # noqa: PLC0415

    with sops.private_folder() as folder:
        copy = folder / file.name
        copy.write_bytes(added.content)
        configured = settings(copy, chosen=chosen, lang=lang)
        try:
            with test.progress() as tell:
                status = asyncio.run(check(configured, [added.name], tell))
        except RefusedError as error:
            fail(refusal(error.config, file, lang))
    rows = present(status, lang)["connections"]
    tables.show(tables.connections(rows, lang))
    return test.verdict([row["status"] for row in rows])
