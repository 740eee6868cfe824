"""`schema`: the JSON Schema of the file."""

import click

from bf_reconciler.cli.output import print_json


@click.command("schema")
@click.option(
    "--strategy-file", is_flag=True, help="Of the NAME.json that bots follow, not of the file."
)
def command(*, strategy_file: bool) -> None:
    """Print the JSON Schema of the file, for editors.

    bf-reconciler schema > connections.schema.json
    """
    from bf_reconciler import document  # noqa: PLC0415 # help needs no models

    print_json(document.strategy_file() if strategy_file else document.schema())
