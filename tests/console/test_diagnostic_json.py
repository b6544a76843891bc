from __future__ import annotations

import json

from console.diagnostic_json import Linted, as_github, as_json, as_sarif
from grammar.diagnostics import Diagnostic, Edit, Fix, Label, Rule, Severity
from grammar.source import Source, Span

TEXT = "accord 1\narr from Ünbekannt__c\n"
START = TEXT.index("Ü")
SPAN = Span(START, START + len("Ünbekannt__c"))
DIAGNOSTIC = Diagnostic(
    Rule("E0201", "unknown-field", Severity.ERROR),
    "`Account` has no field `Ünbekannt__c`",
    Label(SPAN, "not in this org"),
    (Label(Span(0, 6), "version"),),
    "did you mean `Bekannt__c`?",
    Fix("write `Bekannt__c`", (Edit(SPAN, "Bekannt__c"),)),
)
FILES = [Linted(Source(TEXT, "specs/a b.accord"), (DIAGNOSTIC,)), Linted(Source("", "b.accord"), ())]


def test_json_is_the_promised_document():
    """The document has exactly the promised keys, lines and columns from 1 and in characters."""
    assert json.loads(as_json(FILES)) == {
        "schema_version": 1,
        "files": 2,
        "diagnostics": [
            {
                "code": "E0201",
                "name": "unknown-field",
                "severity": "error",
                "message": "`Account` has no field `Ünbekannt__c`",
                "help": "did you mean `Bekannt__c`?",
                "path": "specs/a b.accord",
                "line": 2,
                "column": 10,
                "end_line": 2,
                "end_column": 22,
                "fix": {
                    "title": "write `Bekannt__c`",
                    "edits": [{"line": 2, "column": 10, "end_line": 2, "end_column": 22, "text": "Bekannt__c"}],
                },
            }
        ],
        "unread": [],
    }


def test_github_annotation_is_one_escaped_line():
    """Colons and commas are escaped in properties, line breaks in the text."""
    path = Source(TEXT, "a,b:c.accord")

    assert as_github([Linted(path, (DIAGNOSTIC,))]) == (
        "::error file=a%2Cb%3Ac.accord,line=2,endLine=2,col=10,endColumn=22,title=E0201 unknown-field"
        "::`Account` has no field `Ünbekannt__c`%0Adid you mean `Bekannt__c`?"
    )


def test_nothing_in_a_github_annotation_can_end_it():
    """Percent signs and line breaks are escaped everywhere, so that no name or message makes a command of its own."""
    source = Source(TEXT, "100%\r\n::error::a.accord")
    loud = DIAGNOSTIC._replace(message="5%25 of\r\n::error::x", help="a, b: c")
    (line,) = as_github([Linted(source, (loud,))]).splitlines()

    assert line == (
        "::error file=100%25%0D%0A%3A%3Aerror%3A%3Aa.accord,line=2,endLine=2,col=10,endColumn=22"
        ",title=E0201 unknown-field::5%2525 of%0D%0A::error::x%0Aa, b: c"
    )


def test_github_has_no_columns_for_a_place_of_several_lines():
    """GitHub refuses columns when the annotation spans lines."""
    wide = DIAGNOSTIC._replace(primary=Label(Span(0, len(TEXT) - 1)))

    assert "col=" not in as_github([Linted(Source(TEXT, "a.accord"), (wide,))])


def test_sarif_names_rule_place_and_fix():
    """The log has one run, whose result points into the file in code points."""
    run = json.loads(as_sarif(FILES, "1.2.3"))["runs"][0]
    result = run["results"][0]

    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == "E0201"
    assert result["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "specs/a%20b.accord"},
        "region": {"startLine": 2, "startColumn": 10, "endLine": 2, "endColumn": 22},
    }
    assert result["relatedLocations"][0]["message"]["text"] == "version"
    assert result["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"] == "Bekannt__c"


def test_sarif_of_nothing_is_a_log_without_results():
    """A clean run is still a run."""
    assert json.loads(as_sarif([], "1.2.3"))["runs"][0]["results"] == []
