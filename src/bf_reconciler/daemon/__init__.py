"""When things happen: the loops, the signals, start and stop.

Nothing is imported here: ``start`` must listen before all the rest is there.
"""
