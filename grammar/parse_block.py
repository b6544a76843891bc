"""Blocks in braces, item by item: a mistake stays in its item, and a missing brace in its block."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from grammar import syntax_errors as errors
from grammar.cursor import Cursor, SyntaxFail
from grammar.nearest import nearest
from grammar.parse_operator import is_operator
from grammar.parse_path import field_path
from grammar.parse_value import string_value
from grammar.shapes import ITEMS
from grammar.soql_tree import FieldPath
from grammar.source import Span
from grammar.spec_tree import FieldSelection, Invalid, Name, SelectedField, Text
from grammar.statement_starts import begins_statement
from grammar.tokens import Kind, Token

T = TypeVar("T")


def block(
    cursor: Cursor,
    item: Callable[[Cursor], T],
    starts: Callable[[Cursor], bool],
) -> tuple[T | Invalid, ...]:
    """Parse `{ item item ... }`.

    `starts` says whether an item begins at the cursor. After a mistake the parser goes on at the next item that
    begins a line. A block that is not closed ends where the next statement begins.
    """
    shape = cursor.shape
    opening = cursor.expect_sign("{")
    items: list[T | Invalid] = []
    while not cursor.at_sign("}"):
        if cursor.token.kind is Kind.END or begins_statement(cursor):
            _note_items(cursor, item)
            if not cursor.swallowed("}", opening):
                cursor.report(errors.unclosed_block(opening, cursor.token))
            return tuple(items)
        if items and cursor.token.text in (",", ";", ")"):
            _pass_over(cursor)
            continue
        begin, depth, cursor.shape = cursor.index, cursor.depth, shape
        cursor.begins_item = starts
        try:
            items.append(item(cursor))
        except SyntaxFail as fail:
            cursor.note_expected()
            cursor.report(fail.diagnostic)
            cursor.depth = depth
            _skip_item(cursor, begin, starts)
            items.append(invalid(cursor, begin))
        finally:
            cursor.begins_item = None
    cursor.take()
    return tuple(items)


def _pass_over(cursor: Cursor) -> None:
    """Leave out a sign between two items."""
    cursor.dropped.append(cursor.index)
    token = cursor.take()
    cursor.report(errors.stray_brace(token) if token.text == ")" else errors.between_items(token))


def _note_items(cursor: Cursor, item: Callable[[Cursor], T]) -> None:
    """At the end of the text, note what an item could begin with: the item itself looks for it, and fails."""
    if cursor.token.kind is not Kind.END or cursor.expected is not None:
        return
    said = len(cursor.diagnostics)
    try:
        item(cursor)
    except SyntaxFail:
        cursor.note_expected()
    del cursor.diagnostics[said:]


def _skip_item(cursor: Cursor, begin: int, starts: Callable[[Cursor], bool]) -> None:
    inner = sum({"{": 1, "}": -1}.get(t.text, 0) for t in cursor.tokens[begin : cursor.index])
    while cursor.token.kind is not Kind.END:
        token = cursor.token
        if cursor.index > begin and begins_statement(cursor):
            return
        if inner <= 0 and (token.text == "}" or (cursor.index > begin and token.first and starts(cursor))):
            return
        inner += {"{": 1, "}": -1}.get(token.text, 0) if token.kind is Kind.PUNCTUATION else 0
        cursor.take()


def invalid(cursor: Cursor, begin: int) -> Invalid:
    """The tokens from number `begin` up to the cursor, kept as text."""
    first = cursor.tokens[begin]
    span = Span(first.start, max(first.start, cursor.tokens[max(cursor.index - 1, begin)].end))
    return Invalid(cursor.text[span.start : span.end], span)


def words_start(*words: str) -> Callable[[Cursor], bool]:
    """Items that begin with one of these keywords."""
    return lambda cursor: cursor.token.kind is Kind.NAME and cursor.token.lower in words


def keyword(cursor: Cursor, what: str, words: tuple[str, ...]) -> str:
    """The keyword that begins an item; one that is nearly right is reported and taken as the right one."""
    token = cursor.token
    if cursor.at_word(*words):
        word = token.lower
    elif token.kind is Kind.NAME and (near := nearest(token.text, words)) is not None:
        cursor.report(errors.unknown_choice(token, what, words))
        word = near
    elif "where" in words and token.kind is Kind.NAME and is_operator(cursor.peek()):
        cursor.report(errors.missing_word("where", token, ITEMS["where"]))
        return "where"
    else:
        raise cursor.fail()
    cursor.take()
    cursor.shape = ITEMS.get(word, cursor.shape)
    if cursor.token.text in (":", "="):
        cursor.dropped.append(cursor.index)
        cursor.report(errors.sign_behind_word(cursor.take(), word))
    return word


def name(cursor: Cursor, words: str) -> Name:
    """A bare name; `words` says of what. Where a statement begins instead, the name is missing."""
    if begins_statement(cursor):
        cursor.tried.append(words)
        raise cursor.fail()
    token = cursor.expect_kind(Kind.NAME, words)
    return Name(token.text, token.span)


# What may follow a text in double quotes: a text without its quotes ends before these.
_AFTER_TEXT = frozenset({"as", "conflicts", "currency", "every", "from", "lookback", "may", "on", "via", "where"})


def text(cursor: Cursor, words: str) -> Text:
    """A text in double quotes; single quotes are reported and taken."""
    token = cursor.token
    if token.kind in (Kind.STRING, Kind.CURLY):
        cursor.take()
        cursor.report(errors.unquoted_name(token.span, words, token.text[1:-1], token.text))
        return Text(token.text[1:-1], token.span)
    if token.kind is Kind.NAME and token.lower not in _AFTER_TEXT:
        while _goes_on(cursor):
            cursor.take()
        span = cursor.since(token.start)
        written = cursor.text[span.start : span.end]
        cursor.report(errors.unquoted_name(span, words, written, written))
        return Text(written, span)
    cursor.expect_kind(Kind.TEXT, words)
    return Text(string_value(cursor, token).value, token.span)


def _goes_on(cursor: Cursor) -> bool:
    """Whether a text without its quotes goes on: with another word, or with a sign inside of one (`Europe/Berlin`)."""
    here = cursor.token
    if here.first or here.lower in _AFTER_TEXT:
        return False
    return here.kind is Kind.NAME or (cursor.joined(cursor.index) and here.text in ("/", "-", "&"))


def separated(
    cursor: Cursor, item: Callable[[Cursor], T], ends: Callable[[Cursor], bool], words: tuple[str, ...] = ()
) -> tuple[T, ...]:
    """Parse `item, item, ...`; a missing comma is reported and passed over, unless `ends` says that the list ends.

    A misspelt one of `words`, which begin what may follow the list, ends it too.
    """

    def near(cursor: Cursor) -> bool:
        following = cursor.peek()
        lonely = following.text not in (",", "}") and not following.is_word("as") and not following.first
        return lonely and nearest(cursor.token.text, words) is not None

    items = [item(cursor)]
    while True:
        token = cursor.token
        if cursor.at_sign(","):
            cursor.take()
            if cursor.token.text == "}":
                cursor.report(errors.trailing_comma(token))
                return tuple(items)
            items.append(item(cursor))
        elif token.is_word("and") and cursor.peek().kind is Kind.NAME:
            before = cursor.last
            cursor.take()
            cursor.report(errors.word_for_comma(token, before))
            items.append(item(cursor))
        elif token.kind is Kind.NAME and not ends(cursor) and not begins_statement(cursor) and not near(cursor):
            cursor.report(errors.missing_comma(token, cursor.last.span))
            items.append(item(cursor))
        else:
            return tuple(items)


def selected_field(cursor: Cursor) -> SelectedField:
    """`Field` or `Field as "Label"`."""
    path: FieldPath = field_path(cursor)
    label = text(cursor, "a display name in double quotes") if cursor.accept_word("as") else None
    end = label.span if label else path.span
    return SelectedField(path, label, path.span.to(end))


def selection(cursor: Cursor, mode: str, start: Token, words: tuple[str, ...]) -> FieldSelection:
    """The fields behind `fields`, `also` or `except`, which stands at `start` and is taken already.

    `words` are those that begin the items of the block.
    """
    fields = separated(cursor, selected_field, words_start(*words), words)
    span = cursor.since(start.start)
    match mode:
        case "fields":
            return FieldSelection("fields", fields, span)
        case "also":
            return FieldSelection("also", fields, span)
        case _:
            return FieldSelection("except", fields, span)
