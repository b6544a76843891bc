"""Did you mean: the name that is nearest to a misspelt one, if one is near."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `word` most likely was meant to be; None when none is near, or several are alike.

    Case, underscores and the endings `__c` and `__r` do not count. One slip in three letters is near.
    """
    found = near_names(word, candidates)
    return found[0] if len(found) == 1 else None


def near_names(word: str, candidates: Iterable[str]) -> tuple[str, ...]:
    """All candidates that are equally near to `word`, three at the most: a fix must not choose between them."""
    # Imported here, because a text without mistakes should not wait for it.
    from rapidfuzz.distance import DamerauLevenshtein

    wanted = _bare(word)
    best: dict[str, str] = {}
    least = len(wanted) + 1
    for candidate in candidates:
        bare = _bare(candidate)
        limit = max(1, max(len(wanted), len(bare)) // 3)
        distance = DamerauLevenshtein.distance(wanted, bare, score_cutoff=limit)
        if distance > limit or (distance == max(len(wanted), len(bare)) and wanted != bare):
            continue
        if distance < least:
            least, best = distance, {}
        if distance == least and abs(len(candidate) - len(word)) < abs(len(best.get(bare, " " * 999)) - len(word)):
            best[bare] = candidate
    return tuple(sorted(best.values()))[:3]


def _bare(name: str) -> str:
    lowered = name.lower()
    return lowered.removesuffix("__c").removesuffix("__r").replace("_", "")


def did_you_mean(choices: tuple[str, ...]) -> str | None:
    """The question that a message asks, or None without anything to ask for."""
    if not choices:
        return None
    return f"did you mean {' or '.join(f'`{choice}`' for choice in choices)}?"
