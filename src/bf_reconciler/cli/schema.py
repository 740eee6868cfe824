"""`schema`: the JSON Schema of the file."""

import click

from bf_reconciler.cli.output import print_json


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of the file, for editors.

    bf-reconciler schema > connections.schema.json
    """
    from bf_reconciler import document  # noqa: PLC0415 # help needs no models

    print_json(document.schema())
