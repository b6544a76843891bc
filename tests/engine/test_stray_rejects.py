"""Rows that cannot be taken and hang on nothing that is in: no reject, since nobody looks for them, but counted."""

from __future__ import annotations

from pathlib import Path

from engine.report import RunReport
from tests.engine.scene import SMALL, record_id, scene, subscription

TINY = "0.000000000000000000000012"
OF_ONE_IN, OF_ONE_OUT, OF_NONE = 5, 6, 7
ROWS = {
    **SMALL,
    "Subscription__c": (
        *SMALL["Subscription__c"],
        subscription(OF_ONE_IN, 1, TINY),
        subscription(OF_ONE_OUT, 4, TINY),
        {**subscription(OF_NONE, 1, TINY), "Account__c": ""},
    ),
}
SPEC = """accord 1
accounts { customer where Type = 'Customer' }
object Subscription__c as "Subscriptions" on account via Account__c { fields Amount__c }
"""


def told(report: RunReport) -> tuple[int, int, tuple[int, int]]:
    """What a report says of the subscriptions: matches, rejects, rows without a parent and with one that is out."""
    counts = next(one for one in report.tables if one.table == "subscriptions")
    unattached = next(one for one in report.unattached if one.table == "subscriptions")
    return counts.matches, counts.rejected, (unattached.no_parent, unattached.parent_not_in)


def test_every_run_says_the_same(tmp_path: Path) -> None:
    """Read whole or by its match list, an org that does not change gives the same rejects and changes nothing."""
    with scene(tmp_path, ROWS, spec=SPEC) as org:
        reports = [org.run(), org.run(), org.run(whole=True), org.run()]

        assert [one.changed for one in reports] == [True, False, False, False]
        assert {told(one) for one in reports} == {(4, 1, (1, 1))}
        keys = org.rows("SELECT key FROM s.accord.rejects")
        assert keys == [(record_id("Subscription__c", OF_ONE_IN),)]


def test_they_come_and_go_with_their_parent(tmp_path: Path) -> None:
    """An account that comes in brings those of its own among the rejects; one that leaves takes them out."""
    with scene(tmp_path, ROWS, spec=SPEC) as org:
        org.run()
        for number, kind in ((4, "Customer"), (1, "Other")):
            org.change(
                {"op": "update", "object": "Account", "id": record_id("Account", number), "fields": {"Type": kind}}
            )
        report = org.run(confirmed=True)

        assert told(report) == (1 + 1, 1, (1, 3))
        assert org.rows("SELECT key FROM s.accord.rejects") == [(record_id("Subscription__c", OF_ONE_OUT),)]
