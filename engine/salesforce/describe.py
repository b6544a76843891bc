"""Describes: what the org has, and the shape of the objects that are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from engine.errors import BrokenAnswerError, SchemaDriftError
from engine.events import StageStarted
from engine.salesforce.client import SalesforceClient

# Objects that a sync of accounts looks at whatever the spec says; those that the org has not are left out.
ALWAYS = (
    "Account",
    "Contact",
    "Opportunity",
    "User",
    "RecordType",
    "Group",
    "CurrencyType",
    "DatedConversionRate",
)


class Described(NamedTuple):
    """Describe answers by object name, and the names of all objects that the user may query."""

    describes: Mapping[str, Mapping[str, Any]]
    queryable: tuple[str, ...]


def describe(
    client: SalesforceClient, objects: Iterable[str], follow: Collection[str] | None = frozenset()
) -> Described:
    """Describe objects, and those that their references lead to.

    Args:
        client: the connection.
        objects: API names in any case; those that the org has not are left out.
        follow: the relationship names (in any case) whose targets are described too, as often as they lead on;
            None follows every reference of the objects asked for, one step far.

    Raises:
        SalesforceError, SignInError.
    """
    known = describe_global(client)
    by_name = {name.lower(): name for name in known}
    followed = None if follow is None else {name.lower() for name in follow}
    found: dict[str, Mapping[str, Any]] = {}
    waiting = list(dict.fromkeys(by_name[name.lower()] for name in objects if name.lower() in by_name))
    first = len(waiting)
    at = 0
    while at < len(waiting):
        name = waiting[at]
        client.cancel.check()
        client.events(StageStarted("connect", name))
        answer = _describe_one(client, name)
        if answer is not None:
            found[name] = answer
            if followed is not None or at < first:
                new = (by_name[target] for target in _targets(answer, followed) if target in by_name)
                waiting += [target for target in dict.fromkeys(new) if target not in waiting]
        at += 1
    return Described(found, tuple(known))


def describe_global(client: SalesforceClient) -> list[str]:
    """The names of all objects that the user may query, sorted."""
    answer = client.get_json(client.data("sobjects"))
    objects = answer.get("sobjects") if isinstance(answer, dict) else None
    if not isinstance(objects, list) or not all(_is_named(one) for one in objects):
        raise BrokenAnswerError("the list of the org's objects is none")
    return sorted(str(one["name"]) for one in objects if one.get("queryable", True))


def _describe_one(client: SalesforceClient, name: str) -> Mapping[str, Any] | None:
    """The describe of an object; None if it went away between the list and now."""
    try:
        answer = client.get_json(client.data(f"sobjects/{name}/describe"))
    except SchemaDriftError:
        return None
    fields = answer.get("fields") if _is_named(answer) else None
    # Every object has at least its Id.
    if not isinstance(fields, list) or not fields or not all(_is_named(one) and one.get("type") for one in fields):
        raise BrokenAnswerError(f"the describe of {name} lists no fields")
    if str(answer["name"]).lower() != name.lower():
        raise BrokenAnswerError(f"the describe of {name} is one of another object")
    described: Mapping[str, Any] = answer
    return described


def _is_named(answer: Any) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get("name"), str)


def _targets(answer: Mapping[str, Any], followed: Collection[str] | None) -> Iterable[str]:
    for field in answer["fields"]:
        relationship = field.get("relationshipName")
        if relationship and (followed is None or relationship.lower() in followed):
            yield from (str(target).lower() for target in field.get("referenceTo") or ())
