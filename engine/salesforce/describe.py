"""Describes: what the org has, and the shape of the objects that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple

from engine.errors import BrokenAnswerError, SchemaDriftError
from engine.events import StageStarted
from engine.salesforce.answers import whole_number
from engine.salesforce.client import SalesforceClient

# Of a number in the tables; more of them behind the point leave no room before it.
MOST_DIGITS = 38
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
    objects = client.get_json(client.data("sobjects"), expect=_listed)
    return sorted(str(one["name"]) for one in objects if one.get("queryable", True))


def _listed(answer: Any) -> list[dict[str, Any]]:
    objects = answer.get("sobjects") if isinstance(answer, dict) else None
    # Every org has objects.
    if not isinstance(objects, list) or not objects or not all(_is_named(one) for one in objects):
        raise BrokenAnswerError("the list of the org's objects is none")
    return objects


def _describe_one(client: SalesforceClient, name: str) -> Mapping[str, Any] | None:
    """The describe of an object; None if it went away between the list and now."""
    try:
        described: Mapping[str, Any] = client.get_json(
            client.data(f"sobjects/{name}/describe"), expect=partial(_described, name)
        )
    except SchemaDriftError:
        return None
    return described


def _described(name: str, answer: Any) -> Mapping[str, Any]:
    """The describe of an object, with all in it that is read of the type that it has in Salesforce's own."""
    fields = answer.get("fields") if _is_named(answer) else None
    # Every object has at least its Id.
    if not isinstance(fields, list) or not fields or not all(_is_named(one) and one.get("type") for one in fields):
        raise BrokenAnswerError(f"the describe of {name} lists no fields")
    if all(str(one["name"]).lower() != "id" for one in fields):
        raise BrokenAnswerError(f"the describe of {name} has no field Id")
    if str(answer["name"]).lower() != name.lower():
        raise BrokenAnswerError(f"the describe of {name} is one of another object")
    children = answer.get("childRelationships") or []
    if not _texts(answer, "label", "labelPlural", "keyPrefix") or not _all(
        children, lambda child: _texts(child, "relationshipName", "childSObject", "field")
    ):
        raise BrokenAnswerError(f"the describe of {name} has not the shape of Salesforce's")
    odd = next((field["name"] for field in fields if not _is_field(field)), None)
    if odd is not None:
        raise BrokenAnswerError(f"the describe of {name} has not the shape of Salesforce's in its field {odd}")
    return dict(answer)


def _is_field(field: Mapping[str, Any]) -> bool:
    numbers = [field.get(name) or 0 for name in ("length", "precision", "scale")]
    targets = field.get("referenceTo") or []
    return (
        _texts(field, "type", "label", "relationshipName", "compoundFieldName")
        and all(whole_number(number) is not None for number in numbers)
        and int(numbers[-1]) <= MOST_DIGITS
        and isinstance(targets, list)
        and all(isinstance(target, str) for target in targets)
        and _all(
            field.get("picklistValues") or [], lambda one: isinstance(one.get("value"), str) and _texts(one, "label")
        )
    )


def _texts(where: Mapping[str, Any], *names: str) -> bool:
    return all(where.get(name) is None or isinstance(where[name], str) for name in names)


def _all(found: object, is_right: Callable[[Mapping[str, Any]], bool]) -> bool:
    return isinstance(found, list) and all(isinstance(one, dict) and is_right(one) for one in found)


def _is_named(answer: Any) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get("name"), str)


def _targets(answer: Mapping[str, Any], followed: Collection[str] | None) -> Iterable[str]:
    for field in answer["fields"]:
        relationship = field.get("relationshipName")
        if relationship and (followed is None or relationship.lower() in followed):
            yield from (str(target).lower() for target in field.get("referenceTo") or ())
