from __future__ import annotations

import json
from pathlib import Path

import pytest

from compiler import build_schema
from compiler.ignores import ignores_of, without_ignored
from console.checking import CheckedSpec, check
from console.fixing import fix_spec
from grammar import format_spec, parse_spec
from grammar.diagnostics import Diagnostic, Label, Rule, Severity
from grammar.source import Source, Span

SCHEMA = build_schema(
    [
        {"name": "Account", "fields": [{"name": "Type", "type": "string"}]},
        {
            "name": "Contract",
            "fields": [
                {"name": "Status", "type": "string"},
                {"name": "AccountId", "type": "reference", "referenceTo": ["Account"]},
            ],
        },
    ]
)
HEAD = "accord 1\naccounts { where Type = 'Customer' }\n"
DEFINE = "define active on Contract where Status = 'Activated'"


def checked(text: str, *, schema: bool = True) -> CheckedSpec:
    return check(Source(text, "a.accord"), SCHEMA if schema else None)


def codes(text: str, *, schema: bool = True) -> list[str]:
    return [d.code for d in checked(text, schema=schema).diagnostics]


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}{DEFINE}  # accord: ignore W0503\n",
        f"{HEAD}# accord: ignore W0503\n{DEFINE}\n",
        f"{HEAD}# accord: ignore W0503 (for next quarter, and W0401 is not meant)\n# for the board\n{DEFINE}\n",
        f"{HEAD}#accord:ignore w0503\n{DEFINE}\n",
    ],
)
def test_a_comment_beside_or_above_a_finding_ignores_it(text: str):
    """At the end of its line, or on a line of its own above, the code in any case, with a reason or without."""
    assert codes(text) == []


@pytest.mark.parametrize(
    "text",
    [
        f"# accord: ignore W0503\n{HEAD}{DEFINE}\n",
        f"{HEAD}# accord: ignore W0503\n\n{DEFINE}\n",
        f"{HEAD}{DEFINE}\n# accord: ignore W0503\n",
    ],
)
def test_a_comment_elsewhere_ignores_nothing_and_is_reported(text: str):
    """Lines before the one above, a gap, or the line below: the finding stays, and the comment is not needed."""
    assert sorted(codes(text)) == ["W0503", "W0509"]


def test_a_comment_may_name_several_codes():
    """Each code counts for itself: the one that is not needed is underlined, and its fix leaves the other."""
    found = checked(f"{HEAD}{DEFINE}  # accord: ignore W0503, W0401\n")
    (unneeded,) = found.diagnostics

    assert found.source.text[slice(*unneeded.span)] == "W0401"
    assert fix_spec(found, SCHEMA)[0].source.text == f"{HEAD}{DEFINE}  # accord: ignore W0503\n"


@pytest.mark.parametrize(
    "text",
    [f"{HEAD.rstrip()}  # accord: ignore W0401\n", HEAD.replace("\n", "\n# accord: ignore W0401 (by Id)\n", 1)],
)
def test_the_fix_deletes_a_comment_that_is_not_needed(text: str):
    """With its blanks, and with its line if it has one for itself."""
    assert fix_spec(checked(text), SCHEMA)[0].source.text == HEAD


def test_without_a_schema_nobody_knows_what_is_needed():
    """What the comment speaks of is perhaps found only with a schema, so nothing is said of it."""
    assert codes(f"{HEAD.rstrip()}  # accord: ignore W0401\n", schema=False) == []


def test_an_error_cannot_be_ignored():
    """The error stays, and the comment is reported because of its code."""
    text = "accord 1\naccounts { where Tipe = 'Customer' }  # accord: ignore E0202\n"

    assert codes(text) == ["E0202", "W0510"]


