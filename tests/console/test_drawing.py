from __future__ import annotations

from console.drawing import columns_of, draw, visible
from grammar.diagnostics import Diagnostic, Fix, Label, Rule, Severity
from grammar.source import Source, Span

UNKNOWN = Rule("E0203", "unknown-field", Severity.ERROR)


def place(text: str, part: str) -> Span:
    start = text.index(part)
    return Span(start, start + len(part))


def found(text: str, part: str, label: str = "", **more: object) -> Diagnostic:
    return Diagnostic(UNKNOWN, "`Account` has no such field", Label(place(text, part), label), **more)  # type: ignore[arg-type]


def test_the_excerpt_has_the_line_the_place_and_the_way_out():
    """A diagnostic is drawn with its place, its line, the underlined text and the help."""
    text = "accord 1\n\nrenewal from Renewal_Dat__c\n"
    diagnostic = found(text, "Renewal_Dat__c", "not in this org", help="did you mean `Renewal_Date__c`?")

    drawn = draw(diagnostic, Source(text, "a.accord"))

    assert drawn == (
        "error[E0203]: `Account` has no such field\n"
        " --> a.accord:3:14\n"
        "  |\n"
        "3 | renewal from Renewal_Dat__c\n"
        "  |              ^^^^^^^^^^^^^^ not in this org\n"
        "  = help: did you mean `Renewal_Date__c`?"
    )


def test_the_margin_fits_the_largest_line_number():
    """All bars stand in one column, whatever the line numbers."""
    text = "a\n" * 9 + "b\n"
    diagnostic = found(text, "b", secondary=(Label(Span(0, 1), "here"),))

    lines = draw(diagnostic, Source(text, "a.accord")).splitlines()

    assert lines[1] == "  --> a.accord:10:1"
    assert lines[3:] == [" 1 | a", "   | - here", "...", "10 | b", "   | ^"]


def test_secondary_labels_are_underlined_with_dashes():
    """Two labels on one line each get a row: the primary one first."""
    text = "accounts { where A = 1 customer where B = 2 }"
    diagnostic = found(text, "customer", "typed", secondary=(Label(place(text, "where A"), "single"),))

    lines = draw(diagnostic, Source(text, "a.accord")).splitlines()

    assert lines[4] == "  |                        ^^^^^^^^ typed"
    assert lines[5] == "  |            ------- single"


def test_tabs_and_wide_characters_keep_the_caret_in_place():
    """A tab takes four columns and a wide character two, in the line and in what underlines it."""
    text = "\twhere Name = '会社' AND Nope__c = 1"
    lines = draw(found(text, "Nope__c"), Source(text, "a.accord")).splitlines()

    line, underline = lines[3].partition("| ")[2], lines[4].partition("| ")[2]

    assert line == "    where Name = '会社' AND Nope__c = 1"
    assert columns_of(line[: line.index("Nope__c")]) == underline.index("^")
    assert underline.count("^") == len("Nope__c")


def test_combining_marks_take_no_column():
    """A letter with a combining accent is as wide as the letter."""
    text = "where Name = 'e\u0301' AND Nope__c = 1"
    lines = draw(found(text, "Nope__c"), Source(text, "a.accord")).splitlines()

    assert lines[4].partition("| ")[2].index("^") == text.index("Nope__c") - 1


def test_a_place_that_spans_lines_is_underlined_on_the_first():
    """Of a place with several lines the first is shown, underlined to its end."""
    text = "accounts {\n  customer where A = 1\n"
    lines = draw(found(text, text[9:]), Source(text, "a.accord")).splitlines()

    assert lines[3:] == ["1 | accounts {", "  |          ^"]


def test_a_place_behind_the_last_character_is_still_shown():
    """What is missing at the end of the text gets one caret there."""
    text = "accounts {"
    diagnostic = Diagnostic(UNKNOWN, "missing", Label(Span(len(text), len(text))))

    lines = draw(diagnostic, Source(text, "a.accord")).splitlines()

    assert lines[3:] == ["1 | accounts {", "  |           ^"]


def test_an_empty_file_can_be_drawn():
    """A diagnostic about a text without a character has an empty excerpt."""
    lines = draw(Diagnostic(UNKNOWN, "empty", Label(Span(0, 0))), Source("", "a.accord")).splitlines()

    assert lines[3:] == ["1 |", "  | ^"]


def test_a_very_long_line_is_shown_around_the_place():
    """Of a line wider than the excerpt the part around the place is shown, with the caret under it."""
    text = "where " + "Aaaa = 1 AND " * 100 + "Nope__c = 1 AND " + "Bbbb = 1 AND " * 100
    lines = draw(found(text, "Nope__c"), Source(text, "a.accord")).splitlines()

    line, underline = lines[3].partition("| ")[2], lines[4].partition("| ")[2]

    assert len(line) < 150
    assert line.startswith("…")
    assert line.endswith("…")
    assert line[underline.index("^") :].startswith("Nope__c")


def test_control_characters_cannot_steer_the_terminal():
    """An escape sequence in a spec is shown, not sent."""
    text = "where \x1b[31mName = 1"
    drawn = draw(found(text, "Name"), Source(text, "a\x1b.accord"))

    assert "\x1b" not in drawn
    assert visible("a\u202eb") == "a\ufffdb"


def test_colours_only_when_asked():
    """Colours change nothing but the escape sequences."""
    import re

    text = "arr from Nope__c"
    diagnostic = found(text, "Nope__c", "unknown", help="look it up")
    plain = draw(diagnostic, Source(text, "a.accord"))
    coloured = draw(diagnostic, Source(text, "a.accord"), colour=True)

    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain


def test_a_fix_without_help_is_told():
    """The title of a fix is the way out when there is no other."""
    text = "arr from Nope__c"
    diagnostic = found(text, "Nope__c", fix=Fix("write `ARR__c`", ()))

    assert draw(diagnostic, Source(text, "a.accord")).endswith("= help: write `ARR__c`")
