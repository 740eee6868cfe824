"""`python -m bf_reconciler`: the command line."""

from bf_reconciler.cli import main

main()
