"""The group of verbs: each is imported only when it is asked for."""

import errno
import gc
import sys
from collections.abc import Sequence
from importlib import import_module
from io import StringIO
from traceback import format_tb
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from bf_reconciler import __version__
from bf_reconciler.cli.streams import prepare

PROGRAM = "bf-reconciler"
INTERRUPTED = 130
UNEXPECTED = (
    "unexpected error, a fault of this program. Report the lines above: they name places in its"
    " code, and hold no value of yours"
)
YOUNG = 100_000
"""So many new objects before garbage is looked for: nearly all that imports make stays."""
UNWRITABLE = frozenset({errno.ENOSPC, errno.EIO, errno.EDQUOT})
VERBS = {
    "init": "Create a repository for the file.",
    "add": "Add a connection: test its key, then write it encrypted.",
    "edit": "Edit the encrypted file; check and seal what is saved.",
    "run": "Run the daemon.",
    "validate": "Check a file offline: schema, references, encryption, names.",
    "rotate": "Replace a key with the next one, once that complies.",
    "seal": "Seal a file, so that nothing in it can be moved without its key.",
    "plan": "Show what a file would change, without applying it.",
    "test": "Test each connection once and show how to fix it.",
    "certify": "Ask an exchange once and keep its redacted answers.",
    "replay": "Show what kept answers mean, or judge a journal again.",
    "status": "Show the current status.",
    "explain": "Explain why a connection or strategy is as it is.",
    "history": "Show what changed and when.",
    "report": "Report on keys, exceptions and halts to an auditor.",
    "halt": "Turn off every strategy at once.",
    "resume": "End the halt, or let one strategy run again.",
    "drill": "Try the alarm: measure until the message about a canary arrives.",
    "schema": "Print the JSON Schema of the file, for editors.",
    "exchanges": "Show what each exchange reports, and how to create a key.",
    "simulate": "Run the exchange simulator.",
    "demo": "Run a demo on simulated exchanges.",
    "completion": "Print the shell completion script.",
}
"""Each verb is the ``command`` in the module of the same name."""


class Verbs(click.Group):
    """Verbs that are imported only when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 # click's signature
        return list(VERBS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 # click's signature
        cmd_name: str,
    ) -> click.Command | None:
        name = cmd_name.casefold()
        if name not in VERBS:
            return None
        module = import_module(f"bf_reconciler.cli.{name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            from bf_reconciler.cli.suggest import unknown  # noqa: PLC0415 # only for a mistake

            ctx.fail(unknown("command", name, VERBS))
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 # click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """From the table above: help imports no verb."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        verbs = [
            CompletionItem(name, help=text)
            for name, text in VERBS.items()
            if name.startswith(incomplete)
        ]
        return verbs + click.Command.shell_complete(self, ctx, incomplete)


@click.group(
    cls=Verbs,
    subcommand_metavar="COMMAND [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name=PROGRAM)
def cli() -> None:
    """Run trading strategies only while their exchange keys comply.

    One committed, SOPS-encrypted file declares exchange connections and trading strategies. A
    strategy runs only while tests show that its key can read and trade, and cannot withdraw.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit: 1 for every kind of error, 130 after Ctrl-C.

    Where the reader of our output leaves early, click ends it quietly with 1.
    """
    gc.set_threshold(YOUNG)
    prepare()
    try:
        code = cli.main(arguments, prog_name=PROGRAM, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = 0
    except click.ClickException as error:
        from bf_reconciler.cli.output import note  # noqa: PLC0415 # help needs it not

        shown = StringIO()
        error.show(shown)
        note(shown.getvalue().rstrip("\n"))
        code = 1
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except OSError as error:
        if error.errno not in UNWRITABLE:
            code = _unexpected(error)
        else:
            code = 1
            click.echo(f"Error: the output cannot be written: {error.strerror}", err=True)
    except Exception as error:  # noqa: BLE001 # the last resort: a secret may stand in its text
        code = _unexpected(error)
    sys.exit(code)


def _unexpected(error: Exception) -> int:
    places = "".join(format_tb(error.__traceback__))
    click.echo(f"{places}Error: {UNEXPECTED}", err=True)
    return 1
