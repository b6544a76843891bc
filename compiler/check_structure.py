"""Checks of a spec that need no schema: what is missing, doubled, out of place, or names nothing in the spec."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.check_guards import check_guard_names
from compiler.checks import column_clash, names, structure
from compiler.conditions import uses_of
from compiler.filters import filters_of
from compiler.labels import lower_snake
from compiler.paths import Report
from compiler.resolve import all_of
from compiler.tables import BUILT_IN_TABLES, active_view
from grammar.nearest import nearest
from grammar.source import Span
from grammar.spec_tree import (
    AccountFilter,
    Accounts,
    AccountValue,
    Cases,
    Chatter,
    Conversation,
    CustomObject,
    Define,
    Every,
    Guards,
    Invalid,
    Lookback,
    Metric,
    OnLeaving,
    OwnerRule,
    Owners,
    Related,
    Schedule,
    Sentiment,
    SkipInactive,
    Spec,
    Statement,
    Test,
    Text,
    Version,
    Writeback,
    WritebackFields,
)


def check_structure(spec: Spec, report: Report) -> None:
    """Report what is wrong with the spec as a whole, statement by statement."""
    _version(spec, report)
    _once(spec, report)
    _accounts(spec, report)
    for owners in all_of(spec, Owners):
        _doubled(
            ((i.kind.lower(), f"`{i.kind}`", i.kind_span) for i in owners.items if isinstance(i, OwnerRule)), report
        )
        _doubled(
            (("skip", "`skip inactive users`", i.span) for i in owners.items if isinstance(i, SkipInactive)), report
        )
    _doubled(
        ((d.name.text.lower(), f"the definition `{d.name.text}`", d.name.span) for d in all_of(spec, Define)), report
    )
    _tables(spec, report)
    _metrics(spec, report)
    _incomplete(spec, report)
    check_guard_names(spec, report)
    _zones(spec, report)
    _unused(spec, report)


def not_acted_on(spec: Spec, report: Report) -> None:
    """Report the statements that are checked but that a run does nothing about yet."""
    for statement in spec.statements:
        match statement:
            case Cases():
                report(structure.not_acted_on("cases", _head(statement.span, "cases")))
            case Chatter():
                report(structure.not_acted_on("chatter", _head(statement.span, "chatter")))
            case Writeback():
                report(structure.not_acted_on("writeback", _head(statement.span, "writeback")))
            case Schedule():
                report(structure.not_acted_on("schedule", _head(statement.span, "schedule")))
            case Test():
                report(structure.not_acted_on("test", _head(statement.span, "test")))
            case _:
                pass


def _version(spec: Spec, report: Report) -> None:
    versions = all_of(spec, Version)
    if not versions:
        if spec.statements:
            report(structure.no_version())
    elif not isinstance(spec.statements[0], Version):
        report(structure.version_not_first(versions[0].span, versions[0].number))


def _doubled(found: Iterable[tuple[str, str, Span]], report: Report) -> None:
    first: dict[str, Span] = {}
    for key, what, span in found:
        if key in first:
            report(structure.duplicate(what, span, first[key]))
        first.setdefault(key, span)


def _once(spec: Spec, report: Report) -> None:
    def key(statement: Statement) -> str | None:
        match statement:
            case Version():
                return "accord"
            case AccountValue(column):
                return column
            case Related(table):
                return table
            case Writeback(sobject):
                return f"writeback {sobject.text}"
            case Accounts() | Owners() | Cases() | Chatter() | Schedule() | Guards():
                return type(statement).__name__.lower()
            case _:
                return None

    statements = [(key(s), s) for s in spec.statements]
    _doubled(((k.lower(), f"`{k}`", _head(s.span, k)) for k, s in statements if k is not None), report)


def _head(span: Span, words: str) -> Span:
    return Span(span.start, min(span.end, span.start + len(words)))


def _accounts(spec: Spec, report: Report) -> None:
    statements = all_of(spec, Accounts)
    if not statements:
        if not any(isinstance(s, Invalid) and s.text.lower().startswith("accounts") for s in spec.statements):
            report(structure.no_accounts(_head(spec.statements[0].span, "accord") if spec.statements else Span(0, 0)))
        return
    items = statements[0].items
    filters = [i for i in items if isinstance(i, AccountFilter)]
    single = [f for f in filters if f.kind == "all"]
    typed = [f for f in filters if f.kind != "all"]
    if single and typed:
        report(structure.both_account_forms(_head(single[0].span, "where"), _head(typed[0].span, typed[0].kind)))
    elif not filters and not any(isinstance(i, Invalid) for i in items):
        report(structure.no_accounts(_head(statements[0].span, "accounts")))
    _doubled(((f.kind, f"`{f.kind if f.kind != 'all' else 'where'}`", _head(f.span, f.kind)) for f in filters), report)
    _doubled((("on", "`on leaving`", i.span) for i in items if isinstance(i, OnLeaving)), report)


def _tables(spec: Spec, report: Report) -> None:
    own = (*BUILT_IN_TABLES, *map(active_view, BUILT_IN_TABLES))
    taken: dict[str, tuple[str, Span | None]] = dict.fromkeys(own, ("one that Accord makes itself", None))
    for statement in all_of(spec, CustomObject):
        label = statement.label
        name = lower_snake(label.value)
        clash = next((one for one in (name, active_view(name)) if one in taken), None)
        if clash is not None:
            why, first = taken[clash]
            report(column_clash.table_clash(clash, label.span, why, first))
        elif name:
            taken[name] = (f"`{label.value}`", label.span)
            taken[active_view(name)] = (f"the view of the active rows of `{label.value}`", label.span)


def _metrics(spec: Spec, report: Report) -> None:
    found = ((lower_snake(m.label.value), m.label) for m in all_of(spec, Metric))
    first: dict[str, Text] = {}
    for name, label in found:
        if name and name in first:
            why = f'the metric "{first[name].value}"'
            report(column_clash.column_clash(name, "accounts", label.span, why, first[name].span))
        first.setdefault(name, label)


def _incomplete(spec: Spec, report: Report) -> None:
    for cases in all_of(spec, Cases):
        _required(cases.items, Lookback, "`cases`", "a lookback", cases.span, "lookback 90 days", report)
        for kind, what in ((Lookback, "`lookback`"), (Conversation, "`conversation`"), (Sentiment, "`sentiment`")):
            _doubled(((what, what, i.span) for i in cases.items if isinstance(i, kind)), report)
    for chatter in all_of(spec, Chatter):
        _required(chatter.items, Every, "`chatter`", "a schedule", chatter.span, "every day at 06:00", report)
        _required(chatter.items, Lookback, "`chatter`", "a lookback", chatter.span, "lookback 30 days", report)
        for table in chatter.tables:
            if table.text.lower() not in ("accounts", "opportunities"):
                known = ("accounts", "opportunities")
                report(names.unknown_table(table.text, "table with a Chatter feed", table.span, known))
    for writeback in all_of(spec, Writeback):
        _required(
            writeback.items,
            WritebackFields,
            "`writeback`",
            "a list of fields",
            writeback.span,
            "fields Industry",
            report,
        )


def _required(
    items: Iterable[object], kind: type, what: str, missing: str, span: Span, example: str, report: Report
) -> None:
    if not any(isinstance(item, kind | Invalid) for item in items):
        report(structure.incomplete(what, missing, _head(span, what.strip("`")), example))


def _zones(spec: Spec, report: Report) -> None:
    everies = [s.every for s in all_of(spec, Schedule)]
    everies += [i for c in all_of(spec, Chatter) for i in c.items if isinstance(i, Every)]
    for every in everies:
        if every.zone is not None and not is_zone(every.zone.value):
            from zoneinfo import available_timezones

            report(names.unknown_zone(every.zone.value, every.zone.span, tuple(available_timezones())))


def is_zone(name: str) -> bool:
    """Whether the time zone database has this name."""
    # Few specs name a zone, and the others are checked at once.
    from datetime import datetime
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        datetime(2026, 1, 1, tzinfo=ZoneInfo(name)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # ZoneInfo opens files by this name, so a bad one may fail as a path does.
        return False
    return True


def _unused(spec: Spec, report: Report) -> None:
    used = {use.name.lower() for written in filters_of(spec) for use in uses_of(written.condition)}
    misspelt = used - {define.name.text.lower() for define in all_of(spec, Define)}
    unread = [piece.text.lower() for piece in _invalid(spec)]
    for define in all_of(spec, Define):
        name = define.name.text.lower()
        # A misspelt use is reported as such, and is a use nevertheless.
        if name not in used and not any(name in text for text in unread) and nearest(name, misspelt) is None:
            report(structure.unused_definition(define.name.text, define.name.span))


def _invalid(spec: Spec) -> Iterable[Invalid]:
    """The pieces that did not parse, in blocks too."""
    for statement in spec.statements:
        if isinstance(statement, Invalid):
            yield statement
        else:
            yield from (item for item in getattr(statement, "items", ()) if isinstance(item, Invalid))
