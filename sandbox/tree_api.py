"""sObject Tree: records with their children in one request, all of them or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from compiler.schema import SObject
from sandbox.collections_api import MOST_RECORDS
from sandbox.errors import ApiError, SandboxError
from sandbox.org import Org
from sandbox.record_api import find_object
from sandbox.record_body import wrong_type_in_collection
from sandbox.row_errors import Problem, RowError
from sandbox.wire import Answer, Call, json_answer
from sandbox.writer import Writer

DEEPEST = 5
MOST_TYPES = 5


class _Node(NamedTuple):
    """A record to make; `parent` is the place of its parent in the list, `link` the field that leads there."""

    sobject: SObject
    reference: str
    fields: Mapping[str, object]
    parent: int | None = None
    link: str = ""


class _RefusedError(SandboxError):
    """A record that keeps the whole tree from being made."""

    def __init__(self, reference: str, *problems: Problem) -> None:
        super().__init__(reference)
        self.reference = reference
        self.problems = problems


def create(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`POST /composite/tree/X`: parents before their children; what is told is in that order too."""
    try:
        nodes = _nodes(org, find_object(org, path["object"]), call.json())
        ids = _saved(org, nodes)
    except _RefusedError as error:
        failed = {"referenceId": error.reference, "errors": [p.for_collection() for p in error.problems]}
        return json_answer({"hasErrors": True, "results": [failed]}, 400)
    results = [{"referenceId": node.reference, "id": made} for node, made in zip(nodes, ids, strict=True)]
    return json_answer({"hasErrors": False, "results": results}, 201)


def _saved(org: Org, nodes: Sequence[_Node]) -> list[str]:
    """Make the records, all or none; returns their Ids."""
    ids: list[str] = []
    with org.writing() as cursor:
        writer = Writer(org, cursor)
        for node in nodes:
            link = {} if node.parent is None else {node.link: ids[node.parent]}
            try:
                ids.append(writer.create(node.sobject, {**node.fields, **link}, wrong_type_in_collection))
            except RowError as error:
                raise _RefusedError(node.reference, *error.problems) from None
    return ids


def _nodes(org: Org, sobject: SObject, body: Mapping[str, object]) -> list[_Node]:
    """The records level by level. Raises ApiError for what no tree can be."""
    nodes: list[_Node] = []
    children: list[tuple[Mapping[str, object], SObject, int | None, str]] = []
    children += [(given, sobject, None, "") for given in _records(body, "the body")]
    for _ in range(DEEPEST):
        level, children = children, []
        for given, expected, parent, link in level:
            node, nested = _node(given, expected, parent, link)
            nodes.append(node)
            for name, below in nested.items():
                children += _children(org, node.sobject, name, below, len(nodes) - 1)
        if not children:
            break
    else:
        raise ApiError(400, "LIMIT_EXCEEDED", f"a tree has at most {DEEPEST} levels")
    _check(nodes)
    return nodes


def _node(
    given: Mapping[str, object], sobject: SObject, parent: int | None, link: str
) -> tuple[_Node, dict[str, Mapping[str, object]]]:
    """One record, and what is nested in it by relationship name."""
    attributes = given.get("attributes")
    kind = attributes.get("type") if isinstance(attributes, Mapping) else None
    reference = attributes.get("referenceId") if isinstance(attributes, Mapping) else None
    if not isinstance(reference, str) or not reference:
        raise _RefusedError("", Problem("INVALID_INPUT", "Include a reference ID for each record."))
    if not isinstance(kind, str) or kind.lower() != sobject.name.lower():
        words = f"Include {sobject.name} as the type in the attributes of each record here."
        raise _RefusedError(reference, Problem("INVALID_INPUT", words))
    nested = {
        name: value
        for name, value in given.items()
        if name != "attributes" and isinstance(value, Mapping) and "records" in value
    }
    fields = {name: value for name, value in given.items() if name != "attributes" and name not in nested}
    return _Node(sobject, reference, fields, parent, link), nested


def _children(
    org: Org, parent: SObject, name: str, below: Mapping[str, object], at: int
) -> Iterator[tuple[Mapping[str, object], SObject, int, str]]:
    relationship = parent.child(name)
    child = org.schema.object(relationship.child) if relationship else None
    if relationship is None or child is None:
        raise ApiError(400, "INVALID_FIELD", f"No such relation '{name}' on entity '{parent.name}'")
    for given in _records(below, name):
        yield given, child, at, relationship.field


def _records(body: Mapping[str, object], place: str) -> list[Mapping[str, object]]:
    records = body.get("records")
    if not isinstance(records, list) or not records or not all(isinstance(r, Mapping) for r in records):
        raise ApiError(400, "JSON_PARSER_ERROR", f"a list `records` of records is wanted in {place}")
    return records


def _check(nodes: list[_Node]) -> None:
    if len(nodes) > MOST_RECORDS:
        raise ApiError(400, "LIMIT_EXCEEDED", f"a tree has at most {MOST_RECORDS} records")
    if len({node.sobject.name for node in nodes}) > MOST_TYPES:
        raise ApiError(400, "LIMIT_EXCEEDED", f"a tree has records of at most {MOST_TYPES} objects")
    seen: set[str] = set()
    for node in nodes:
        if node.reference in seen:
            raise _RefusedError(
                node.reference, Problem("INVALID_INPUT", "Duplicate ReferenceId provided in the request.")
            )
        seen.add(node.reference)