@pytest.mark.parametrize(
    ("named", "underlined", "help_"),
    [
        (" W9999", "W9999", "`accord explain` lists the codes"),
        (" unused-definition", "unused-definition", "did you mean `W0503`?"),
        ("", "# accord: ignore", "write `# accord: ignore W0503`"),
    ],
)
def test_a_comment_must_name_the_code_of_a_warning_or_a_note(named: str, underlined: str, help_: str):
    """An unknown code, a name in place of a code and no code at all are reported, and ignore nothing."""
    found = checked(f"{HEAD}{DEFINE}  # accord: ignore{named}\n")
    (wrong,) = (d for d in found.diagnostics if d.code == "W0510")

    assert found.source.text[slice(*wrong.span)] == underlined
    assert help_ in (wrong.help or "")
    assert "W0503" in [d.code for d in found.diagnostics]


@pytest.mark.parametrize(
    "text", [f"{HEAD}arr from Nope__c  # accord: ignore W0401\n", f"{HEAD}# accord: ignore W0504\n"]
)
def test_a_comment_that_may_be_needed_is_not_reported(text: str):
    """After an error something may not have been looked for, and W0504 is only reported by a run."""
    assert "W0509" not in codes(text)


def test_findings_that_a_run_adds_can_be_ignored_too():
    """`accord run` says what it does not act on yet, unless a comment says that this is known."""
    text = f"{HEAD}schedule every hour  # accord: ignore W0504\n"
    spec = checked(text)
    rule = Rule("W0504", "not-acted-on", Severity.WARNING)
    at = text.index("schedule")

    assert spec.with_findings([Diagnostic(rule, "...", Label(Span(at, at + 8)))]).diagnostics == ()


LONG = "Status = 'Activated' AND Status != 'Draft' AND Status != 'Expired' AND Status != 'Another one'"


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}# accord: ignore W0503\n{DEFINE}\ndefine  open on Contract where Status='A' # accord: ignore W0503\n",
        "accord 1\naccounts { where Id = '001000000000001' }  # accord: ignore W0401\n",
        "accord 1\n# accord: ignore W0401\naccounts { where Id = '001000000000001' }\n",
        f"{HEAD}define active on Contract where {LONG}  # accord: ignore W0503\n",
        f"{HEAD}# accord: ignore W0401\ndefine a on Contract where {LONG} AND Id = '001000000000001'\n"
        'object Contract as "Contracts" on account via AccountId { where a }\n',
    ],
)
def test_the_formatter_keeps_comments_where_they_ignore(text: str):
    """A formatted spec ignores the same findings, although its statements may take more lines."""
    formatted = format_spec(parse_spec(text).tree)

    assert codes(text) == codes(formatted) == []
    assert formatted != text


def test_a_comment_inside_a_statement_speaks_of_its_line():
    """Other lines of the same condition are not meant."""
    first, second = "Id = '001000000000001'", "Id = '001000000000002'"
    text = f"accord 1\naccounts {{\n  where {first} OR  # accord: ignore W0401\n    {second}\n}}\n"
    (left,) = checked(text).diagnostics

    assert text[slice(*left.span)] == "'001000000000002'"


def test_ignoring_is_a_function_of_text_and_findings():
    """Only findings of the code on the line are taken away; an error of the same place stays."""
    text = f"{HEAD}{DEFINE}  # accord: ignore W0503\n"
    source = Source(text)
    place = Label(Span(text.index("active"), text.index("active") + 6))
    warning = Diagnostic(Rule("W0503", "unused-definition", Severity.WARNING), "a", place)
    error = Diagnostic(Rule("E0502", "duplicate-statement", Severity.ERROR), "b", place)

    assert without_ignored([warning, error], ignores_of(parse_spec(text).tree, source), source) == [error]


def test_no_spec_of_ours_has_a_comment_that_is_not_needed():
    """The specs that are shown ignore nothing for nothing."""
    root = Path(__file__).parents[2] / "specs"
    for spec in root.glob("*/*.accord"):
        describes = (json.loads(p.read_text()) for p in spec.parent.glob("org/describe/[!_]*.json"))
        found = check(Source(spec.read_text("utf-8")), build_schema(describes)).diagnostics

        assert not {d.code for d in found} & {"W0509", "W0510"}
