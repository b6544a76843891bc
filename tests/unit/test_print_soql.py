from __future__ import annotations

import pytest

from compiler.print_soql import Printed, print_condition, print_query, print_value
from grammar.parse import parse_condition, parse_query
from grammar.soql_tree import (
    And,
    Comparison,
    Condition,
    FieldPath,
    Not,
    NumberValue,
    Or,
    Paren,
    StringValue,
    Use,
    WithClause,
)
from grammar.source import NOWHERE, Span


def leaf(name: str) -> Comparison:
    return Comparison(FieldPath((name,), NOWHERE), "=", NumberValue("1", NOWHERE), NOWHERE)


def both(*operands: Condition) -> And:
    return And(operands, NOWHERE)


def either(*operands: Condition) -> Or:
    return Or(operands, NOWHERE)


def none_of(operand: Condition) -> Not:
    return Not(operand, NOWHERE)


A, B, C = leaf("A"), leaf("B"), leaf("C")


def printed(text: str) -> Printed:
    """The print of a query or a condition that is parsed without a complaint."""
    whole = text.upper().startswith("SELECT")
    parsed = parse_query(text) if whole else parse_condition(text)
    assert not parsed.diagnostics
    if whole:
        query = parse_query(text).tree
        assert query is not None
        return print_query(query)
    condition = parse_condition(text).tree
    assert condition is not None
    return print_condition(condition)


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (both(A, B, C), "A = 1 AND B = 1 AND C = 1"),
        (both(A, either(B, C)), "A = 1 AND (B = 1 OR C = 1)"),
        (either(both(A, B), C), "(A = 1 AND B = 1) OR C = 1"),
        (both(A, both(B, C)), "A = 1 AND B = 1 AND C = 1"),
        (either(A, either(B, C)), "A = 1 OR B = 1 OR C = 1"),
        (both(A, none_of(B)), "A = 1 AND (NOT B = 1)"),
        (either(none_of(A), B), "(NOT A = 1) OR B = 1"),
        (none_of(A), "NOT A = 1"),
        (none_of(none_of(A)), "NOT (NOT A = 1)"),
        (none_of(both(A, B)), "NOT (A = 1 AND B = 1)"),
        (both(A, Paren(either(B, C), NOWHERE)), "A = 1 AND (B = 1 OR C = 1)"),
        (none_of(Paren(both(A, B), NOWHERE)), "NOT (A = 1 AND B = 1)"),
        (both(Paren(A, NOWHERE), Paren(Paren(B, NOWHERE), NOWHERE)), "(A = 1) AND ((B = 1))"),
    ],
)
def test_parentheses(tree: Condition, text: str):
    """Parentheses stand where SOQL needs them, and never twice where the author wrote them."""
    assert print_condition(tree).text == text
    assert not parse_condition(text).diagnostics


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("O'Neil \\ co", r"'O\'Neil \\ co'"),
        ('say "hi"', "'say \"hi\"'"),
        ("a\nb\rc\td\be\ff", r"'a\nb\rc\td\be\ff'"),
        ("\x00\x1b\x7f\x85\u2028", r"'\u0000\u001B\u007F\u0085\u2028'"),
        ("Łódź 😀", "'Łódź 😀'"),
        ("\ud83d", r"'\uD83D'"),
        ("", "''"),
    ],
)
def test_texts_are_escaped(value: str, text: str):
    """Quotes, backslashes and control characters are escaped; everything else stands as it is."""
    assert print_value(StringValue(value, "", NOWHERE)) == text


@pytest.mark.parametrize("pattern", [r"'50\%'", r"'50\\%'", r"'a\_b%'", r"'it\'s%'", r"'%'"])
def test_patterns_keep_their_escapes(pattern: str):
    r"""In a LIKE, `\%` is a percent sign and `\\%` a backslash before anything: neither turns into the other."""
    assert printed(f"Name LIKE {pattern}").text == f"Name LIKE {pattern}"


def test_pattern_that_nobody_wrote():
    """A pattern without its written form keeps the escapes of its wildcards."""
    pattern = StringValue("50\\% of 'x'", "", NOWHERE)

    assert print_condition(Comparison(FieldPath(("Name",), NOWHERE), "LIKE", pattern, NOWHERE)).text == (
        r"Name LIKE '50\% of \'x\''"
    )


