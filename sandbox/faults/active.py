"""The faults of a server that are switched on: which of them take a request, in the order of their entries."""

from __future__ import annotations

import re
import threading
from random import Random
from typing import TYPE_CHECKING

from sandbox.errors import ApiError
from sandbox.faults.entries import read_entries
from sandbox.faults.model import Entry, Hit, Match, Proceed
from sandbox.faults.places import objects_of, place_of
from sandbox.wire import Answer, Call, json_answer, json_text_answer

if TYPE_CHECKING:
    from sandbox.server import Sandbox


class Faults:
    """The entries that are switched on. What they do follows from the seed and the order of the requests.

    `kept` holds pages that a fault has promised under an address of its own: they stay readable once it is over.
    """

    def __init__(self, seed: int = 0) -> None:
        self.kept: dict[str, bytes] = {}
        self._seed = seed
        self._lock = threading.RLock()
        self._entries: list[Entry] = []
        self._count = 0

    def add(self, given: object) -> None:
        """Switch the faults of a list on, besides those that are; raises ApiError BAD_FAULT."""
        with self._lock:
            entries = read_entries(given, self._count + 1)
            self._count += len(entries)
            self._entries += entries

    def clear(self) -> None:
        """Switch all faults off; what they changed in the schema goes back, what they did to rows stays."""
        with self._lock:
            entries, self._entries = self._entries, []
            for entry in reversed(entries):
                for undo in reversed(entry.undo):
                    undo()

    def documents(self) -> list[dict[str, object]]:
        """The entries with their counts."""
        with self._lock:
            return [entry.document() for entry in self._entries]

    def around(self, sandbox: Sandbox, call: Call, proceed: Proceed) -> Answer:
        """Answer a request through the faults that take it; the first entry is the outermost."""
        if call.path in self.kept and sandbox.sessions.find(call.headers.get("authorization")) is not None:
            return json_text_answer(self.kept[call.path].decode("utf-8", "surrogatepass"))
        if not self._entries:
            return proceed(call)
        with self._lock:
            taken = [(entry, entry.hits) for entry in self._entries if self._takes(sandbox, entry, call)]
        for entry, number in reversed(taken):
            proceed = self._through(sandbox, entry, number, proceed)
        return proceed(call)

    def _through(self, sandbox: Sandbox, entry: Entry, number: int, inner: Proceed) -> Proceed:
        random = Random(f"{self._seed}:{entry.number}:{number}")  # noqa: S311  # to be repeated, not to be secret

        def answer(call: Call) -> Answer:
            try:
                return entry.fault.effect(Hit(sandbox, call, inner, entry, number, random))
            except ApiError as error:
                return json_answer(error.body, error.status)

        return answer

    def _takes(self, sandbox: Sandbox, entry: Entry, call: Call) -> bool:
        """Whether an entry takes a request; counts it."""
        fault = entry.fault
        if entry.times is not None and entry.hits >= entry.times:
            return False
        if fault.places and place_of(call)[0] not in fault.places:
            return False
        if not _matches(sandbox, entry.match, call):
            return False
        if fault.applies is not None and not fault.applies(sandbox, entry, call):
            return False
        entry.seen += 1
        if entry.seen < entry.match.nth:
            return False
        if entry.match.probability < 1:
            chance = Random(f"{self._seed}:{entry.number}:seen {entry.seen}").random()  # noqa: S311  # as above
            if chance >= entry.match.probability:
                return False
        entry.hits += 1
        return True


def _matches(sandbox: Sandbox, match: Match, call: Call) -> bool:
    if match.method is not None and match.method.upper() != call.method:
        return False
    if match.path is not None:
        pattern = ".*".join(re.escape(part) for part in match.path.split("*"))
        if not re.search(pattern, call.path):
            return False
    if match.object is not None:
        try:
            objects = objects_of(sandbox, call)
        except ApiError:  # the body is not JSON, which the server will say itself
            return False
        return objects is None or match.object.lower() in objects
    return True
