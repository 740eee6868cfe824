"""Places in a body, by a path such as ``data.0.ip``."""

import copy

GONE = object()


def changed(form, path, value):
    """The form, with another value in one place of its bodies."""
    made = copy.deepcopy(form)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = made
    for step in way:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return made


def present(form, path):
    """What stands in this place."""
    place = form
    for step in path.split("."):
        place = place[int(step) if step.isdigit() else step]
    return place
