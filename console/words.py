"""Small words for people: numbers with their noun, durations, columns of text."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """The number with its noun.

    >>> counted(1, "error"), counted(1200, "row"), counted(2, "fix", "fixes")
    ('1 error', '1,200 rows', '2 fixes')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def table(header: Sequence[str], rows: Sequence[Sequence[str]], numbers: frozenset[int] = frozenset()) -> str:
    """Rows as text in aligned columns; the columns in `numbers` are aligned to the right.

    >>> print(table(("type", "rows"), [("customer", "2"), ("partner", "13")], frozenset({1})))
    type      rows
    customer     2
    partner     13
    """
    from console.drawing import columns_of

    lines = [header, *rows]
    widths = [max(columns_of(line[at]) for line in lines) for at in range(len(header))]
    out = []
    for line in lines:
        cells = []
        for at, (cell, width) in enumerate(zip(line, widths, strict=True)):
            space = " " * (width - columns_of(cell))
            cells.append(space + cell if at in numbers else cell + space)
        out.append("  ".join(cells).rstrip())
    return "\n".join(out)
