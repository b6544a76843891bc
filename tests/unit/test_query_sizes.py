"""Filters and queries that come near Salesforce's limits are noticed before they are beyond them."""

from __future__ import annotations

import pytest

from compiler import build_schema, check_spec, compile_spec
from compiler.print_soql import print_query
from grammar import parse_spec
from grammar.diagnostics import Diagnostic

NAMES = [f"A_field_whose_name_is_as_long_as_they_get_{n:03}__c" for n in range(800)]
WIDE = build_schema([{"name": "Account", "fields": [{"name": name, "type": "string"} for name in ("Name", *NAMES)]}])
NARROW = build_schema([{"name": "Account", "fields": [{"name": "Name", "type": "string"}]}])


def found(body: str, wide: bool = False) -> list[Diagnostic]:
    parsed = parse_spec(f"accord 1\n{body}\n")
    assert parsed.diagnostics == ()
    return [d for d in check_spec(parsed.tree, WIDE if wide else NARROW).diagnostics if d.code in ("E0422", "W0404")]


def values(count: int) -> str:
    return ", ".join(f"'value {n:05}'" for n in range(count))


@pytest.mark.parametrize(("length", "codes"), [(3200, []), (3201, ["W0404"]), (4000, ["W0404"]), (4001, ["E0422"])])
def test_texts(length: int, codes: list[str]):
    """A text is near the limit from 80 % of 4,000 characters on."""
    assert [d.code for d in found(f"accounts {{ where Name = '{'x' * length}' }}")] == codes


@pytest.mark.parametrize(("count", "codes"), [(2000, []), (3000, ["W0404"]), (4200, ["W0404"])])
def test_the_printed_query_counts(count: int, codes: list[str]):
    """The fields of the read count as well as its filter: neither is near the limit by itself here.

    Beyond the limit a run asks for the fields in parts.
    """
    assert [d.code for d in found(f"accounts {{ where Name IN ({values(count)}) }}", wide=True)] == codes


def test_fields_cannot_be_asked_for_in_parts_where_the_filter_leaves_no_room():
    """A filter that is just short enough by itself leaves no room for any field beside what a run adds."""
    assert [d.code for d in found(f"accounts {{ where Name IN ({values(6650)}) }}", wide=True)] == ["E0422"]


def test_the_length_is_that_of_the_query_that_is_sent():
    """The number in the message is the length of the extract's query."""
    spec = parse_spec(f"accord 1\naccounts {{ where Name IN ({values(3000)}) }}\n").tree
    plan = compile_spec(spec, WIDE)
    sent = next(len(print_query(e.fetch).text) for e in plan.extracts if e.object == "Account")
    said = [d.message for d in check_spec(spec, WIDE).diagnostics if d.code == "W0404"]

    assert [f"{sent:,} characters" in message for message in said] == [True]


def test_definitions_that_double_each_other_are_refused_before_they_are_put_in():
    """Fifty definitions, each of which uses the one before twice, end in one error where they become too long."""
    doubled = "\n".join(f"define d{n + 1} on Account where d{n} OR d{n}" for n in range(50))
    body = f"accounts {{ where d50 }}\ndefine d0 on Account where Name = 'x'\n{doubled}"

    assert [d.code for d in found(body)] == ["E0422"]
