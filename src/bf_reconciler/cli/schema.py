"""`schema`: the JSON Schema of the file."""

import click

from bf_reconciler.cli.output import print_json


@click.command("schema")
@click.option(
    "--strategy-file", is_flag=True, help="Of the NAME.json that bots follow, not of the file."
)
@click.option("--notify", is_flag=True, help="Of the file of `run --notify`.")
def command(*, strategy_file: bool, notify: bool) -> None:
    """Print the JSON Schema of the file, for editors.

    bf-reconciler schema > connections.schema.json
    """
    if strategy_file and notify:
        raise click.UsageError("--strategy-file and --notify are two schemas; choose one")
    if notify:
        from bf_reconciler.notify import schema  # noqa: PLC0415 # help needs no models

        print_json(schema())
        return
    from bf_reconciler import document  # noqa: PLC0415 # likewise

    print_json(document.strategy_file() if strategy_file else document.schema())
