"""How many accounts have each type, now and before the run: an edited filter can move them all at once."""

from __future__ import annotations

from pathlib import Path

from console.run_report import run_report
from engine.report import TypeReport
from tests.engine.scene import SMALL, account, scene

ROWS = {**SMALL, "Account": (account(1, Score__c="5"), account(2, Score__c="5"), account(3, Type="Prospect"))}
SPEC = """accord 1
accounts {
  customer where Type = 'Customer' AND Score__c > 0
  prospect where Type IN ('Prospect', 'Customer')
}
"""


def test_accounts_of_each_type(tmp_path: Path) -> None:
    """The report has them, with those before where there were others, and says which type has none any more."""
    with scene(tmp_path, ROWS, spec=SPEC) as org:
        first = org.run()
        org.spec = SPEC.replace("> 0", "> 100")
        second = org.run()

    assert first.types == (TypeReport("customer", 2, 0), TypeReport("prospect", 1, 0))
    assert "types:        customer 2, prospect 1\n" in run_report(first)
    assert second.types == (TypeReport("customer", 0, 2), TypeReport("prospect", 3, 1))
    assert "types:        customer 0 (2 before), prospect 3 (1 before)\n" in run_report(second)
    assert second.notices == ("no account has the type customer; 2 had before this run",)


def test_type_that_nothing_matches(tmp_path: Path) -> None:
    """A filter that is misspelt in a first run is told of, too."""
    with scene(tmp_path, ROWS, spec=SPEC.replace("'Customer' AND", "'Customr' AND")) as org:
        report = org.run()

    assert report.notices == ("no account has the type customer",)
