"""A version of a mapping is what a dict would be, and leaves every other version as it was."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from bf_reconciler.spec import PersistentMap, altered, differing, unequal, updated, without

NAMES = st.sampled_from([f"name-{index}" for index in range(90)])
CHANGES = st.dictionaries(NAMES, st.none() | st.integers(0, 3), max_size=40)


def changed(old: dict[str, int], changes: Mapping[str, int | None]) -> dict[str, int]:
    made = dict(old)
    for name, value in changes.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = value
    return made


@given(st.dictionaries(NAMES, st.integers(0, 3)), st.lists(CHANGES, max_size=12))
def test_every_version_is_what_a_dict_would_be(
    first: dict[str, int], history: list[dict[str, int | None]]
) -> None:
    versions: list[tuple[Mapping[str, int], dict[str, int]]] = [(first, dict(first))]
    for changes in history:
        old, model = versions[-1]
        versions.append((altered(old, changes), changed(model, changes)))
    for version, model in versions:
        for name in {*model, "name-0", "another"}:
            assert version.get(name) == model.get(name)
            assert (name in version) is (name in model)
            assert name not in model or version[name] == model[name]
        assert [*version] == [*model]
        assert len(version) == len(model)
        assert version == model
        assert [*version.items()] == [*model.items()]
        assert [*version.values()] == [*model.values()]
        assert {**version} == model
        assert len(version) == len(model)  # written out, it is the same


@given(
    st.dictionaries(NAMES, st.integers(0, 3)),
    st.lists(CHANGES, min_size=1, max_size=6),
    st.integers(0, 5),
)
def test_what_differs_is_found_whatever_two_versions_share(
    first: dict[str, int], history: list[dict[str, int | None]], written: int
) -> None:
    versions: list[Mapping[str, int]] = [PersistentMap(first)]
    for changes in history:
        versions.append(altered(versions[-1], changes))
    versions[written % len(versions)].items()  # one that was gone through shares less
    for old in versions:
        for new in versions:
            every = {*old, *new}
            assert unequal(old, new) == {n for n in every if old.get(n) != new.get(n)}
            assert differing(old, new) == {n for n in every if old.get(n) is not new.get(n)}


def test_what_comes_out_equal_is_the_same_version() -> None:
    old = altered({"a": (1,), "b": (2,)}, {"a": (3,)})
    assert updated(old, ["a", "c"], {"a": (3,)}.get) is old
    assert without(old, frozenset({"c"})) is old
    assert altered(old, {}) is old
    assert [*without(old, frozenset({"a"}))] == ["b"]


def test_it_is_a_mapping_and_no_key_of_one() -> None:
    one = altered({"a": 1}, {"b": 2})
    assert repr(one) == "PersistentMap({'a': 1, 'b': 2})"
    assert one == altered({}, {"a": 1, "b": 2})
    assert one != altered({}, {"a": 1})
    assert one != 1
    assert type(one).__hash__ is None
    assert one.get("c", 3) == 3
