"""`certify`: what an exchange really answers, in one file without anything of its owner's."""
# ruff: noqa: RUF001  (Turkish has a dotless i; it is a letter here, not a look-alike)

import asyncio
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bf_reconciler.cli import completions, options, private_file, suggest
from bf_reconciler.cli.file_options import FileOptions, file_options
from bf_reconciler.cli.output import fail, note, say
from bf_reconciler.cli.run_settings import refusal, settings
from bf_reconciler.facts import Language, Said

if TYPE_CHECKING:
    from bf_reconciler.daemon.certify import Certified
    from bf_reconciler.probe.bundle import Bundle

SHOWN = Said(
    "This is all that is kept. Keys, addresses, identifiers, notes and amounts are replaced by "
    "others of the same form; times keep their day.",
    "Saklanacakların tümü budur. Anahtarlar, adresler, kimlikler, notlar ve tutarlar aynı biçimde "
    "başkalarıyla değiştirildi; zamanların yalnızca günü kaldı.",
)
ASK = Said("Write it to {}?", "{} dosyasına yazılsın mı?")
WRITTEN = Said(
    "Wrote {}. Review it, and send it to the project: `docs/certify.md` says how.",
    "{} yazıldı. Gözden geçirip projeye gönderin: nasıl olacağı `docs/certify.md` içinde.",
)
DECLINED = Said("nothing was written", "hiçbir şey yazılmadı")
UNANSWERED = Said("No answer to: {}.", "Yanıtsız kalan: {}.")
DIFFERS = Said(
    "What is kept reads otherwise than what was answered, in: {}. Say so when you send it.",
    "Saklanan, şurada verilen yanıttan başka okunuyor: {}. Gönderirken bunu belirtin.",
)
OTHER_HOST = Said(
    "The exchange was asked through another host (a gateway, or a simulator); the bundle says so.",
    "Borsaya başka bir ana bilgisayardan (geçit ya da simülatör) soruldu; bu, pakette yazılı.",
)


@click.command("certify")
@options.file_argument
@click.argument("name", shell_complete=completions.of_file("connections"))
@click.option("-y", "--yes", is_flag=True, help="Write the bundle without asking.")
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="BUNDLE",
    help="File to write; default: EXCHANGE-DATE.json in this directory.",
)
@file_options
@options.lang_option
def command(
    *,
    file: Path,
    name: str,
    yes: bool,
    to: Path | None,
    chosen: FileOptions,
    lang: Language,
) -> None:
    """Ask the exchange of connection NAME once, and keep its answers as a bundle.

    The bundle holds no credential, address, identifier, note or amount; permissions, flags, error
    codes and the form of every value are kept. It is shown before it is written. No order is
    placed and nothing is changed. `replay` reads it. Exit code 1: nothing was written.
    """
    from bf_reconciler.daemon.certify import NothingToKeepError, certify  # noqa: PLC0415 # help needs no exchange
    from bf_reconciler.daemon.check import RefusedError, UnknownNameError  # noqa: PLC0415
    from bf_reconciler.daemon.start_error import StartError  # noqa: PLC0415

    try:
        found = asyncio.run(certify(settings(file, chosen=chosen, lang=lang), name))
    except RefusedError as error:
        fail(refusal(error.config, file, lang))
    except UnknownNameError as error:
        fail(suggest.unknown("connection", error.name, error.known))
    except (StartError, NothingToKeepError) as error:
        fail(str(error))
    text = found.bundle.text()
    say(text, nl=False)
    for said in _remarks(found, lang):
        note(said)
    path = to or _free(found.bundle)
    if not yes and not _agreed(ASK.in_(lang).format(path)):
        fail(DECLINED.in_(lang))
    _write(path, text)
    note(WRITTEN.in_(lang).format(path))


def _remarks(found: "Certified", lang: Language) -> list[str]:
    told = [SHOWN.in_(lang)]
    if found.unanswered:
        named = ", ".join(f"{question} ({reason})" for question, reason in found.unanswered)
        told.append(UNANSWERED.in_(lang).format(named))
    if found.differs:
        told.append(DIFFERS.in_(lang).format(", ".join(found.differs)))
    if found.bundle.host is None:
        told.append(OTHER_HOST.in_(lang))
    return told


def _agreed(question: str) -> bool:
    """Nobody there to answer is a no."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        return False


def _free(bundle: "Bundle") -> Path:
    """A name that no file has."""
    stem = f"{bundle.exchange}-{bundle.at:%Y-%m-%d}"
    names = (Path(f"{stem}-{number}.json" if number > 1 else f"{stem}.json") for number in count(1))
    return next(path for path in names if not path.exists())


def _write(path: Path, text: str) -> None:
    """A new file for its owner alone; what stands there stays."""
    try:
        private_file.write_new(path, text.encode())
    except OSError as error:
        fail(f"cannot write {path}: {error.strerror}")
