"""`completion`: the script for a shell."""

import click
from click.shell_completion import get_completion_class

from bf_reconciler.cli.output import fail
from bf_reconciler.cli.verbs import PROGRAM, cli

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
def command(*, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash: eval "$(bf-reconciler completion bash)"      in ~/.bashrc
    zsh:  eval "$(bf-reconciler completion zsh)"       in ~/.zshrc
    fish: bf-reconciler completion fish > ~/.config/fish/completions/bf-reconciler.fish
    """  # noqa: D301  (click takes the sign, not its name, to keep lines as they are)
    kind = get_completion_class(shell)
    if kind is None:
        fail(f"no completion for {shell}")
    variable = f"_{PROGRAM}_COMPLETE".replace("-", "_").upper()
    # What click's own check of the installed bash would print is no part of the script.
    script = kind.source_template % kind(cli, {}, PROGRAM, variable).source_vars()
    click.echo(script)
