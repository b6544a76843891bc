"""What a fault is, what an entry of the list that switches faults on says, and what an effect gets to work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sandbox.faults.places import Place
from sandbox.wire import Answer, Call

if TYPE_CHECKING:
    from sandbox.server import Sandbox

Value: TypeAlias = str | int | float | bool | None
Proceed: TypeAlias = Callable[[Call], Answer]


class Option(NamedTuple):
    """What an entry may say besides `fault`, `match` and `times`: the value unless said, its kind, its choices.

    The kind `whole` is a number without a fraction, above 0; `number` one that may have a fraction.
    """

    default: Value
    kind: str = "text"
    choices: tuple[str, ...] = ()


class Match(NamedTuple):
    """Which requests a fault may take. Left out: all of those that are of the fault's own kind.

    `path` is a part of the path, in which `*` stands for anything; `method` and `object` are compared without case.
    The fault begins with the `nth` matching request; from there on each is taken with `probability`.
    """

    path: str | None = None
    method: str | None = None
    object: str | None = None
    nth: int = 1
    probability: float = 1.0


@dataclass
class Entry:
    """A fault that is switched on. `seen` counts the requests that matched, `hits` those that the fault took."""

    number: int
    fault: Fault
    match: Match
    times: int | None
    options: Mapping[str, Value]
    seen: int = 0
    hits: int = 0
    state: dict[str, object] = field(default_factory=dict)
    undo: list[Callable[[], None]] = field(default_factory=list)

    def document(self) -> dict[str, object]:
        """The entry as the control side tells it."""
        match = {key: value for key, value in self.match._asdict().items() if value is not None}
        return {
            "fault": self.fault.name,
            "match": match,
            "times": self.times,
            **self.options,
            "seen": self.seen,
            "hits": self.hits,
        }


class Hit(NamedTuple):
    """A request that a fault took: `number` counts from 1, `random` follows from the seed, entry and number."""

    sandbox: Sandbox
    call: Call
    proceed: Proceed
    entry: Entry
    number: int
    random: Random

    def text(self, name: str) -> str | None:
        """An option that is text."""
        value = self.entry.options[name]
        return None if value is None else str(value)

    def figure(self, name: str) -> float:
        """An option that is a number."""
        value = self.entry.options[name]
        assert isinstance(value, (int, float))
        return value

    def whole(self, name: str) -> int:
        """An option that is a whole number."""
        return int(self.figure(name))

    def real(self) -> Answer:
        """What the server answers without this fault."""
        return self.proceed(self.call)

    def passed_over(self, answer: Answer | None = None) -> Answer:
        """The true answer, where the fault finds nothing to spoil: the hit does not count."""
        self.entry.hits -= 1
        return self.real() if answer is None else answer


Effect: TypeAlias = Callable[[Hit], Answer]
Applies: TypeAlias = Callable[["Sandbox", Entry, Call], bool]


class Fault(NamedTuple):
    """A fault of the catalogue.

    Attributes:
        number: its number in the catalogue, `F01` to `F52`.
        name: what an entry calls it.
        places: the kinds of calls that it takes; none means all.
        effect: what it does with a call that it took.
        times: how many calls it takes unless the entry says so; None is all.
        probability: of taking a call, if the entry says neither that nor `times` nor `nth`.
        options: what else an entry may say.
        applies: whether a call of the right kind is worth taking.
    """

    number: str
    name: str
    places: frozenset[Place]
    effect: Effect
    times: int | None = None
    probability: float = 1.0
    options: Mapping[str, Option] = {}
    applies: Applies | None = None
