"""Questions that are asked at the same time never share a file, however alike their names are."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import httpx
from hypothesis import given
from hypothesis import strategies as st

from engine.file_names import LONGEST_NAME, file_name
from engine.report import Outcome
from engine.salesforce.bulk_query import BulkSettings
from engine.salesforce.read import Reading
from tests.engine.faulty import Fault
from tests.engine.scene import SMALL, SPEC, scene

names = st.text(st.sampled_from("aA_.-~( 1éÉ/*"), max_size=6) | st.text(st.sampled_from("aA."), min_size=140)


@given(names, names)
def test_different_names_have_different_files(one: str, other: str) -> None:
    """Neither punctuation, case nor length makes two names one, on a disk that takes no notice of case either."""
    files = {file_name(one).lower(), file_name(other).lower()}

    assert len(files) == len({one, other})
    assert all(len(file.encode()) <= LONGEST_NAME and "." not in file and "/" not in file for file in files)


def test_extracts_of_like_names_leave_each_other_alone(tmp_path: Path) -> None:
    """An object called after a type of account has a Bulk job of its own: neither ends the other's."""
    spec = SPEC.partition("arr from")[0] + (
        'arr none\nobject Subscription__c as "Accounts prospect" on account via Account__c { fields Name }\n'
    )
    job: list[str] = []
    both = Event()

    def held(request: httpx.Request) -> httpx.Response:
        """Jobs are as in the org, but what is asked of the prospects' one is answered once the other is there too."""
        if request.method == "GET" and request.url.path.endswith(tuple(job)):
            both.wait(10)
        response = wire.handle_request(request)
        if b"Type = 'Prospect'" in request.content:
            response.read()
            job.append(response.json()["id"])
        elif b"FROM Subscription__c" in request.content:
            both.set()
        return response

    with scene(tmp_path, SMALL, spec) as org, httpx.HTTPTransport() as wire:
        org.reading = Reading(rest_rows=0, bulk=BulkSettings(first_poll=0.01))
        report = org.run(None, Fault("/jobs/query", held, None))
        ended = [request for request in org.wire.log if request.method == "PATCH"]

    assert report.outcome is Outcome.SUCCEEDED
    assert both.is_set()
    assert ended == []
