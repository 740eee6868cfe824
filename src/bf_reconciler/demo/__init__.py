"""The whole at work: simulated exchanges, an encrypted file in git, the real daemon, a script."""

from bf_reconciler.demo.playing import Narrator, play
from bf_reconciler.demo.script import STEPS, Step
from bf_reconciler.demo.stage import DemoError

__all__ = ["STEPS", "DemoError", "Narrator", "Step", "play"]
