"""The base of all tree nodes: immutable, slotted, and cheap to import.

`dataclasses` writes and compiles an `__init__` for each class; with some hundred node classes that alone
costs more than parsing a spec. Here all classes share one `__init__`; type checkers see dataclasses.
"""

from __future__ import annotations

from typing import Any, ClassVar, dataclass_transform

_MISSING: Any = object()
_UNCOMPARED = frozenset({"span", "trivia"})


class _NodeType(type):
    """Turns the annotations of a class body into slots; a value given there is the field's default."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> _NodeType:
        annotations = namespace.get("__annotations__", {})
        fields = tuple(f for f, kind in annotations.items() if not str(kind).startswith("ClassVar"))
        defaults = {f: namespace.pop(f) for f in fields if f in namespace}
        namespace["__slots__"] = fields
        namespace["__match_args__"] = fields
        namespace["_defaults"] = defaults
        namespace["_compared"] = tuple(f for f in fields if f not in _UNCOMPARED and not f.endswith("_span"))
        return super().__new__(mcs, name, bases, namespace)


@dataclass_transform(frozen_default=True)
class Node(metaclass=_NodeType):
    """A tree node.

    Fields named `span`, `..._span` or `trivia` say where it was written and do not count for equality.
    """

    __match_args__: ClassVar[tuple[str, ...]]
    _defaults: ClassVar[dict[str, Any]]
    _compared: ClassVar[tuple[str, ...]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = self.__match_args__
        if len(args) > len(names):
            raise TypeError(f"{type(self).__name__} takes {len(names)} fields, not {len(args)}")
        put = object.__setattr__
        for name, value in zip(names, args, strict=False):
            put(self, name, value)
        for name in names[len(args) :]:
            value = kwargs.pop(name, _MISSING)
            if value is _MISSING:
                value = self._defaults.get(name, _MISSING)
                if value is _MISSING:
                    raise TypeError(f"{type(self).__name__} lacks the field {name!r}")
            put(self, name, value)
        if kwargs:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(kwargs)}, or got it twice")

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{type(self).__name__} is immutable")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._compared)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self._compared)))

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._compared)
        return f"{type(self).__name__}({inside})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)
