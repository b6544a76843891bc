"""What of an org's schema a spec speaks of: the objects that it names and the relationships on its paths."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.salesforce.describe import ALWAYS
from grammar.node import Node
from grammar.soql_tree import FieldPath, SubSelect
from grammar.spec_tree import (
    Aggregate,
    Cases,
    Chatter,
    CustomObject,
    Define,
    Given,
    Name,
    OwnerChild,
    Spec,
    Writeback,
)

_CASES = ("Case", "CaseComment", "EmailMessage")
_CHATTER = ("FeedItem", "FeedComment")


class Needs(NamedTuple):
    """Object names and relationship names, as they are written."""

    objects: tuple[str, ...]
    relationships: frozenset[str]


def needs_of(spec: Spec) -> Needs:
    """The objects to describe for a spec, the usual ones first, and the relationships to follow from there."""
    objects: dict[str, None] = dict.fromkeys(ALWAYS)
    relationships = {"Owner", "RecordType"}
    for node in _nodes(spec):
        match node:
            case FieldPath(names):
                relationships.update(names[:-1])
            case Aggregate() | CustomObject() | Define() | OwnerChild() | Writeback() | Given():
                objects[_word(node.object)] = None
            case SubSelect():
                objects[node.object] = None
            case Cases():
                objects.update(dict.fromkeys(_CASES))
            case Chatter():
                objects.update(dict.fromkeys(_CHATTER))
            case _:
                pass
    return Needs(tuple(objects), frozenset(relationships))


def _word(name: Name | str) -> str:
    return name if isinstance(name, str) else name.text


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
        for name in value.__match_args__:
            yield from _nodes(getattr(value, name))
    elif isinstance(value, tuple):
        for one in value:
            yield from _nodes(one)
