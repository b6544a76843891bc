"""How long a request is made again that fails for a passing reason."""

from __future__ import annotations

import random
from dataclasses import dataclass

from engine.errors import SalesforceError


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the client goes on with a request that fails for a passing reason. Times are seconds."""

    tries: int = 6
    within: float = 600.0
    first_wait: float = 0.5
    longest_wait: float = 60.0
    slow_window: float = 30.0
    slow_bytes: int = 16_384

    def wait(self, error: SalesforceError, attempt: int, jitter: random.Random) -> float:
        """Seconds to wait after failed attempt number `attempt`, counted from 1; not less than the org asks for."""
        ceiling = min(self.longest_wait, self.first_wait * 2.0 ** (attempt - 1))
        return max(ceiling * (0.5 + jitter.random() / 2), error.retry_after or 0.0)

    def is_worth_waiting(self, error: SalesforceError, attempt: int) -> bool:
        """Whether the same request may do after a wait that is not longer than the patience."""
        tries = error.most_tries or attempt + 1
        return error.transient and attempt < tries and (error.retry_after or 0.0) <= self.within
