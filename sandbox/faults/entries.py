"""Reading the list that switches faults on: JSON in, entries out; a mistake is named with its place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sandbox.errors import ApiError
from sandbox.faults.catalogue import FAULTS
from sandbox.faults.model import Entry, Match, Option, Value

_KEYS = ("fault", "match", "times")


class EntryError(Exception):
    """What is wrong with an entry, in words that name what is known instead."""


def read_entries(given: object, first_number: int = 1) -> list[Entry]:
    """The entries of a list of faults, numbered on from `first_number`.

    Raises ApiError BAD_FAULT that names the index (from 0) of the first entry that is wrong.
    """
    if not isinstance(given, list):
        raise ApiError(400, "BAD_FAULT", 'a list is wanted: [{"fault": NAME, "match": {...}, "times": N}]')
    entries = []
    for index, raw in enumerate(given):
        try:
            entries.append(_entry(raw, first_number + index))
        except EntryError as error:
            raise ApiError(400, "BAD_FAULT", f"entry {index}: {error}; no fault of the list was switched on") from None
    return entries


def _entry(raw: object, number: int) -> Entry:
    if not isinstance(raw, Mapping):
        raise EntryError("an entry is a JSON object")
    name = raw.get("fault")
    fault = FAULTS.get(name) if isinstance(name, str) else None
    if fault is None:
        raise EntryError(f"there is no fault `{name}`; known are {', '.join(FAULTS)}")
    _known("key", raw, (*_KEYS, *fault.options), f"an entry of {fault.name}")
    match_given = raw.get("match", {})
    if not isinstance(match_given, Mapping):
        raise EntryError("`match` is a JSON object")
    _known("match", match_given, Match._fields, "match")
    chosen = "times" in raw or "nth" in match_given
    match = _match(match_given, 1.0 if chosen else fault.probability)
    times = raw.get("times", fault.times)
    if times is not None and not _is_whole(times):
        raise EntryError(f"`times` is a whole number above 0, or null for always, not `{times}`")
    options = {key: _option(key, raw[key], kind) if key in raw else kind.default for key, kind in fault.options.items()}
    return Entry(number, fault, match, times, options)


def _known(what: str, given: Mapping[str, object], known: Iterable[str], place: str) -> None:
    names = tuple(known)
    for key in given:
        if key not in names:
            raise EntryError(f"unknown {what} `{key}`; {place} takes {', '.join(names)}")


def _match(given: Mapping[str, object], probability: float) -> Match:
    for key in ("path", "method", "object"):
        if key in given and not (isinstance(given[key], str) and given[key]):
            raise EntryError(f"`match.{key}` is text, not `{given[key]}`")
    nth = given.get("nth", 1)
    if not _is_whole(nth):
        raise EntryError(f"`match.nth` is a whole number from 1 on, not `{nth}`")
    chance = given.get("probability", probability)
    if isinstance(chance, bool) or not isinstance(chance, (int, float)) or not 0 <= chance <= 1:
        raise EntryError(f"`match.probability` is a number from 0 to 1, not `{chance}`")
    texts = {key: str(given[key]) for key in ("path", "method", "object") if key in given}
    assert isinstance(nth, int)
    return Match(**texts, nth=nth, probability=float(chance))


def _option(key: str, value: object, option: Option) -> Value:
    if option.choices:
        if value not in option.choices:
            raise EntryError(f"`{key}` is one of {', '.join(option.choices)}, not `{value}`")
        return str(value)
    match option.kind:
        case "whole" if _is_whole(value):
            assert isinstance(value, int)
            return value
        case "number" if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0:
            return value
        case "text" if isinstance(value, str):
            return value
        case "flag" if isinstance(value, bool):
            return value
    words = {"whole": "a whole number above 0", "number": "a number", "text": "text", "flag": "true or false"}
    raise EntryError(f"`{key}` is {words[option.kind]}, not `{value}`")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
