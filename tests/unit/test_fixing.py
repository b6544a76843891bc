"""What `lint --fix` makes of texts in which a fix would do harm: those with a quote too few above all."""

from __future__ import annotations

import pytest

from console.checking import check
from console.fixing import fix_spec
from grammar.source import Source
from tests.support.expecting import acme


def fixed(text: str) -> str:
    """The text when all fixes are applied."""
    return fix_spec(check(Source(text, "a.accord"), acme()), acme())[0].source.text


def spec(condition: str) -> str:
    return f"accord 1\naccounts {{ where {condition} }}\n"


@pytest.mark.parametrize(
    "text",
    [
        spec("Type IN ('Customer', 'Prospect"),
        spec("Type IN ('Customer', 'Prospect)"),
        spec("Type IN ('Customer,\n  'Prospect')"),
        spec("Type IN ('Customer, 'Prospect', 'Partner')"),
        spec("(Type = 'Customer\n"),
        spec("Type IN 'Customer\n"),
        spec("Name = Bob's"),
        spec('Type == "Customer\n').replace("==", "="),
    ],
)
def test_nothing_is_changed_at_a_quote_that_is_not_closed(text: str):
    """Where its text ends is for the author to say."""
    assert fixed(text) == text


@pytest.mark.parametrize("sign", [")", "}"])
def test_what_an_unclosed_quote_took_along_is_not_missing(sign: str):
    """A sign behind the quote is part of its text until the quote is closed: one mistake, one finding."""
    text = spec("(Type = 'Customer" + (")" if sign == "}" else ")\n"))
    found = check(Source(text, "a.accord"), None).diagnostics

    assert [d.code for d in found] == ["E0104"]


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("Type IN ('Customer', Prospect')", "Type IN ('Customer', 'Prospect')"),
        ("Type IN ('Customer', Prospect', 'Partner')", "Type IN ('Customer', 'Prospect', 'Partner')"),
        ("Type IN (Customer', 'Prospect', 'Partner')", "Type IN ('Customer', 'Prospect', 'Partner')"),
        ("Type = Customer' AND Name = 'A'", "Type = 'Customer' AND Name = 'A'"),
        ("Type = Customer'", "Type = 'Customer'"),
    ],
)
def test_a_missing_quote_before_a_value_is_written(condition: str, meant: str):
    """The words with a quote behind them tell where it belongs; what is cut wrongly after it is not looked at."""
    assert [d.code for d in check(Source(spec(condition), "a.accord"), None).diagnostics] == ["E0118"]
    assert fixed(spec(condition)) == spec(meant)


def test_a_fix_that_leaves_its_finding_is_not_applied():
    """A brace at the end of the text closes another block than the one that lacks it; other fixes are applied."""
    text = "accounts { { where Type = 'Customer'\n"

    assert fixed(text) == f"accord 1\n{text}"


def test_fixes_that_bring_further_fixes_to_light_are_applied():
    """An object's right name shows which of its fields are misspelt; these are mended too."""
    text = "accord 1\naccounts { where Id IN (SELECT Account_c FROM Subscripton__c WHERE Statu__c = 'Active') }\n"

    assert fixed(text) == spec("Id IN (SELECT Account__c FROM Subscription__c WHERE Status__c = 'Active')")
