"""Trees of specs for Hypothesis: every statement and every line of a block, with all that may stand in them."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st

from grammar.date_literals import COUNTED, PLAIN
from grammar.node import Node
from grammar.parse_accounts import AGGREGATES
from grammar.parse_schedule import WEEKDAYS
from grammar.soql_tree import (
    And,
    BooleanValue,
    Comparison,
    Condition,
    CurrencyValue,
    DateLiteral,
    DateTimeValue,
    DateValue,
    FieldPath,
    FunctionCall,
    Not,
    NullValue,
    NumberValue,
    Operator,
    Or,
    Paren,
    StringValue,
    SubSelect,
    TimeValue,
    Use,
    Value,
    ValueList,
)
from grammar.source import NOWHERE
from grammar.spec_tree import (
    AccountFilter,
    Accounts,
    AccountValue,
    Aggregate,
    Cases,
    Chatter,
    Conflicts,
    Conversation,
    Currency,
    CustomObject,
    Define,
    Every,
    Expect,
    FieldSelection,
    FillGuard,
    Given,
    Guards,
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
    Percent,
    Related,
    Schedule,
    SelectedField,
    Sentiment,
    SkipInactive,
    Spec,
    Test,
    Text,
    Trivia,
    Version,
    Where,
    Writeback,
    WritebackField,
    WritebackFields,
)

S = st.SearchStrategy

# Names that are keywords elsewhere in the language are names like any others.
words = st.sampled_from(
    ["Name", "Type", "Status__c", "npe01__Amount__c", "on", "Test", "fields", "Else", "via", "Sentiment", "x", "Größe"]
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
paths = st.lists(words, min_size=1, max_size=3).map(lambda names: FieldPath(tuple(names), NOWHERE))
names = words.map(lambda word: Name(word, NOWHERE))
labels = texts.map(lambda text: Text(text, NOWHERE))
days = st.dates(date(1700, 1, 1), date(4000, 12, 31)).map(lambda day: f"{day:%Y}".zfill(4) + f"-{day:%m-%d}")
times = st.times().map(lambda time: f"{time:%H:%M}")


def _string(value: str) -> StringValue:
    raw = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return StringValue(value, raw, NOWHERE)


def _node(kind: type[Node], *parts: S[Any]) -> S[Any]:
    """Nodes of a kind from strategies for their fields, with no place."""
    return st.tuples(*parts).map(lambda fields: kind(*fields, NOWHERE))


def _several(item: S[Any], least: int = 0, most: int = 3) -> S[tuple[Any, ...]]:
    return st.lists(item, min_size=least, max_size=most).map(tuple)


def _maybe(part: S[Any]) -> S[Any]:
    return st.none() | part


strings = texts.map(_string)
literals = st.sampled_from(sorted(PLAIN)).map(lambda name: DateLiteral(name, None, NOWHERE)) | _node(
    DateLiteral, st.sampled_from(sorted(COUNTED)), st.integers(0, 400)
)
plain_values: S[Value] = st.one_of(
    strings,
    _node(NumberValue, st.from_regex(r"[+-]?([0-9]{1,6}(\.[0-9]{1,3})?|\.[0-9]{1,3})", fullmatch=True)),
    _node(BooleanValue, st.booleans()),
    st.just(NullValue(NOWHERE)),
    _node(DateValue, days),
    _node(DateTimeValue, days.map(lambda day: f"{day}T10:20:30.5+02:00")),
    _node(TimeValue, times.map(lambda time: f"{time}:09.000Z")),
    literals,
)
values: S[Value] = plain_values | _node(
    CurrencyValue, st.just("USD"), st.from_regex(r"[0-9]{1,5}(\.5)?", fullmatch=True)
)
functions = st.one_of(
    _node(FunctionCall, st.sampled_from(["CALENDAR_YEAR", "toLabel", "DAY_ONLY"]), paths.map(lambda path: (path,))),
    paths.map(
        lambda path: FunctionCall(
            "DISTANCE",
            (
                path,
                FunctionCall("GEOLOCATION", (NumberValue("1.5", NOWHERE), NumberValue("-2", NOWHERE)), NOWHERE),
                StringValue("km", "km", NOWHERE),
            ),
            NOWHERE,
        )
    ),
)
left_sides = paths | functions


def _compared(left: S[Any], operators: list[Operator], right: S[Any]) -> S[Comparison]:
    return _node(Comparison, left, st.sampled_from(operators), right)


comparisons = st.one_of(
    _compared(left_sides, ["=", "!=", "<", "<=", ">", ">="], values),
    _compared(paths, ["LIKE"], strings),
    _compared(paths, ["IN", "NOT IN", "INCLUDES", "EXCLUDES"], _node(ValueList, _several(values, 1))),
)


def _conditions(inner: S[Condition]) -> S[Condition]:
    """Conditions as Salesforce takes them: whatever is combined stands in parentheses unless it is a comparison."""
    grouped: S[Condition] = comparisons | _node(Paren, inner) | _node(Use, words)
    sub_select = st.builds(
        lambda field, name, condition: SubSelect(field, name, condition, NOWHERE, NOWHERE),
        paths,
        words,
        _maybe(inner),
    )
    return st.one_of(
        grouped,
        _node(And, _several(grouped, 2)),
        _node(Or, _several(grouped, 2)),
        _node(Not, grouped),
        _compared(paths, ["IN", "NOT IN"], sub_select),
    )


conditions: S[Condition] = st.recursive(comparisons | _node(Use, words), _conditions, max_leaves=6)
wheres = _node(Where, conditions)
links = _node(Link, paths, _maybe(paths))
selections = _node(
    FieldSelection,
    st.sampled_from(["fields", "also", "except"]),
    _several(_node(SelectedField, paths, _maybe(labels)), 1, 8),
)
currencies = st.one_of(
    st.sampled_from(["corporate", "account"]).map(lambda kind: Currency(kind, None, NOWHERE)),
    _node(Currency, st.just("code"), texts),
)
aggregates = st.builds(
    lambda function, value, *rest: Aggregate(function, None if function == "count" else value, *rest, NOWHERE, NOWHERE),
    st.sampled_from(AGGREGATES),
    paths,
    names,
    links,
    _maybe(paths),
    _maybe(currencies),
    _maybe(conditions),
    _maybe(plain_values | paths),
)
owner_sources = paths | _node(OwnerChild, paths, names, links, _maybe(conditions))
owner_rules = st.one_of(
    st.builds(
        lambda kind, sources: OwnerRule(kind, False, sources, NOWHERE, NOWHERE),
        st.sampled_from(["account_owner", "csm", "sales_rep", "success_manager"]),
        _several(owner_sources, 1),
    ),
    st.builds(
        lambda kind, sources: OwnerRule(kind, True, sources, NOWHERE, NOWHERE), texts, _several(owner_sources, 1)
    ),
)
percents = _node(Percent, st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2})?", fullmatch=True))
lookbacks = _node(Lookback, st.integers(1, 365))
everies = st.one_of(
    _node(Every, st.just("hour"), st.none(), st.none(), _maybe(labels)),
    _node(Every, st.just("day"), st.none(), times, _maybe(labels)),
    _node(Every, st.just("week"), st.sampled_from(WEEKDAYS), times, _maybe(labels)),
)
pairs = _node(Pair, paths | labels, plain_values | names)
tables = st.sampled_from(["accounts", "opportunities"]).map(lambda word: Name(word, NOWHERE))
_related_tables = st.sampled_from(["contacts", "opportunities"])
STATEMENTS: dict[type[Node], S[Any]] = {
    Version: st.just(Version(1, NOWHERE)),
    Accounts: _node(
        Accounts,
        _several(
            st.one_of(
                _node(AccountFilter, st.sampled_from(["all", "customer", "prospect", "partner"]), conditions),
                selections,
                _node(OnLeaving, st.sampled_from(["keep", "remove"])),
            ),
            most=5,
        ),
    ),
    Owners: _node(Owners, _several(owner_rules | st.just(SkipInactive(NOWHERE)), most=5)),
    AccountValue: _node(
        AccountValue, st.sampled_from(["arr", "renewal"]), st.just(NoValue(NOWHERE)) | paths | aggregates
    ),
    Metric: _node(Metric, labels, aggregates),
    Define: _node(Define, names, names, conditions),
    Related: st.one_of(
        _node(Related, _related_tables, st.just(True), st.just(())),
        _node(Related, _related_tables, st.just(False), _several(wheres | selections, most=4)),
    ),
    CustomObject: _node(
        CustomObject,
        names,
        labels,
        st.sampled_from(["account", "contact"]),
        links,
        _several(wheres | selections, most=4),
    ),
    Cases: _node(
        Cases,
        _several(
            st.one_of(
                wheres,
                lookbacks,
                _node(Conversation, st.sampled_from(["case_comments", "email_messages"])),
                selections,
                _node(Sentiment, st.booleans()),
            ),
            most=5,
        ),
    ),
    Chatter: _node(Chatter, _several(tables, 1), _several(everies | lookbacks | wheres)),
    Schedule: _node(Schedule, everies),
    Guards: _node(
        Guards,
        _several(
            st.one_of(
                _node(LeaveGuard, names | labels, percents),
                _node(MoveGuard, names | labels, percents),
                _node(FillGuard, names | labels, percents),
            )
        ),
    ),
    Writeback: _node(
        Writeback,
        names,
        _several(
            _node(WritebackFields, _several(_node(WritebackField, paths, _maybe(labels)), 1))
            | _node(Conflicts, st.sampled_from(["hold", "salesforce", "statisfy"]))
        ),
    ),
    Test: _node(
        Test,
        labels,
        days,
        _maybe(labels),
        _several(
            st.one_of(
                _node(Given, names, _several(pairs)),
                _node(Expect, names, plain_values, st.just(False), _several(pairs)),
                _node(Expect, names, plain_values, st.just(True), st.just(())),
            )
        ),
    ),
}
specs: S[Spec] = st.builds(
    lambda parts: Spec(parts, Trivia(), NOWHERE), _several(st.one_of(*STATEMENTS.values()), 1, 4)
)