def test_literals():
    """Numbers and dates come out as they were written; true, false and null in small letters."""
    text = (
        "A = -00.50 AND B = TRUE AND C != NULL AND D = 2026-01-31 AND E < 2026-01-31T10:20:30.000+02:00 "
        "AND F = USD5000 AND G = last_n_days:30 AND H = TODAY AND I > 10:20:30.000Z"
    )

    assert printed(text).text == (
        "A = -00.50 AND B = true AND C != null AND D = 2026-01-31 AND E < 2026-01-31T10:20:30.000+02:00 "
        "AND F = USD5000 AND G = LAST_N_DAYS:30 AND H = TODAY AND I > 10:20:30.000Z"
    )


@pytest.mark.parametrize(
    "text",
    [
        "Id IN (SELECT AccountId FROM Contact WHERE Email LIKE '%@acme.com' OR (NOT Phone = null))",
        "Id NOT IN (SELECT AccountId FROM Opportunity)",
        "Products__c INCLUDES ('A;B', 'C') AND Regions__c EXCLUDES ('X')",
        "Type IN ('Customer', null) AND Owner.Profile.Name NOT IN ('Admin')",
        "CALENDAR_YEAR(CloseDate) = 2026 AND DISTANCE(Place__c, GEOLOCATION(37.7, -122.4), 'km') < 20",
        "SELECT Id, Account.Name, toLabel(Type) label FROM Contact WHERE Name != null LIMIT 5 OFFSET 10",
        "SELECT COUNT() FROM Account USING SCOPE mine",
        "SELECT Name, (SELECT LastName FROM Contacts WHERE Email != null ORDER BY Name LIMIT 3) FROM Account",
        "SELECT TYPEOF What WHEN Account THEN Phone, Name WHEN Opportunity THEN Amount ELSE Name END FROM Event",
        "SELECT Type, SUM(Amount) total FROM Opportunity GROUP BY Type HAVING SUM(Amount) > 1 OR COUNT(Id) > 2",
        "SELECT Type, COUNT(Id) FROM Account GROUP BY ROLLUP(Type, Industry)",
        "SELECT Id FROM Account ORDER BY Name DESC NULLS LAST, CreatedDate ASC, Id",
        "SELECT c.Id, a.Name FROM Contact c, c.Account a WHERE a.Name = 'x'",
        "SELECT Title FROM Question WITH DATA CATEGORY Geography__c AT usa__c LIMIT 1",
        "SELECT Id FROM Contact FOR VIEW UPDATE TRACKING, VIEWSTAT",
    ],
)
def test_read_back(text: str):
    """What is printed is one line, means the same and prints the same again."""
    once = printed(text).text

    assert once.lower() == text.lower()
    assert printed(once).text == once


def test_line_breaks_are_not_kept():
    """A query over several lines comes out as one."""
    assert printed("SELECT Id\nFROM Account\n  where Name = 'a'\n").text == ("SELECT Id FROM Account WHERE Name = 'a'")
    query = parse_query("SELECT Title FROM Question").tree
    assert query is not None
    with_ = WithClause("DATA CATEGORY A__c\n  AT b__c", NOWHERE)
    fields = {name: getattr(query, name) for name in query.__match_args__} | {"with_": with_}
    assert print_query(type(query)(**fields)).text.endswith(" WITH DATA CATEGORY A__c AT b__c")


def test_definition_is_refused():
    """The name of a definition is no SOQL: it has to be expanded first."""
    with pytest.raises(ValueError, match="'active' must be expanded"):
        print_condition(both(A, Use("active", NOWHERE)))


def test_marks_lead_back():
    """Each place of the print leads to the innermost node's place in the text that was parsed."""
    text = "A=1   and (  Account.B  in('x','yy')  or C=2 )"
    result = printed(text)

    def source_of(part: str) -> str:
        span = result.spec_span(result.text.index(part))
        assert span is not None
        return text[span.start : span.end]

    assert source_of("Account.B") == "Account.B"
    assert source_of("'yy'") == "'yy'"
    assert source_of("('x'") == "('x','yy')"
    assert source_of(" IN") == "Account.B  in('x','yy')"
    assert source_of(" OR") == "Account.B  in('x','yy')  or C=2"
    assert source_of(" AND") == text
    assert result.spec_span(len(result.text)) is None


def test_nodes_from_nowhere_have_no_mark():
    """What the compiler added by itself leads to the author's node around it, or nowhere."""
    theirs = Comparison(FieldPath(("A",), NOWHERE), "=", NumberValue("1", NOWHERE), Span(7, 12))
    result = print_condition(both(theirs, B))

    assert result.spec_span(0) == Span(7, 12)
    assert result.spec_span(result.text.index("B")) is None
