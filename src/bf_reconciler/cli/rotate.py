"""`rotate`: the next key of a connection takes the place of the current one, once it complies."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from bf_reconciler.cli import completions, options, reading, suggest
from bf_reconciler.cli.file_options import FileOptions, host_option, key_service_option
from bf_reconciler.cli.output import fail, leave, note, print_json, say
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from bf_reconciler.authoring.rotation import Promoted

Row = dict[str, Any]
Life = Literal["alive", "dead", "unknown"]
LABELS = {"next": Said("next", "yeni"), "current": Said("current", "şimdiki")}
HOW_TO_ADD = Said(
    "Add them with `bf-reconciler edit {}`: `next: {{api_key: ..., secret: ...}}` beside"
    " `credentials`.",
    "`bf-reconciler edit {}` ile ekleyin: `credentials` yanına `next: {{api_key: ..., secret:"
    " ...}}`.",
)
REFUSED = Said(
    "The next key {} does not comply, so it is not promoted; {} was not changed.",
    "Yeni anahtar {} kurallara uymuyor, yürürlüğe konmadı; {} değişmedi.",
)
TESTED = Said(
    "The next key {} complies; {} was not changed (--check).",
    "Yeni anahtar {} kurallara uyuyor; {} değişmedi (--check).",
)
DONE = Said(
    "{}: {} has its next key {} now, encrypted",
    "{}: {} artık yeni anahtarını kullanıyor: {}, şifreli",
)
SEALED = Said(" and sealed", " ve mühürlü")
LIVES = {
    "alive": Said(
        "The old key {} is still alive: both keys are valid now{}. Commit the file, wait until the"
        " daemon shows {} as Online, then delete the old key at the exchange.",
        "Eski anahtar {} hâlâ geçerli: şu anda iki anahtar da geçerli{}. Dosyayı kaydedin, daemon"
        " {} bağlantısını Online gösterince eski anahtarı borsada silin.",
    ),
    "dead": Said(
        "The old key {} is dead: the exchange refuses it{}. Commit the file now: the daemon can use"
        " {} only with the new key.",
        "Eski anahtar {} ölü: borsa onu reddediyor{}. Dosyayı şimdi kaydedin: daemon {}"
        " bağlantısını ancak yeni anahtarla kullanabilir.",
    ),
    "unknown": Said(
        "Whether the old key {} is still alive could not be seen{}: treat it as alive. Commit the"
        " file, wait until the daemon shows {} as Online, then delete the old key at the exchange.",
        "Eski anahtarın ({}) hâlâ geçerli olup olmadığı görülemedi{}: geçerli sayın. Dosyayı"
        " kaydedin, daemon {} bağlantısını Online gösterince eski anahtarı borsada silin.",
    ),
}
SINCE = Said(", since {}", ", {} tarihinden beri")
UNTIL = Said(", until {}", ", {} tarihine kadar")


@click.command("rotate")
@click.argument("name", shell_complete=completions.of_daemon)
@options.file_option
@click.option("--check", is_flag=True, help="Test both keys and change nothing.")
@host_option
@key_service_option
@options.sops_option
@options.output_option
@options.lang_option
def command(  # noqa: PLR0913 # one argument per option
    *,
    name: str,
    file: Path,
    check: bool,
    allow_host: tuple[str, ...],
    allow_key_service: tuple[tuple[str, str], ...],
    sops_binary: Path | None,
    output: Literal["table", "json"],
    lang: Language,
) -> None:
    """Replace the credentials of connection NAME with those under `next`, once they comply.

    Tests the next key first, then the current one. If the next key is Online or Degraded, it takes
    the place of the current one in the file, through sops and sealed; otherwise the file stays
    unchanged. Says whether the old key is still alive, and from when to when both are valid.
    Exit codes are those of `test` for the next key.
    """
    chosen = FileOptions(
        allow_host=allow_host, allow_key_service=allow_key_service, sops_binary=sops_binary
    )
    content = reading.content(file, chosen)
    name = _known(content, name)
    new = _promoted(file, content, name, chosen, lang)
    rows = {
        "next": _tested(file, new.content, name, chosen, lang),
        "current": _tested(file, content, name, chosen, lang),
    }
    from bf_reconciler.cli import test  # noqa: PLC0415 # help needs no models

    code = test.verdict([rows["next"]["status"]])
    if code == 0 and not check:
        _write(file, content, new)
    if output == "json":
        print_json(_data(name, rows, done=code == 0 and not check))
    else:
        _show(file, name, rows, new, lang, code=code, check=check)
    leave(code)


def _known(content: bytes, name: str) -> str:
    """The connection of this name, in any case; or the end of the verb."""
    from bf_reconciler import document  # noqa: PLC0415 # help needs no models

    names = list(document.names(content, "connections"))
    found = next((each for each in names if each.casefold() == name.casefold()), None)
    if found is None:
        fail(suggest.unknown("connection", name, names))
    return found


def _promoted(
    file: Path, content: bytes, name: str, chosen: FileOptions, lang: Language
) -> "Promoted":
    from bf_reconciler.authoring.rotation import (  # noqa: PLC0415 # help needs no models
        RotationError,
        promoted,
    )
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415

    try:
        settings = reading.sops_settings(chosen)
        return asyncio.run(promoted(content, name, settings, chosen.rules))
    except RotationError as error:
        fail(f"{error}. {HOW_TO_ADD.in_(lang).format(file)}")
    except ConfigError as error:
        message = error.message.replace("FILE", str(file))
        fail(message if str(file) in message else f"{file}: {message}")


def _tested(file: Path, content: bytes, name: str, chosen: FileOptions, lang: Language) -> Row:
    """The connection after one test, from an encrypted copy that is not in place."""
    from bf_reconciler import sops  # noqa: PLC0415 # as below
    from bf_reconciler.cli import test  # noqa: PLC0415 # help needs no rich
    from bf_reconciler.cli.run_settings import refusal, settings  # noqa: PLC0415
    from bf_reconciler.daemon.check import RefusedError, check  # noqa: PLC0415
    from bf_reconciler.status import present  # noqa: PLC0415

    with sops.private_folder() as folder:
        copy = folder / file.name
        copy.write_bytes(content)
        configured = settings(copy, chosen=chosen, lang=lang)
        try:
            with test.progress() as tell:
                status = asyncio.run(check(configured, [name], tell))
        except RefusedError as error:
            fail(refusal(error.config, file, lang))
    (row,) = present(status, lang)["connections"]
    found: Row = row
    return found


def _write(file: Path, content: bytes, new: "Promoted") -> None:
    from bf_reconciler.facts import ConfigError  # noqa: PLC0415 # help needs no models
    from bf_reconciler.seals import replace_file  # noqa: PLC0415

    try:
        replace_file(file, content, new.content)
    except ConfigError as error:
        fail(f"{file}: {error.message}")


def life(row: Row) -> Life:
    """Whether the exchange lets a key in, as its last test says."""
    truths = {each["type"]: each["status"] for each in row["conditions"]}
    lives: dict[str | None, Life] = {"True": "alive", "False": "dead"}
    return lives.get(truths.get("Authenticated"), "unknown")


def _data(name: str, rows: dict[str, Row], *, done: bool) -> Row:
    return {
        "name": name,
        "promoted": done,
        **rows,
        "overlap": {
            "current": life(rows["current"]),
            "since": rows["next"]["key"]["created_at"],
            "until": rows["current"]["key"]["expires_at"],
        },
    }


def _show(  # all that is told
    file: Path,
    name: str,
    rows: dict[str, Row],
    new: "Promoted",
    lang: Language,
    *,
    code: int,
    check: bool,
) -> None:
    from bf_reconciler.cli import tables  # noqa: PLC0415 # JSON needs no rich
    from bf_reconciler.cli.file_plan import show_commit  # noqa: PLC0415

    named = [{**row, "name": LABELS[which].in_(lang)} for which, row in rows.items()]
    tables.show(tables.connections(named, lang))
    key = rows["next"]["api_key"]
    if code:
        note(REFUSED.in_(lang).format(key, file))
        return
    if check:
        say(TESTED.in_(lang).format(key, file))
        return
    more = SEALED.in_(lang) if new.sealed else ""
    say(DONE.in_(lang).format(file, name, key) + more)
    old = rows["current"]
    state = life(old)
    overlap = _overlap(rows, lang) if state != "dead" else ""
    say(LIVES[state].in_(lang).format(old["api_key"], overlap, name))
    show_commit(file, f"Rotate the key of {name}", lang)


def _overlap(rows: dict[str, Row], lang: Language) -> str:
    """From when to when both are valid, as far as the exchange tells."""
    from bf_reconciler.cli.tables import moment  # noqa: PLC0415 # JSON needs no rich

    since, until = rows["next"]["key"]["created_at"], rows["current"]["key"]["expires_at"]
    return "".join(
        said.in_(lang).format(moment(when))
        for said, when in ((SINCE, since), (UNTIL, until))
        if when
    )
