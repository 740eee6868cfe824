"""The command line: one module per verb, and the only package that prints."""

from bf_reconciler.cli.verbs import PROGRAM, VERBS, cli, main

__all__ = ["PROGRAM", "VERBS", "cli", "main"]
