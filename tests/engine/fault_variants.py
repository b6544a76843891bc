"""Faults that the catalogue does not name, and several at once: what proxies, bad days and bugs of servers do."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.engine.fault_table import LOUD, NOT_BEGUN, WELL, Trouble, accounts, at_most_two_tokens, contacts, on
from tests.engine.fault_trial import Ended, Trial, longest_wait
from tests.engine.faulty import Answer, Fault, body, page, real_but, refuse, reset

Page = dict[str, Any]
JSON = {"content-type": "application/json;charset=UTF-8"}
ANY = LOUD | NOT_BEGUN


def met(part: str, answer: Answer, times: int | None = 1, after: int = 0) -> Callable[[], tuple[Fault, ...]]:
    """Requests with that text get this answer."""
    return lambda: (Fault(part, answer, times, after),)


def _fieldless(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"name": "Account"})


def json_page(change: Callable[[Page], Page | None]) -> Answer:
    """A page of a query by REST, changed."""

    def answer(response: httpx.Response) -> httpx.Response:
        if response.status_code != 200:
            return response
        changed = change(json.loads(response.content))
        return response if changed is None else httpx.Response(200, content=json.dumps(changed), headers=JSON)

    return real_but(answer)


def csv_page(change: Callable[[bytes], bytes], **headers: str) -> Answer:
    """A page of Bulk results, changed; headers that are said take the place of the true ones."""

    def answer(response: httpx.Response) -> httpx.Response:
        if response.status_code != 200:
            return response
        kept = {name: value for name, value in headers.items() if value}
        changed = body(response, change(response.content), **kept)
        for name, value in headers.items():
            if not value:
                del changed.headers[name]
        return changed

    return real_but(answer)


def without_a_row(page: Page) -> Page:
    """A page that lacks its last record."""
    return page | {"records": page["records"][:-1]}


def short_and_sure(page: Page) -> Page:
    """A page that ends the query early, whatever it announced."""
    page.pop("nextRecordsUrl", None)
    return page | {"done": True, "records": page["records"][: len(page["records"]) // 2]}


def empty(page: Page) -> Page:
    """No records at all, and that is said to be all of them."""
    return {"totalSize": 0, "done": True, "records": []}


def twice(page: Page) -> Page:
    """Half of the records twice, the other half not at all: as many as announced."""
    half = page["records"][: len(page["records"]) // 2]
    return page | {"records": [*half, *half, *page["records"][2 * len(half) :]]}


def again(page: Page) -> Page:
    """All records, and some once more, which nobody announced."""
    return page | {"records": [*page["records"], *page["records"][:5]]}


def numbered(url: str) -> Callable[[Page], Page]:
    """A page that is never the last; the next one lies at this address, with a number that grows."""
    count = iter(range(10**9))

    def change(page: Page) -> Page:
        return page | {"done": False, "nextRecordsUrl": url.format(next(count))}

    return change


def endless(records: bool, place: str = "{}") -> Callable[[], tuple[Fault, ...]]:
    """Pages without end, each at an address of its own unless a place is named, with records or without."""
    url = f"/services/data/v66.0/query/0r8ENDLESS-{place}"
    more = numbered(url)

    def next_page(request: httpx.Request) -> httpx.Response:
        rows = [{"attributes": {"type": "Opportunity"}, "Id": "x"}] * 2000 if records else []
        return httpx.Response(200, json=more({"totalSize": 5, "records": rows}))

    return lambda: (
        Fault("FROM Opportunity", json_page(more), None),
        Fault("0r8ENDLESS", next_page, None),
    )


def first_page_again() -> Callable[[], tuple[Fault, ...]]:
    """The second page brings the records of the first one."""
    kept: list[Any] = []

    def keep(page: Page) -> None:
        if page["records"] and "Email" in page["records"][0]:
            kept[:] = page["records"]

    def repeat(page: Page) -> Page | None:
        if not kept or "Email" not in (page["records"] or [{}])[0]:
            return None
        return page | {"records": kept[: len(page["records"])]}

    return lambda: (Fault("FROM Contact", json_page(keep), None), Fault("/query/0r8", json_page(repeat), 1))


def moved_away(request: httpx.Request) -> httpx.Response:
    """A redirection to somewhere else."""
    return httpx.Response(302, headers={"location": "https://status.example.com/"})


def nothing(request: httpx.Request) -> httpx.Response:
    """A success without a body."""
    return httpx.Response(200, content=b"")


def cut(response: httpx.Response) -> httpx.Response:
    """JSON that ends in the middle, in an HTTP body that is whole."""
    return httpx.Response(response.status_code, content=response.content[: len(response.content) // 2], headers=JSON)


def as_text(response: httpx.Response) -> httpx.Response:
    """The right body under a wrong content type."""
    return httpx.Response(response.status_code, content=response.content, headers={"content-type": "text/plain"})


def quoting(request: httpx.Request) -> httpx.Response:
    """A refusal that quotes the token, and goes on and on."""
    words = f"no access with {request.headers['authorization'].split()[-1]} " + "very long " * 100_000
    return httpx.Response(400, json=[{"errorCode": "MALFORMED_QUERY", "message": words}])


def flipped(data: bytes) -> bytes:
    """Gzip that unpacks to something else than was packed: a bit changed on the way."""
    packer = zlib.compressobj(0, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    packed = packer.compress(data) + packer.flush()
    at = packed.rfind(b'"', 0, -20) - 2
    return packed[:at] + bytes([packed[at] ^ 1]) + packed[at + 1 :]


def late_page(response: httpx.Response) -> httpx.Response:
    """An answer that asks for patience until a date."""
    return httpx.Response(429, headers={"retry-after": "Sun, 01 Mar 2026 12:00:40 GMT", "date": _NOON}, json=[])


_NOON = "Sun, 01 Mar 2026 12:00:00 GMT"


def waited(seconds: float) -> Callable[[Trial, Ended], None]:
    """The wait was as long as was asked for."""

    def check(trial: Trial, ended: Ended) -> None:
        assert longest_wait(trial) >= seconds

    return check


def short_error(trial: Trial, ended: Ended) -> None:
    """What is said stays readable."""
    assert all(len(error) < 2_000 for error in ended.errors)


def lone_surrogate(page: Page) -> Page | None:
    """A text that is no Unicode."""
    if "Email" not in (page["records"] or [{}])[0]:
        return None
    page["records"][0]["Name"] = "broken \ud83d"
    return page


HTML = page(200)
VARIANTS: Mapping[str, Trouble] = {
    # Several at once.
    "expired-in-bulk-pages-and-reset": Trouble(
        entries=(on("session_expired", path="/results", nth=3), *contacts("reset_midbody", bytes=2000)),
        readings=("bulk",),
    ),
    "reset-and-gzip-corrupt": Trouble(
        quick="first",
        entries=(
            *contacts("reset_midbody", bytes=500),
            *contacts("gzip_corrupt", how="checksum"),
            *contacts("gzip_corrupt"),
        ),
        readings=("bulk",),
    ),
    "expired-and-refresh-flaky-and-busy": Trouble(
        (on("session_expired", nth=14), on("refresh_flaky", nth=2), on("unavailable", nth=18, times=2))
    ),
    "shuffled-and-bom-and-duplicates": Trouble(
        entries=(on("csv_columns_shuffled"), on("csv_bom"), *contacts("duplicate_rows")),
        readings=("bulk",),
        moved=True,
    ),
    "poison-and-duplicates": Trouble((*contacts("poison_row", how="number"), *contacts("duplicate_rows")), moved=True),
    "bulk-quota-and-quota": Trouble(
        (on("bulk_job_quota"), on("daily_limit", path="/query", nth=14)), ends=LOUD, readings=("bulk",)
    ),
    "bulk-refused-and-query-timeout": Trouble(
        (*contacts("bulk_refused"), *contacts("query_timeout")), ends=LOUD, says="contacts", readings=("bulk", "rest")
    ),
    "early-and-expired-and-short": Trouble(
        (*contacts("results_early"), on("session_expired", path="/results", nth=2), *contacts("chunked_short")),
        readings=("bulk",),
    ),
    "job-fails-and-next-is-aborted": Trouble(
        (*contacts("bulk_failed"), *contacts("bulk_aborted_by_admin", nth=3)), ends=LOUD | WELL, readings=("bulk",)
    ),
    "describe-is-away": Trouble((on("unavailable", path="/describe", times=4),)),
    "describe-stays-away": Trouble((on("unavailable", path="/describe", times=None),), ends=NOT_BEGUN),
    "identity-is-away": Trouble((on("unavailable", path="/userinfo", times=2),)),
    "identity-stays-away": Trouble((on("unavailable", path="/userinfo", times=None),), ends=NOT_BEGUN),
    "everything-is-away": Trouble((on("unavailable", times=None),), ends=NOT_BEGUN),
    "everything-goes-away": Trouble((on("unavailable", times=None, nth=14),), ends=ANY, requests=400),
    # Answers that are none.
    "html-instead-of-a-query": Trouble(wire=met("FROM Contact", HTML)),
    "html-instead-of-every-query": Trouble(wire=met("FROM Contact", HTML, None), ends=LOUD, says="text/html"),
    "html-instead-of-results": Trouble(wire=met("/results", HTML, 2), readings=("bulk",)),
    "html-instead-of-a-describe": Trouble(wire=met("/describe", HTML, 2)),
    "html-instead-of-a-token": Trouble((on("session_expired", nth=14),), wire=met("/oauth2/token", HTML, 1, 1)),
    "html-instead-of-every-token": Trouble(
        (on("session_expired", nth=14),), wire=met("/oauth2/token", HTML, None, 1), ends=LOUD, says="sign-in"
    ),
    "token-without-a-token": Trouble(
        (on("session_expired", nth=14),),
        wire=met("/oauth2/token", lambda request: httpx.Response(200, json={}), None, 1),
        ends=LOUD,
        check=at_most_two_tokens,
    ),
    "token-that-is-refused-again": Trouble(
        wire=met("FROM Contact", refuse(401, "INVALID_SESSION_ID", "Session expired or invalid"), None), ends=LOUD
    ),
    "empty-body-for-a-query": Trouble(wire=met("FROM Contact", nothing)),
    "empty-body-for-every-query": Trouble(wire=met("FROM Contact", nothing, None), ends=LOUD),
    "empty-body-for-a-describe": Trouble(wire=met("/describe", nothing, 2)),
    "empty-body-for-results": Trouble(wire=met("/results", nothing, 2), readings=("bulk",)),
    "empty-body-for-a-new-job": Trouble(wire=met("POST", nothing, 1, 1), readings=("bulk",)),
    "json-is-cut": Trouble(wire=met("FROM Contact", real_but(cut), 2)),
    "json-is-always-cut": Trouble(wire=met("FROM Contact", real_but(cut), None), ends=LOUD, says="ends early"),
    "describe-is-cut": Trouble(wire=met("/sobjects", real_but(cut), 2)),
    "describe-without-fields": Trouble(
        wire=met("/sobjects/Account/describe", _fieldless, None), ends=NOT_BEGUN, says="Account"
    ),
    "describe-without-fields-once": Trouble(wire=met("/sobjects/Account/describe", _fieldless)),
    "redirected": Trouble(wire=met("FROM Contact", moved_away, None), ends=LOUD, says="302"),
    "redirected-once": Trouble(wire=met("FROM Contact", moved_away)),
    "500-with-a-page": Trouble(wire=met("FROM Contact", page(500), 3)),
    "500-with-a-page-for-ever": Trouble(wire=met("FROM Contact", page(500), None), ends=LOUD, says="500"),
    "message-that-is-very-long": Trouble(
        wire=met("FROM Contact", quoting, None), ends=LOUD, check=short_error, says="MALFORMED_QUERY"
    ),
    "retry-after-a-date": Trouble(wire=met("FROM Contact", late_page), check=waited(40)),
    "retry-after-a-day": Trouble(
        wire=met("FROM Contact", page(503, **{"retry-after": "86400"}), None), ends=LOUD, requests=160
    ),
    "retry-after-nonsense": Trouble(wire=met("FROM Contact", page(503, **{"retry-after": "soon"}), 2)),
    "content-type-is-wrong": Trouble(wire=met("/services/data", real_but(as_text), 3), readings=("rest",)),
    "reset-for-ever": Trouble(wire=met("FROM Contact", reset, None), ends=LOUD),
    # Numbers that do not agree.
    "page-without-a-row": Trouble(wire=met("FROM Contact", json_page(without_a_row)), readings=("rest",)),
    "every-page-without-a-row": Trouble(
        wire=met("FROM Contact", json_page(without_a_row), None),
        ends=LOUD,
        says="announced",
        readings=("rest",),
    ),
    "done-too-early": Trouble(wire=met("FROM Contact", json_page(short_and_sure), 2), readings=("rest",)),
    "done-too-early-for-ever": Trouble(
        wire=met("FROM Contact", json_page(short_and_sure), None), ends=LOUD, says="announced", readings=("rest",)
    ),
    "no-rows-once": Trouble(wire=met("FROM Contact", json_page(empty)), readings=("rest",)),
    "no-accounts-once": Trouble(wire=met("FROM Account", json_page(empty)), readings=("rest",)),
    "rows-twice-and-others-not": Trouble(quick="first", wire=met("FROM Contact", json_page(twice)), readings=("rest",)),
    "rows-twice-and-others-never": Trouble(
        wire=met("FROM Contact", json_page(twice), None), ends=LOUD, readings=("rest",)
    ),
    "rows-nobody-announced": Trouble(wire=met("FROM Contact", json_page(again), None), readings=("rest",)),
    "second-page-is-the-first": Trouble(wire=first_page_again(), readings=("rest",)),
    "pages-go-round": Trouble(
        wire=endless(records=False, place="same"), ends=LOUD, says="in a circle", readings=("rest",)
    ),
    "pages-without-end": Trouble(wire=endless(records=False), ends=LOUD, readings=("rest",)),
    "records-without-end": Trouble(wire=endless(records=True), ends=LOUD, readings=("rest",)),
    "next-page-elsewhere": Trouble(
        wire=met("FROM Opportunity", json_page(numbered("@status.example.com/{}")), None),
        ends=LOUD,
        says="no address",
        readings=("rest",),
    ),
    "bulk-page-lacks-a-row": Trouble(
        wire=met("/results", csv_page(lambda data: data.rstrip(b"\n").rsplit(b"\n", 1)[0] + b"\n"), 2),
        readings=("bulk",),
    ),
    "bulk-page-short-and-sure": Trouble(
        wire=met("/results", csv_page(lambda data: data.split(b"\n")[0] + b"\n", **{"sforce-numberofrecords": "0"})),
        readings=("bulk",),
    ),
    "bulk-page-short-and-sure-for-ever": Trouble(
        wire=met(
            "/results", csv_page(lambda data: data.split(b"\n")[0] + b"\n", **{"sforce-numberofrecords": "0"}), None
        ),
        ends=LOUD,
        readings=("bulk",),
    ),
    "bulk-rows-not-counted": Trouble(
        wire=met("/results", csv_page(bytes, **{"sforce-numberofrecords": ""}), 2), readings=("bulk",)
    ),
    "bulk-locator-missing": Trouble(
        wire=met("/results", csv_page(bytes, **{"sforce-locator": ""}), 4), readings=("bulk",)
    ),
    "bulk-locator-goes-round": Trouble(
        wire=met("/results", csv_page(bytes, **{"sforce-locator": "MTAw1"}), None), ends=LOUD, readings=("bulk",)
    ),
    "bulk-bit-flipped": Trouble(
        wire=met("/results", csv_page(flipped, **{"content-encoding": "gzip"}), 2), readings=("bulk",)
    ),
    "bulk-gzip-torn": Trouble(
        wire=met(
            "/results",
            csv_page(lambda data: gzip.compress(data)[:40], **{"content-encoding": "gzip"}),
            2,
        ),
        readings=("bulk",),
    ),
    "bulk-page-lacks-a-column": Trouble(
        wire=met("/results", csv_page(lambda data: data.replace(b'"SystemModstamp"', b'"Other"', 1))),
        readings=("bulk",),
    ),
    "bulk-waits-for-ever": Trouble(
        wire=met("GET", lambda request: _poll(request, "UploadComplete"), None),
        ends=LOUD,
        readings=("bulk",),
        says="did not end",
        deadline=40.0,
    ),
    "bulk-state-unknown": Trouble(
        wire=met("GET", lambda request: _poll(request, "Dreaming"), None), ends=LOUD, deadline=40.0, readings=("bulk",)
    ),
    "bulk-says-no-number": Trouble(
        wire=met("GET", lambda request: _poll(request, None), None), ends=LOUD, readings=("bulk",)
    ),
    "text-that-is-no-text": Trouble(
        wire=met("/query", json_page(lone_surrogate), None), ends=LOUD | WELL, readings=("rest",)
    ),
    # The schema moves while the run reads, and decides who is in.
    "poison-everywhere": Trouble((on("poison_row", how="date", times=None),), ends=ANY | WELL, moved=True),
    "deciding-field-goes": Trouble(accounts("field_removed", field="OwnerId"), ends=ANY),
}


def _poll(request: httpx.Request, state: str | None) -> httpx.Response:
    """The true answer, but for polls: the job is in that state, or does not say how many rows it has."""
    with httpx.HTTPTransport() as transport:
        response = transport.handle_request(request)
        response.read()
    path = request.url.path
    if "/jobs/query/750" not in path or path.endswith("/results") or response.status_code != 200:
        return response
    said = {"state": state} if state is not None else {"numberRecordsProcessed": "some"}
    return httpx.Response(200, json={**response.json(), **said})
