from __future__ import annotations

import pytest

from grammar import format_spec, parse_spec
from tests.support.expecting import ROOT, formatted


def test_layout_is_made_anew():
    """Blanks, line breaks and the case of keywords become canonical; names stay as they are."""
    written = "ACCORD 1\nAccounts{Customer WHERE Type='a' and ARR__c>0 Prospect where Type = 'b'}"

    assert formatted(written) == (
        "accord 1\naccounts {\n  customer where Type = 'a' AND ARR__c > 0\n  prospect where Type = 'b'\n}\n"
    )


def test_types_are_aligned():
    """The conditions of typed filters stand under one another."""
    written = "accounts { customer where a partner where b }"

    assert formatted(written) == "accounts {\n  customer where a\n  partner  where b\n}\n"


def test_single_blank_lines_stay():
    """One empty line between statements stays, several become one."""
    assert formatted("accord 1\n\n\n\narr none\nrenewal none\n") == "accord 1\n\narr none\nrenewal none\n"


def test_a_comment_of_its_own_stays_before_its_statement():
    """A comment on a line of its own stays above what follows it."""
    assert formatted("# One.\naccord 1\n# Two.\narr none\n") == "# One.\naccord 1\n# Two.\narr none\n"


def test_a_comment_behind_a_line_stays_there():
    """A comment at the end of a line stays at its end."""
    assert formatted("accord   1   # the version\n") == "accord 1  # the version\n"


def test_a_comment_inside_of_a_value_is_kept():
    """Even between the parts of a date literal a comment is not lost."""
    text = formatted("accounts { where CreatedDate = LAST_N_DAYS # how many\n : 30 }")

    assert "# how many" in text
    assert parse_spec(text).tree == parse_spec("accounts { where CreatedDate = LAST_N_DAYS:30 }").tree


def test_a_comment_in_an_empty_block_is_kept():
    """An object's empty block is left out; comments in and behind it stay, in order."""
    text = formatted('object A as "A" on account via B { # one\n}\n# two\narr none  # three\n')

    assert text == 'object A as "A" on account via B  # one\n# two\narr none  # three\n'


def test_a_comment_at_the_end_is_kept():
    """A comment behind the last statement stays the last line."""
    assert formatted("accord 1\n# the end") == "accord 1\n# the end\n"


def test_long_lists_are_broken():
    """No line of a list is longer than 100 characters, and none is broken that fits."""
    fields = ", ".join(f"A_rather_long_name_{n}__c" for n in range(12))
    lines = formatted(f"accounts {{ fields {fields} }}").splitlines()

    assert max(len(line) for line in lines) <= 100
    assert len(lines) == 6


def test_a_long_condition_breaks_before_its_operators():
    """What does not fit is broken before AND and OR."""
    parts = " AND ".join(f"A_rather_long_name_{n}__c = 'some value'" for n in range(4))

    assert formatted(f"accounts {{ where {parts} }}").splitlines()[1:5] == [
        "  where A_rather_long_name_0__c = 'some value'",
        "    AND A_rather_long_name_1__c = 'some value'",
        "    AND A_rather_long_name_2__c = 'some value'",
        "    AND A_rather_long_name_3__c = 'some value'",
    ]


def test_values_keep_their_spelling():
    """Escapes, numbers and dates are printed as they were written."""
    condition = r"A = 'b\'c\u00e4' AND B = +1.50 AND C = 2026-01-01T10:00:00+0200 AND D = USD0.5"

    assert condition in formatted(f"accounts {{ where {condition} }}").replace("\n    ", " ")


def test_what_does_not_parse_is_not_formatted():
    """The formatter refuses a tree with pieces that could not be read: it would lose them."""
    with pytest.raises(ValueError, match="cannot be formatted"):
        format_spec(parse_spec("arr from\n").tree)


@pytest.mark.parametrize("path", sorted(ROOT.glob("specs/*/*.accord")), ids=lambda path: path.stem)
def test_the_example_specs_are_in_canonical_form(path):
    """The specs that the repository ships look as the formatter writes them."""
    text = path.read_text("utf-8")

    assert formatted(text) == text
