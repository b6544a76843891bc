"""Prints a spec in its one canonical form. Comments and single blank lines stay, the old layout does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from grammar.format_soql import value_text, write_condition, write_path
from grammar.layout import STEP, Writer, flat_text
from grammar.soql_tree import Condition, FieldPath
from grammar.spec_tree import (
    AccountFilter,
    Accounts,
    AccountValue,
    Aggregate,
    Cases,
    Chatter,
    Conflicts,
    Conversation,
    CustomObject,
    Define,
    Every,
    Expect,
    FieldSelection,
    FillGuard,
    Given,
    Guards,
    Invalid,
    LeaveGuard,
    Link,
    Lookback,
    Metric,
    MoveGuard,
    Name,
    NoValue,
    OnLeaving,
    OwnerChild,
    OwnerRule,
    Owners,
    Pair,
    Related,
    Schedule,
    SelectedField,
    Sentiment,
    SkipInactive,
    Spec,
    Statement,
    Test,
    Text,
    Version,
    Where,
    Writeback,
    WritebackField,
    WritebackFields,
)

_Item = TypeVar("_Item")
_Part = TypeVar("_Part")


def format_spec(spec: Spec) -> str:
    """Return the canonical text of a spec.

    Raises ValueError for a tree with `Invalid` pieces: what could not be read cannot be laid out.
    """
    writer = Writer(spec.trivia)
    for statement in spec.statements:
        writer.line(0, blank=True)
        _statement(writer, statement)
    writer.line(0)
    return writer.text()


def _statement(w: Writer, statement: Statement) -> None:
    match statement:
        case Version(number):
            _words(w, "accord", str(number))
        case Accounts(items):
            w.token("accounts")
            width = max((len(_kind(i)) for i in items if isinstance(i, AccountFilter)), default=0)
            _block(w, items, lambda w, item: _account_item(w, item, width))
        case Owners(items):
            w.token("owners")
            width = max((len(_owner_kind(i)) for i in items if isinstance(i, OwnerRule)), default=0)
            _block(w, items, lambda w, item: _owner_item(w, item, width))
        case AccountValue(column, source):
            w.token(column)
            if isinstance(source, NoValue):
                w.token("none")
            else:
                w.token("from")
                _value_source(w, source)
        case Metric(label, source):
            w.token("metric")
            _text(w, label)
            w.token("from")
            _value_source(w, source)
        case Define(name, sobject, condition):
            _words(w, "define", name.text, "on", sobject.text)
            _where(w, condition, STEP)
        case Related(table, off, items):
            w.token(table)
            if off:
                w.token("none")
            else:
                _short_block(w, items, _record_item)
        case CustomObject(sobject, label, parent, via, items):
            _words(w, "object", sobject.text, "as")
            _text(w, label)
            _words(w, "on", parent)
            _link(w, via)
            if items:
                _short_block(w, items, _record_item)
        case Cases(items):
            w.token("cases")
            _block(w, items, _case_item)
        case Chatter(tables, items):
            _words(w, "chatter", "on")
            _separated(w, tables, lambda w, table: w.token(table.text), lambda table: len(table.text), STEP)
            _short_block(w, items, _chatter_item)
        case Schedule(every):
            w.token("schedule")
            _every(w, every)
        case Guards(items):
            w.token("guards")
            _block(w, items, _guard)
        case Writeback(sobject, items):
            _words(w, "writeback", sobject.text)
            _short_block(w, items, _writeback_item)
        case Test(title, date, currency, items):
            w.token("test")
            _text(w, title)
            _words(w, "on", date)
            if currency:
                w.token("in")
                _text(w, currency)
            _block(w, items, _test_item)
        case Invalid(text):
            raise ValueError(f"a piece that does not parse cannot be formatted: {text[:40]!r}")


def _block(w: Writer, items: Sequence[_Item], write: Callable[[Writer, _Item], None]) -> None:
    """`{`, one item a line, `}`."""
    outside = 0
    w.token("{")
    for item in items:
        w.line(outside + STEP, blank=True)
        if isinstance(item, Invalid):
            raise ValueError(f"a piece that does not parse cannot be formatted: {item.text[:40]!r}")
        write(w, item)
    w.close("}", outside + STEP, outside)


def _short_block(w: Writer, items: Sequence[_Item], write: Callable[[Writer, _Item], None]) -> None:
    """A block that stands in one line if it fits."""

    def whole(inner: Writer) -> None:
        inner.token("{")
        for number, item in enumerate(items):
            if number:
                inner.gap()
            inner.line(STEP, blank=True)
            if isinstance(item, Invalid):
                raise ValueError(f"a piece that does not parse cannot be formatted: {item.text[:40]!r}")
            write(inner, item)
        inner.close("}", STEP, 0)

    w.group(whole)


def _words(w: Writer, *words: str) -> None:
    for word in words:
        w.token(word)


def _text(w: Writer, text: Text) -> None:
    w.token(quoted(text.value))


def quoted(value: str) -> str:
    """A text in double quotes, as the language writes it."""
    out = value.replace("\\", "\\\\").replace('"', '\\"')
    for sign, escape in (("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t"), ("\b", "\\b"), ("\f", "\\f")):
        out = out.replace(sign, escape)
    return f'"{out}"'


def _where(w: Writer, condition: Condition, indent: int) -> None:
    w.token("where")
    write_condition(w, condition, indent)


def _separated(
    w: Writer,
    items: Sequence[_Part],
    write: Callable[[Writer, _Part], None],
    width: Callable[[_Part], int],
    indent: int,
) -> None:
    for number, item in enumerate(items):
        if number:
            w.token(",", glue=True)
            w.soft_line(indent, width(item) + 1)
        write(w, item)


def _link(w: Writer, via: Link) -> None:
    w.token("via")
    write_path(w, via.child)
    if via.parent:
        w.token("=")
        write_path(w, via.parent)


def _kind(item: AccountFilter) -> str:
    return "" if item.kind == "all" else item.kind


def _account_item(w: Writer, item: AccountFilter | FieldSelection | OnLeaving | Invalid, width: int) -> None:
    match item:
        case AccountFilter(_, condition):
            if kind := _kind(item):
                w.token(kind)
                w.pad(width)
            _where(w, condition, 2 * STEP)
        case OnLeaving(policy):
            _words(w, "on", "leaving", policy)
        case FieldSelection():
            _selection(w, item)


def _selection(w: Writer, selection: FieldSelection) -> None:
    w.token(selection.mode)
    _separated(
        w,
        selection.fields,
        _selected,
        lambda item: len(flat_text(lambda f: _selected(f, item))[0]),
        2 * STEP,
    )


def _selected(w: Writer, item: SelectedField) -> None:
    write_path(w, item.path)
    if item.label:
        w.token("as")
        _text(w, item.label)


def _owner_kind(item: OwnerRule) -> str:
    return quoted(item.kind) if item.quoted else item.kind


def _owner_item(w: Writer, item: OwnerRule | SkipInactive | Invalid, width: int) -> None:
    match item:
        case SkipInactive():
            _words(w, "skip", "inactive", "users")
        case OwnerRule(_, _, sources):
            w.token(_owner_kind(item))
            w.pad(width)
            w.token("from")
            w.group(lambda g: _owner_sources(g, sources))


def _owner_sources(w: Writer, sources: Sequence[FieldPath | OwnerChild]) -> None:
    for number, source in enumerate(sources):
        if number:
            w.soft_line(2 * STEP)
            w.token("else")
        if isinstance(source, FieldPath):
            write_path(w, source)
            continue
        write_path(w, source.path)
        _words(w, "of", source.object.text)
        _link(w, source.via)
        if source.condition is not None:
            _where(w, source.condition, 3 * STEP)


def _value_source(w: Writer, source: FieldPath | Aggregate) -> None:
    if isinstance(source, FieldPath):
        write_path(w, source)
    else:
        w.group(lambda g: _aggregate(g, source))


def _aggregate(w: Writer, source: Aggregate) -> None:
    w.token(source.function)
    w.token("(", glue=True)
    if source.value:
        write_path(w, source.value)
    w.token(")", glue=True)
    _words(w, "of", source.object.text)
    _link(w, source.via)
    if source.by:
        w.token("by")
        write_path(w, source.by)
    if source.currency:
        w.token("in")
        w.token(quoted(source.currency.code) if source.currency.code is not None else source.currency.kind)
        w.token("currency")
    if source.condition is not None:
        w.soft_line(STEP)
        _where(w, source.condition, 2 * STEP)
    if source.otherwise is not None:
        w.soft_line(STEP)
        w.token("else")
        if isinstance(source.otherwise, FieldPath):
            write_path(w, source.otherwise)
        else:
            w.token(value_text(source.otherwise))


def _record_item(w: Writer, item: Where | FieldSelection | Invalid) -> None:
    match item:
        case Where(condition):
            _where(w, condition, 2 * STEP)
        case FieldSelection():
            _selection(w, item)


def _case_item(w: Writer, item: Where | Lookback | Conversation | FieldSelection | Sentiment | Invalid) -> None:
    match item:
        case Where() | FieldSelection():
            _record_item(w, item)
        case Lookback():
            _lookback(w, item)
        case Conversation(source):
            _words(w, "conversation", source)
        case Sentiment(on):
            _words(w, "sentiment", "on" if on else "off")


def _lookback(w: Writer, item: Lookback) -> None:
    _words(w, "lookback", str(item.days), "days")


def _chatter_item(w: Writer, item: Every | Lookback | Where | Invalid) -> None:
    match item:
        case Every():
            _every(w, item)
        case Lookback():
            _lookback(w, item)
        case Where(condition):
            _where(w, condition, 2 * STEP)


def _every(w: Writer, every: Every) -> None:
    _words(w, "every", every.period)
    if every.weekday:
        _words(w, "on", every.weekday)
    if every.at:
        _words(w, "at", every.at)
    if every.zone:
        w.token("in")
        _text(w, every.zone)


def _guard(w: Writer, item: LeaveGuard | MoveGuard | FillGuard | Invalid) -> None:
    match item:
        case LeaveGuard(subject, limit):
            _subject(w, subject)
            _words(w, "may", "leave", "at", "most", f"{limit.text}%")
        case MoveGuard(subject, limit):
            _subject(w, subject)
            _words(w, "may", "move", "at", "most", f"{limit.text}%")
        case FillGuard(subject, limit):
            _subject(w, subject)
            _words(w, "filled", "on", "at", "least", f"{limit.text}%", "of", "customers")


def _subject(w: Writer, subject: Name | Text) -> None:
    if isinstance(subject, Text):
        _text(w, subject)
    else:
        w.token(subject.text)


def _writeback_item(w: Writer, item: WritebackFields | Conflicts | Invalid) -> None:
    match item:
        case WritebackFields(fields):
            w.token("fields")
            _separated(
                w,
                fields,
                _writeback_field,
                lambda field: len(flat_text(lambda f: _writeback_field(f, field))[0]),
                2 * STEP,
            )
        case Conflicts(policy):
            _words(w, "conflicts", policy)


def _writeback_field(w: Writer, field: WritebackField) -> None:
    write_path(w, field.path)
    if field.key:
        w.token("from")
        _text(w, field.key)


def _test_item(w: Writer, item: Given | Expect | Invalid) -> None:
    match item:
        case Given(sobject, pairs):
            _words(w, "given", sobject.text)
            _record(w, pairs)
        case Expect(table, key, absent, pairs):
            _words(w, "expect", table.text, value_text(key))
            if absent:
                w.token("absent")
            else:
                _record(w, pairs)


def _record(w: Writer, pairs: Sequence[Pair]) -> None:
    w.token("{")
    _separated(w, pairs, _pair, lambda pair: len(flat_text(lambda f: _pair(f, pair))[0]), 2 * STEP)
    w.token("}")


def _pair(w: Writer, pair: Pair) -> None:
    if isinstance(pair.key, Text):
        _text(w, pair.key)
    else:
        write_path(w, pair.key)
    w.token(":", glue=True)
    w.token(pair.value.text if isinstance(pair.value, Name) else value_text(pair.value))
