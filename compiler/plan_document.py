"""The plan as a document that JSON can hold, and back: versioned, complete, strictly checked.

Every node becomes an object with its class's name under `node` and its fields; a span becomes `[start, end]`. What
may stand where is read from the annotations of the node classes, so that a new node needs nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from compiler.plan import PLAN_VERSION, Plan
from grammar.node import Node
from grammar.source import Span

_N = TypeVar("_N", bound=Node)


class PlanError(Exception):
    """A document that is not a plan this version can read.

    Attributes:
        path: the place in the document, `tables[2].columns[0].type`; empty for the document as a whole.
        help: what to do about it.
    """

    def __init__(self, path: str, message: str, help_text: str = "compile the spec again") -> None:
        self.path = path
        self.help = help_text
        super().__init__(f"{path + ': ' if path else ''}{message}; {help_text}")


def to_document(plan: Plan, *, spans: bool = True) -> dict[str, object]:
    """The plan as dicts, lists, texts, numbers and None. Without spans it cannot be read back."""
    fields = _fields(plan, spans)
    return {"plan_version": fields.pop("version"), **fields}


def from_document(document: Mapping[str, object]) -> Plan:
    """The plan of a document. Raises PlanError for anything that `to_document` would not have written.

    Beside the plan the document may hold, under `spec`, the spec that it was made from.
    """
    if not isinstance(document, Mapping):
        raise PlanError("", f"a plan is an object, not {_named(document)}")
    version = document.get("plan_version")
    if type(version) is not int or version < 1:
        raise PlanError("plan_version", "the version of the plan is missing or not a whole number")
    if version > PLAN_VERSION:
        raise PlanError(
            "plan_version",
            f"the plan has version {version}, and this Accord reads up to {PLAN_VERSION}",
            "update Accord, or compile the spec again with this one",
        )
    if version < PLAN_VERSION:
        raise PlanError("plan_version", f"the plan has the old version {version}, not {PLAN_VERSION}")
    rest = {name: value for name, value in document.items() if name not in ("plan_version", "spec")}
    try:
        return _node({"node": "Plan", "version": version, **rest}, Plan, "")
    except RecursionError:
        raise PlanError("", "the document is nested too deeply") from None


_PLAIN = (str, int)


def _fields(node: Node, spans: bool) -> dict[str, object]:
    values = ((name, getattr(node, name)) for name in node.__match_args__)
    return {name: _encoded(v, spans) for name, v in values if spans or not isinstance(v, Span)}


def _encoded(value: object, spans: bool) -> object:
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, Node):
        return {"node": type(value).__name__, **_fields(value, spans)}
    if isinstance(value, tuple):
        return [_encoded(one, spans) for one in value]
    raise TypeError(f"a plan cannot hold {type(value).__name__}")


@cache
def _hints(cls: type[Node]) -> Mapping[str, Any]:
    hints = get_type_hints(cls)
    return {name: hints[name] for name in cls.__match_args__}


def _node(value: Mapping[str, object], cls: type[_N], path: str) -> _N:
    hints = _hints(cls)
    for name in value:
        if name not in hints and name != "node":
            raise PlanError(_below(path, name), f"{cls.__name__} has no such field")
    fields = []
    for name, hint in hints.items():
        if name not in value:
            raise PlanError(_below(path, name), "the field is missing")
        fields.append(_decoded(value[name], hint, _below(path, name)))
    return cls(*fields)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _decoded(value: object, hint: Any, path: str) -> object:
    """The value that stands at `path`, of the type that `hint` asks for: an annotation, evaluated."""
    if hint is Span:
        return _span(value, path)
    origin = get_origin(hint)
    if origin is tuple:
        return _tuple(value, get_args(hint), path)
    if origin is Literal:
        if not any(value == one and type(value) is type(one) for one in get_args(hint)):
            raise PlanError(path, f"{value!r} is none of {', '.join(map(repr, get_args(hint)))}")
        return value
    choices = get_args(hint) if origin in (Union, UnionType) else (hint,)
    if isinstance(value, Mapping):
        return _one_of(value, [c for c in choices if isinstance(c, type) and issubclass(c, Node)], path)
    plain = [c for c in choices if c in (str, int, bool, NoneType)]
    if type(value) in plain:
        return value
    if len(choices) > 1:
        for choice in choices:
            if get_origin(choice) in (tuple, Literal):
                return _decoded(value, choice, path)
    raise PlanError(path, f"{_named(value)} stands where {_wanted(choices)} belongs")


def _one_of(value: Mapping[str, object], classes: list[type[Node]], path: str) -> object:
    name = value.get("node")
    for cls in classes:
        if cls.__name__ == name:
            return _node(value, cls, path)
    raise PlanError(path, f"{name!r} stands where {_wanted(tuple(classes))} belongs")


def _span(value: object, path: str) -> Span:
    match value:
        case [int(start), int(end)] if not isinstance(start, bool) and not isinstance(end, bool):
            if 0 <= start <= end:
                return Span(start, end)
    raise PlanError(path, "a span is a list of two offsets, the smaller one first")


def _tuple(value: object, kinds: tuple[Any, ...], path: str) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise PlanError(path, f"{_named(value)} stands where a list belongs")
    if kinds[-1] is Ellipsis:
        return tuple(_decoded(one, kinds[0], f"{path}[{at}]") for at, one in enumerate(value))
    if len(value) != len(kinds):
        raise PlanError(path, f"a list of {len(kinds)} belongs here, not of {len(value)}")
    pairs = enumerate(zip(value, kinds, strict=True))
    return tuple(_decoded(one, kind, f"{path}[{at}]") for at, (one, kind) in pairs)


_WORDS: Mapping[Any, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    NoneType: "null",
    float: "a number with a point",
    list: "a list",
    dict: "an object",
}


def _named(value: object) -> str:
    return _WORDS.get(type(value), type(value).__name__)


def _wanted(choices: tuple[Any, ...]) -> str:
    return " or ".join(_WORDS.get(c) or str(getattr(c, "__name__", c)) for c in choices) or "something else"
