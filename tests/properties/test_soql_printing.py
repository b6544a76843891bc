from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.print_soql import print_condition, print_value
from grammar.parse import parse_condition
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    DateLiteral,
    FieldPath,
    Not,
    NullValue,
    NumberValue,
    Or,
    Paren,
    StringValue,
    SubSelect,
    ValueList,
)
from grammar.source import NOWHERE

paths = st.sampled_from([("Name",), ("Owner", "Name"), ("Order",), ("Not__c",)]).map(
    lambda names: FieldPath(names, NOWHERE)
)
texts = st.text(max_size=6).map(lambda t: StringValue(t, "", NOWHERE))
values = st.one_of(
    texts,
    st.sampled_from(
        [
            NumberValue("-0.50", NOWHERE),
            NullValue(NOWHERE),
            DateLiteral("LAST_N_DAYS", 3, NOWHERE),
        ]
    ),
)
comparisons = st.one_of(
    st.builds(lambda p, v: Comparison(p, "!=", v, NOWHERE), paths, values),
    st.builds(
        lambda p, v: Comparison(p, "NOT IN", ValueList(tuple(v), NOWHERE), NOWHERE),
        paths,
        st.lists(texts, min_size=1, max_size=3),
    ),
)


def grown(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        several.map(lambda c: And(c, NOWHERE)),
        several.map(lambda c: Or(c, NOWHERE)),
        inner.map(lambda c: Not(c, NOWHERE)),
        inner.map(lambda c: Paren(c, NOWHERE)),
        inner.map(
            lambda c: Comparison(
                FieldPath(("Id",), NOWHERE),
                "IN",
                SubSelect(FieldPath(("AccountId",), NOWHERE), "Contact", c, NOWHERE, NOWHERE),
                NOWHERE,
            )
        ),
    )


conditions = st.recursive(comparisons, grown, max_leaves=8)


def bare(condition: Condition) -> object:
    """A condition without what does not count for its meaning: parentheses, nesting of like in like."""
    match condition:
        case Paren():
            return bare(condition.inner)
        case Not():
            return ("not", bare(condition.operand))
        case And() | Or():
            kind = type(condition).__name__
            parts: list[object] = []
            for operand in map(bare, condition.operands):
                parts += operand[1:] if isinstance(operand, tuple) and operand[0] == kind else (operand,)
            return (kind, *parts)
        case Comparison(right=SubSelect() as select):
            inner = bare(select.condition) if select.condition else None
            return (condition.left, condition.operator, select.field, select.object, inner)
        case Comparison(right=ValueList() as values):
            return (condition.left, condition.operator, *(print_value(v) for v in values.items))
        case Comparison():
            return (condition.left, condition.operator, repr(condition.right).split("raw=")[0])
    return condition


@settings(deadline=None)
@given(conditions)
def test_any_condition_is_read_back(condition: Condition):
    """Any tree prints to legal SOQL that parses to the same meaning, and prints the same a second time."""
    text = print_condition(condition).text
    parsed = parse_condition(text)

    assert parsed.diagnostics == ()
    assert parsed.tree is not None
    assert bare(parsed.tree) == bare(condition)
    assert print_condition(parsed.tree).text == text


@settings(deadline=None)
@given(st.text())
def test_any_text_survives(text: str):
    """Any text, quoted and escaped, is read back as it was."""
    printed = f"Name = {print_value(StringValue(text, '', NOWHERE))}"
    tree = parse_condition(printed).tree

    assert isinstance(tree, Comparison)
    assert isinstance(tree.right, StringValue)
    assert tree.right.value == text


@settings(deadline=None)
@given(conditions)
def test_marks_lie_inside(condition: Condition):
    """Every mark lies inside the text and inside the mark around it."""
    again = parse_condition(print_condition(condition).text).tree
    assert again is not None
    printed = print_condition(again)

    for mark in printed.marks:
        start, end = mark.span_in_text
        assert 0 <= start < end <= len(printed.text)
        assert printed.text[start:end] == printed.text[mark.span_in_spec.start : mark.span_in_spec.end]
