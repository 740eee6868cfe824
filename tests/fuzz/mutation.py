"""Another value in one place of a JSON document: what a fuzzer of bytes seldom finds by itself."""

import copy

ODD = (None, True, False, 0, -1, 7.5, 10**30, "", [], {}, [[]], {"odd": 1}, "x" * 300, "\u202e")


def changed_json(value, dice, fields, words):
    """The document with one to three changes."""
    made = copy.deepcopy(value)
    for _ in range(dice.randint(1, 3)):
        places = list(_places(made))
        if not places:
            return copy.deepcopy(dice.choice([*ODD, *words]))
        _change(*dice.choice(places), places, dice, fields, words)
    return made


def _places(value):
    """Each container, with each key or index in it."""
    todo = [value]
    while todo:
        inner = todo.pop()
        keys = list(inner) if isinstance(inner, dict) else range(_length(inner))
        for key in keys:
            yield inner, key
            if isinstance(inner[key], dict | list):
                todo.append(inner[key])


def _length(value):
    return len(value) if isinstance(value, list) else 0


def _change(inner, key, places, dice, fields, words):
    where, which = dice.choice(places)
    match dice.randrange(6):
        case 0:
            del inner[key]
        case 1:  # what stands elsewhere, which may hold this very place
            inner[key] = copy.deepcopy(where[which])
        case 2 if isinstance(inner, dict):
            inner[dice.choice(fields)] = inner.pop(key)
        case 3 if isinstance(inner, list):
            inner.insert(key, copy.deepcopy(inner[key]))
        case 4:
            inner[key] = copy.deepcopy(dice.choice(ODD))
        case _:
            inner[key] = dice.choice(words)
