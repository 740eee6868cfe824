"""Why a daemon does not start."""


class StartError(Exception):
    """The daemon cannot start; the message says why, for a person."""
