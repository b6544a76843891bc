"""A diagnostic as text: the message, the lines it speaks of with the place underlined, and the way out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from console.terminal import Paint
from grammar.diagnostics import Diagnostic, Label
from grammar.source import Source

TAB = 4
WIDEST = 140
"""Columns of an excerpt; of a longer line the part around the place is shown."""

_LEAD = 40


class _Underline(NamedTuple):
    start: int
    """Code points from the start of the line."""
    end: int
    text: str
    primary: bool


def draw(diagnostic: Diagnostic, source: Source, *, colour: bool = False) -> str:
    """Draw a diagnostic with its excerpt; the text ends without a line break."""
    paint = Paint(colour)
    severity = diagnostic.severity.value
    by_line = _underlines(diagnostic, source)
    margin = len(str(max(by_line)))
    place = source.position(diagnostic.span.start)

    head = paint(severity, f"{severity}[{diagnostic.code}]")
    out = [f"{head}: {paint('bold', visible(diagnostic.message))}"]
    path = visible(f"{source.path}:{place.line}:{place.column}")
    out.append(f"{' ' * margin}{paint('gutter', '-->')} {path}")
    bar = paint("gutter", "|")
    out.append(f"{' ' * margin} {bar}")
    previous: int | None = None
    for number in sorted(by_line):
        if previous is not None and number > previous + 1:
            out.append(paint("gutter", "..."))
        previous = number
        shown, rows = _excerpt(source.line(number), by_line[number])
        out.append(f"{paint('gutter', f'{number:>{margin}} |')} {shown}".rstrip())
        for row, underline in zip(rows, by_line[number], strict=True):
            out.append(f"{' ' * margin} {bar} {_coloured(row, underline, paint, severity)}")
    way_out = diagnostic.help or (diagnostic.fix.title if diagnostic.fix else None)
    if way_out:
        out += _way_out(way_out, margin, paint)
    return "\n".join(out)


def draw_all(diagnostics: Iterable[Diagnostic], source: Source, *, colour: bool = False) -> str:
    """Draw diagnostics one under the other, an empty line between them."""
    return "\n\n".join(draw(d, source, colour=colour) for d in diagnostics)


def draw_lines(diagnostics: Iterable[Diagnostic], source: Source) -> str:
    """Diagnostics in a line each, for logs; those that say the same share one, which lists their lines."""
    places: dict[str, list[int]] = {}
    for diagnostic in diagnostics:
        words = f"{diagnostic.severity.value}[{diagnostic.code}]: {visible(diagnostic.message)}"
        places.setdefault(words, []).append(source.position(diagnostic.span.start).line)
    path = visible(source.path)
    return "\n".join(f"{path}:{', '.join(map(str, lines))}: {words}" for words, lines in places.items())


def visible(text: str) -> str:
    r"""The text with control characters made visible, so that no file can steer the terminal.

    >>> visible("a\x1b[31mb")
    'a␛[31mb'
    """
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def columns_of(text: str) -> int:
    """How many columns of a terminal the text takes.

    >>> columns_of("año"), columns_of("会社")
    (3, 4)
    """
    return len(text) if text.isascii() else sum(_cell(char)[1] for char in text)


def _shown(char: str) -> str:
    point = ord(char)
    if point < 0x20:
        return chr(0x2400 + point)
    if point == 0x7F:
        return "␡"
    if 0x80 <= point < 0xA0 or 0x202A <= point <= 0x202E or 0x2066 <= point <= 0x2069:
        return "�"
    return char


def _underlines(diagnostic: Diagnostic, source: Source) -> dict[int, list[_Underline]]:
    """What to underline, by line. A place that spans lines is underlined on its first one."""
    by_line: dict[int, list[_Underline]] = {}
    for label in diagnostic.labels:
        line, underline = _underline(label, source, primary=label is diagnostic.primary)
        by_line.setdefault(line, []).append(underline)
    return by_line


def _underline(label: Label, source: Source, *, primary: bool) -> tuple[int, _Underline]:
    place = source.position(label.span.start)
    start = place.column - 1
    end = start + max(label.span.end - label.span.start, 1)
    text = source.line(place.line)
    if end > len(text):
        end = max(len(text.rstrip()), start + 1)
    return place.line, _Underline(start, end, visible(label.text), primary)


def _excerpt(line: str, underlines: list[_Underline]) -> tuple[str, list[str]]:
    """The line as shown and, under it, a row for each underline."""
    cells = [_cell(char) for char in line]
    columns = [0]
    for _, width in cells:
        columns.append(columns[-1] + width)

    def column(offset: int) -> int:
        return columns[offset] if offset < len(columns) else columns[-1] + offset - len(columns) + 1

    first, last = 0, len(cells)
    if columns[-1] > WIDEST:
        wanted = max(column(underlines[0].start) - _LEAD, 0)
        first = next(i for i, at in enumerate(columns) if at >= min(wanted, columns[-1] - 1))
        last = max(i for i, at in enumerate(columns) if at <= columns[first] + WIDEST)
    before, after = "…" if first else "", "…" if last < len(cells) else ""
    shown = before + "".join(text for text, _ in cells[first:last]) + after
    left, right = columns[first], column(last)
    shift = len(before) - left
    rows = []
    for underline in underlines:
        start = min(max(column(underline.start), left), right)
        end = min(max(column(underline.end), start + 1), max(right, start + 1))
        mark = "^" if underline.primary else "-"
        rows.append(f"{' ' * (start + shift)}{mark * (end - start)} {underline.text}".rstrip())
    return shown, rows


def _cell(char: str) -> tuple[str, int]:
    """A character as shown, and how many columns of a terminal it takes."""
    if char == "\t":
        return " " * TAB, TAB
    if char.isascii():
        return _shown(char), 1
    # Most specs are ASCII, and the tables of Unicode need not be loaded for them.
    from unicodedata import category, east_asian_width

    shown = _shown(char)
    if shown == char and category(char) in ("Mn", "Me", "Cf"):
        return char, 0
    return shown, 2 if east_asian_width(char) in ("W", "F") else 1


def _coloured(row: str, underline: _Underline, paint: Paint, severity: str) -> str:
    bare = row.lstrip(" ")
    return row[: len(row) - len(bare)] + paint(severity if underline.primary else "gutter", bare)


def _way_out(text: str, margin: int, paint: Paint) -> list[str]:
    """The help, further lines of it under its first."""
    first, *others = text.split("\n")
    lead = f"{' ' * margin} {paint('gutter', '=')} {paint('bold', 'help')}: "
    return [lead + visible(first), *(" " * (margin + 9) + visible(line) for line in others)]
