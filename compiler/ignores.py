"""Comments in a spec that keep a finding from being reported: `# accord: ignore W0503 (why)`.

Such a comment stands at the end of the line that the finding is about, or on the line above; beside a statement of
several lines it speaks of all of them. It names each code, and is itself reported when it is not needed or names what
cannot be ignored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from compiler.checks.ignore_comment import ignored_error, no_code, unknown_code, unneeded_ignore
from grammar.diagnostics import Diagnostic, Severity, has_errors
from grammar.nearest import nearest
from grammar.source import Source, Span
from grammar.spec_tree import Comment, Spec

_COMMENT = re.compile(r"#\s*accord:\s*ignore\b(?P<codes>[^(]*)", re.IGNORECASE)
_CODE = re.compile(r"[^\s,]+")


class Ignore(NamedTuple):
    """One code that a comment names, and the lines whose findings it speaks of."""

    code: str
    span: Span
    cut: Span
    """What to delete to be rid of it: the code, or the whole comment."""
    lines: frozenset[int]


def ignores_of(spec: Spec, source: Source) -> tuple[Ignore, ...]:
    """What the comments of a spec ask to ignore, in the order of the text; a comment that names no code has `""`."""
    return tuple(i for comment in spec.trivia.comments for i in _named(comment, _lines(comment, spec, source), source))


def without_ignored(
    found: Iterable[Diagnostic],
    ignores: tuple[Ignore, ...],
    source: Source,
) -> list[Diagnostic]:
    """The findings that no comment asks to ignore. Errors always stay."""
    return [d for d in found if not any(_speaks_of(ignore, d, source) for ignore in ignores)]


def check_ignores(
    found: Iterable[Diagnostic],
    ignores: tuple[Ignore, ...],
    source: Source,
    codes: Mapping[str, str],
    *,
    complete: bool,
    elsewhere: frozenset[str] = frozenset(),
) -> list[Diagnostic]:
    """What is wrong with the comments themselves.

    Args:
        found: all findings of the spec, the ignored ones too.
        ignores: what the comments ask for.
        source: the spec's text.
        codes: the name of each code that Accord has.
        complete: whether everything was checked; if not, nothing is said of comments that seem not to be needed,
            since what they speak of may not have been looked for. After an error that is so too.
        elsewhere: codes that other commands report.
    """
    everything = list(found)
    looked_for = complete and not has_errors(everything)
    wrong: list[Diagnostic] = []
    for ignore in ignores:
        code = ignore.code.upper()
        if not code:
            wrong.append(no_code(ignore.span))
        elif code not in codes:
            by_name = {name: known for known, name in codes.items()}
            near = by_name.get(ignore.code.lower()) or nearest(code, [c for c in codes if not c.startswith("E")])
            wrong.append(unknown_code(ignore.code, ignore.span, near))
        elif code.startswith("E"):
            wrong.append(ignored_error(code, ignore.span))
        elif looked_for and code not in elsewhere and not any(_speaks_of(ignore, d, source) for d in everything):
            wrong.append(unneeded_ignore(ignore.code, ignore.span, ignore.cut))
    return wrong


def _speaks_of(ignore: Ignore, diagnostic: Diagnostic, source: Source) -> bool:
    return (
        diagnostic.severity is not Severity.ERROR
        and diagnostic.code == ignore.code.upper()
        and source.position(diagnostic.span.start).line in ignore.lines
    )


def _lines(comment: Comment, spec: Spec, source: Source) -> frozenset[int]:
    """The line that the comment ends, or the one below it, with all of the statement or item that ends or begins there.

    So a statement that the formatter spreads over several lines keeps what is ignored in it.
    """
    line = source.position(comment.span.start).line
    lines = {line}
    if comment.trailing:
        for span in _pieces(spec):
            last = source.position(span.end - 1).line
            if last == line and span.end <= comment.span.start:
                lines.update(range(source.position(span.start).line, line))
        return frozenset(lines)
    alone = {source.position(c.span.start).line for c in spec.trivia.comments if not c.trailing}
    following = line + 1
    while following in alone:
        following += 1
    lines.add(following)
    for span in _pieces(spec):
        if source.position(span.start).line == following:
            lines.update(range(following, source.position(span.end - 1).line + 1))
    return frozenset(lines)


def _pieces(spec: Spec) -> Iterator[Span]:
    """The places of the statements and of the items in them."""
    for statement in spec.statements:
        yield statement.span
        yield from (item.span for item in getattr(statement, "items", ()))


def _named(comment: Comment, lines: frozenset[int], source: Source) -> list[Ignore]:
    match = _COMMENT.match(comment.text)
    if match is None:
        return []
    start = comment.span.start
    pieces = list(_CODE.finditer(match["codes"]))
    if not pieces:
        return [Ignore("", comment.span, comment.span, lines)]
    first = start + match.start("codes")
    found = []
    for number, piece in enumerate(pieces):
        span = Span(first + piece.start(), first + piece.end())
        if len(pieces) == 1:
            cut = _whole(comment, source)
        elif number + 1 < len(pieces):
            cut = Span(span.start, first + pieces[number + 1].start())
        else:
            cut = Span(first + pieces[number - 1].end(), span.end)
        found.append(Ignore(piece.group(), span, cut, lines))
    return found


def _whole(comment: Comment, source: Source) -> Span:
    """The comment with the blanks before it and, if it has its line for itself, the line's end."""
    start, end = comment.span
    while start > 0 and source.text[start - 1] in " \t":
        start -= 1
    if not comment.trailing:
        end = source.text.find("\n", end) + 1 or len(source.text)
    return Span(start, end)
