"""Did you mean: the name that is nearest to a misspelt one, if one is near."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` most likely was meant to be, or None when none is near.

    Case, underscores and the endings `__c` and `__r` do not count. One slip in three letters is near.
    """
    # Imported here, because a text without mistakes should not wait for it.
    from rapidfuzz.distance import DamerauLevenshtein

    wanted = _bare(word)
    best: tuple[float, int, str] | None = None
    for candidate in candidates:
        bare = _bare(candidate)
        limit = max(1, max(len(wanted), len(bare)) // 3)
        distance = DamerauLevenshtein.distance(wanted, bare, score_cutoff=limit)
        if distance <= limit and (distance < max(len(wanted), len(bare)) or wanted == bare):
            rank = (float(distance), abs(len(candidate) - len(word)), candidate)
            best = min(best, rank) if best else rank
    return best[2] if best else None


def _bare(name: str) -> str:
    lowered = name.lower()
    return lowered.removesuffix("__c").removesuffix("__r").replace("_", "")
