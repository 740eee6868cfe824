"""`report`: for auditors, from the journal."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from bf_reconciler import __version__
from bf_reconciler.cli import options
from bf_reconciler.cli.api import Api
from bf_reconciler.cli.journals import checked, journal, remote_journal
from bf_reconciler.cli.output import note, print_line, say
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bf_reconciler.journal import Verified
    from bf_reconciler.journal.rows import Form
    from bf_reconciler.status.audit_report import Records

    Read = tuple[Verified, Records, datetime | None]

T = TypeVar("T")
Line = Mapping[str, Any]
DAYS = 30
COLUMNS = (
    *("type", "name", "from", "to", "what", "value", "by", "revision", "author", "signer"),
    *("file", "commit", "signed_by"),
)
"""Of CSV, and of the text: what the lines of every type have in common."""
TITLES: Mapping[str, Said] = {
    "declaration": Said("Declared", "Bildirilenler"),
    "exception": Said("Exceptions", "İstisnalar"),
    "attestation": Said("Attestations", "Beyanlar"),
    "rights": Said("What each key could do", "Her anahtarın yapabildikleri"),
    "key_change": Said("Changes of keys", "Anahtar değişiklikleri"),
    "halt": Said("Halts", "Durdurmalar"),
}
POLICY = Said("(policy)", "(politika)")
HEAD = Said("From {} to {}, UTC.", "{} ile {} arası, UTC.")
ALTERED = "The journal is not as it was written: run `bf-reconciler history --verify`."
LATER = "The journal begins on {}: what was before is not in the report."


@click.command("report")
@options.name_argument
@click.option(
    "--from",
    "first",
    type=click.DateTime(["%Y-%m-%d"]),
    help=f"First day, UTC; default: {DAYS} days before the last.",
)
@click.option(
    "--to",
    "last",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Last day, UTC; default: today.",
)
@options.url_option
@options.token_option
@options.state_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="Output format; json is one object per line.",
)
@options.lang_option
def command(  # noqa: PLR0913 # one argument per option
    *,
    name: str | None,
    first: datetime | None,
    last: datetime | None,
    url: str | None,
    token_file: Path | None,
    state_dir: Path | None,
    output: Literal["text", "json", "csv"],
    lang: Language,
) -> None:
    """Report to an auditor, from the journal, on NAME or on all connections.

    Who declared each key (commit, author, signature), what it could do on each day, exceptions
    from the policy, attestations, changes of keys, and halts and who made them. Reads the journal
    in --state-dir, beside the daemon, or that of the daemon at --url. It asks no exchange.
    """
    source = checked(url, token_file, state_dir)
    today = datetime.now(UTC).date()
    end = min(last.date(), today) if last is not None else today
    begin = first.date() if first is not None else end - timedelta(days=DAYS)
    if begin > end:
        raise click.UsageError("--from must not be after --to, or in the future")
    head, lines = _made(source, name, begin.isoformat(), end.isoformat())
    WRITERS[output](head, lines, lang)


def _made(source: Path | Api, name: str | None, begin: str, end: str) -> tuple[Line, list[Line]]:
    from datetime import date  # noqa: PLC0415 # as the rest of this

    from bf_reconciler.status.audit_report import report, window  # noqa: PLC0415 # no models

    read = _of_folder(source) if isinstance(source, Path) else _of_daemon(source)
    verified, records, began = read
    within = window(date.fromisoformat(begin), date.fromisoformat(end))
    if not verified.intact:
        note(ALTERED)
    if began is not None and began > within.start:
        note(LATER.format(f"{began:%Y-%m-%d}"))
    head = {
        "type": "report",
        "from": begin,
        "to": end,
        "name": name,
        "program": __version__,
        "intact": verified.intact,
        "begins": began.isoformat() if began is not None else None,
        "heads": [f"{t}:{end.row}:{end.digest.hex()}" for t, end in verified.heads.items()],
    }
    return head, list(report(records, within, name))


def _of_folder(folder: Path) -> "Read":
    from bf_reconciler.status.audit_report import gathered  # noqa: PLC0415 # help needs no models

    with journal(folder) as found:
        verified = found.verify()
        records = gathered(
            (each for _, each in found.declarations() if each is not None),
            (each for _, each in found.judgements() if each is not None),
            (each for _, each in found.transitions() if each is not None),
        )
        return verified, records, found.began()


def _of_daemon(api: Api) -> "Read":
    """The same, checked while it is read."""
    from bf_reconciler import journal as store  # noqa: PLC0415 # help needs no models
    from bf_reconciler.status.audit_report import gathered  # noqa: PLC0415

    def each(table: str, form: "Form[T]") -> "Iterator[T]":
        values = (form.read(row.text) for row in found.rows(table))
        return (value for value in values if value is not None)

    with remote_journal(api) as found:
        records = gathered(
            each("declarations", store.DECLARATION),
            each("judgements", store.JUDGEMENT),
            each("transitions", store.TRANSITION),
        )
        return found.verified(), records, found.began


def flat(line: Line) -> dict[str, str]:
    """What a line says, in the columns that lines of every type have."""
    found = dict.fromkeys(COLUMNS, "")
    for name in ("type", "name", "from", "to", "what", "value", "by", *COLUMNS[7:]):
        found[name] = str(line.get(name) or "")
    found["from"] = found["from"] or str(line.get("at", ""))
    more = MORE.get(str(line["type"]))
    return found | (more(line) if more is not None else {})


def _declaration(line: Line) -> dict[str, str]:
    fields = {k: v for k, v in line["declared"].items() if k != "name"}
    value = json.dumps(fields, ensure_ascii=False) if fields else ""
    return {"what": line["change"], "value": value}


def _rights(line: Line) -> dict[str, str]:
    words = [f"{word} (undocumented)" for word in line["undocumented"]]
    rights = ", ".join((*line["granted"], *words))
    bound = {True: "bound to addresses", False: "not bound to addresses"}.get(line["ip_bound"], "")
    listed = ", ".join(line["ips"] or ())
    value = "; ".join(text for text in (rights, bound, listed) if text)
    return {"what": f"withdraw: {line['withdraw']}", "value": value}


MORE: Mapping[str, Callable[[Line], dict[str, str]]] = {
    "declaration": _declaration,
    "attestation": lambda line: {"to": line["until"]},
    "rights": _rights,
    "key_change": lambda line: {
        "value": " -> ".join(filter(None, (line["before"], line["after"])))
    },
    "halt": lambda line: {
        "what": "halted" if line["halted"] else "resumed",
        "value": line["message"],
    },
}


def _json(head: Line, lines: Iterable[Line], _: Language) -> None:
    """One object per line."""
    for line in (head, *lines):
        print_line(line)


def _csv(_: Line, lines: Iterable[Line], __: Language) -> None:
    """With a heading. No cell begins as a formula of a spreadsheet would."""
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for line in lines:
        cells = {name: " ".join(value.split()) for name, value in flat(line).items()}
        writer.writerow({n: f"'{v}" if v[:1] in {*"=+-@"} else v for n, v in cells.items()})
    say(text.getvalue(), nl=False)


def _text(head: Line, lines: Iterable[Line], language: Language) -> None:
    from rich.text import Text  # noqa: PLC0415 # the others need no rich

    from bf_reconciler.cli import tables  # noqa: PLC0415

    rows = [flat(line) for line in lines]
    shown: list[Any] = [Text(HEAD.in_(language).format(head["from"], head["to"]), style="bold")]
    for kind, title in TITLES.items():
        of_kind = [row for row in rows if row["type"] == kind]
        if not of_kind:
            continue
        for row in of_kind:
            row["name"] = row["name"] or (POLICY.in_(language) if kind != "halt" else "-")
            row["from"], row["to"] = _short(row["from"]), _short(row["to"])
            if row["commit"] == row["revision"]:  # then they say the same twice
                row["commit"] = row["signed_by"] = ""
            row["revision"], row["commit"] = row["revision"][:12], row["commit"][:12]
        columns = {name: HEADINGS[name] for name in HEADINGS if any(row[name] for row in of_kind)}
        cells = [[row[name] for name in columns] for row in of_kind]
        table = tables.table(columns.values(), cells, language)
        shown += [Text(), Text(title.in_(language), style="bold"), table]
    tables.show(*shown)


HEADINGS = {
    "name": "Name",
    "from": "Time",
    "to": "Until",
    "what": "What",
    "value": "Message",
    "by": "By",
    "revision": "Revision",
    "author": "Author",
    "signer": "Signed by",
    "file": "File",
    "commit": "Commit",
    "signed_by": "Commit signed by",
}


def _short(moment: str) -> str:
    """A day as it is, a moment to the minute."""
    return f"{datetime.fromisoformat(moment):%Y-%m-%d %H:%MZ}" if "T" in moment else moment


WRITERS: Mapping[str, Callable[[Line, Iterable[Line], Language], None]] = {
    "text": _text,
    "json": _json,
    "csv": _csv,
}
