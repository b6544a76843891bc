"""What holds for `lint --fix` whatever is wrong with a spec."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from compiler.schema import Schema
from console.checking import check
from console.fixing import fix_spec
from grammar.source import Source
from tests.properties.mutations import SPECS, mutated
from tests.support.expecting import acme

TEXTS = mutated(SPECS, comments=True)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
some = settings(max_examples=500, deadline=None, suppress_health_check=SLOW)
many = settings(max_examples=3_000, deadline=None, suppress_health_check=SLOW)


def check_fixing(text: str, schema: Schema | None) -> None:
    """Fixing leaves no more findings than there were, and nothing to do for a second time."""
    before = check(Source(text, "a.accord"), schema)
    after, count = fix_spec(before, schema)
    again, more = fix_spec(after, schema)

    assert len(after.diagnostics) <= len(before.diagnostics), text
    assert (count > 0) == (after.source.text != text), text
    assert (again.source.text, more) == (after.source.text, 0), text


@pytest.mark.parametrize("schema", [None, acme()], ids=["no schema", "schema"])
@some
@given(TEXTS)
def test_fixing_comes_to_an_end(schema: Schema | None, text: str):
    """A second `--fix` changes nothing, and none makes a spec worse."""
    check_fixing(text, schema)


@pytest.mark.slow
@pytest.mark.parametrize("schema", [None, acme()], ids=["no schema", "schema"])
def test_fixing_comes_to_an_end_for_long(schema: Schema | None):
    """The same with many more texts."""
    many(given(TEXTS)(lambda text: check_fixing(text, schema)))()
