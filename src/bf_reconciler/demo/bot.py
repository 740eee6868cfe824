"""An example of a bot: it obeys its file, and trades nothing. `python bot.py FOLDER/NAME.json`."""

import sys

from bf_reconciler.client import follow

for decision in follow(sys.argv[1], tick=1):
    if decision.action == "run":
        pass  # place orders, as decision.strategy declares them
    elif decision.action == "pause":
        pass  # manage open positions, enter none
    elif decision.action == "close":
        pass  # exit all positions
    # stop: do nothing more. Coming back for the next decision confirms this one.
