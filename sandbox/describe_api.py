"""What an org tells about itself: versions, resources, describes, limits; and single records."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.record_id import is_record_id, to_18
from compiler.schema import SObject
from grammar.soql_tree import Comparison, FieldPath, FromItem, Query, SelectItem, StringValue
from grammar.source import NOWHERE
from sandbox.describes import global_entry, versioned
from sandbox.errors import ApiError, SoqlError
from sandbox.org import Org
from sandbox.query_api import world
from sandbox.records_json import records
from sandbox.soql_to_duckdb import translate
from sandbox.wire import Answer, Call, json_answer, json_text_answer

OLDEST_VERSION, NEWEST_VERSION = 41, 68
RETIRED_BELOW = 31
_SEASONS = ("Winter", "Spring", "Summer")


def versions(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /services/data`, which needs no token."""
    out = []
    for number in range(OLDEST_VERSION, NEWEST_VERSION + 1):
        releases = number - OLDEST_VERSION  # three a year since 41.0, which was Winter '18
        label = f"{_SEASONS[releases % 3]} '{18 + releases // 3}"
        out.append({"label": label, "url": f"/services/data/v{number}.0", "version": f"{number}.0"})
    return json_answer(out)


def resources(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /services/data/vXX.0`."""
    root = f"/services/data/v{path['version']}"
    names = ("sobjects", "query", "queryAll", "limits", "jobs", "composite")
    return json_answer({name: f"{root}/{name}" for name in names})


def describe_global(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects`."""
    entries = [global_entry(d, path["version"]) for d in sorted(org.describes.values(), key=lambda d: str(d["name"]))]
    return json_answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": entries})


def describe(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects/X/describe`."""
    return json_answer(versioned(org.describes[_sobject(org, path).name.lower()], path["version"]))


def basic_information(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects/X`."""
    entry = global_entry(org.describes[_sobject(org, path).name.lower()], path["version"])
    return json_answer({"objectDescribe": entry, "recentItems": []})


def record(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects/X/{id}`, with `fields=` for some of the fields only."""
    sobject = _sobject(org, path)
    given = path["id"]
    if not is_record_id(given):
        raise ApiError(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: " + given)
    record_id = to_18(given)
    listed = call.query.get("fields")
    names = [n.strip() for n in listed.split(",")] if listed else [f.name for f in sobject.fields.values()]
    query = Query(
        select=tuple(SelectItem(FieldPath(tuple(n.split(".")), NOWHERE), None, NOWHERE) for n in names),
        source=(FromItem(FieldPath((sobject.name,), NOWHERE), None, NOWHERE),),
        span=NOWHERE,
        where=Comparison(FieldPath(("Id",), NOWHERE), "=", StringValue(record_id, record_id, NOWHERE), NOWHERE),
    )
    try:
        translation = translate(query, world(org, all_rows=True))
    except SoqlError as error:
        raise ApiError(400, error.code, error.message) from None
    with org.cursor() as cursor:
        rows = cursor.execute(translation.sql).fetchall()
        if not rows:
            raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
        if sobject.field("IsDeleted") and cursor.execute(
            f'SELECT "IsDeleted" FROM "{sobject.name}" WHERE "Id" = ?', [record_id]
        ).fetchall() == [(True,)]:
            raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted")
        return json_text_answer(records(cursor, translation, rows, path["version"])[0])


def limits(org: Org, call: Call, path: Mapping[str, str], used: int, jobs: int) -> Answer:
    """`GET /limits`; `used` is how many API calls there were, `jobs` how many Bulk query jobs."""
    most = org.settings.daily_api_requests

    def limit(maximum: int, gone: int = 0) -> dict[str, int]:
        return {"Max": maximum, "Remaining": max(maximum - gone, 0)}

    return json_answer(
        {
            "ConcurrentAsyncGetReportInstances": limit(200),
            "DailyApiRequests": limit(most, used),
            "DailyAsyncApexExecutions": limit(250_000),
            "DailyBulkApiBatches": limit(15_000),
            "DailyBulkV2QueryFileStorageMB": limit(976_562),
            "DailyBulkV2QueryJobs": limit(10_000, jobs),
            "DataStorageMB": limit(1_024),
            "FileStorageMB": limit(1_024),
        }
    )


def _sobject(org: Org, path: Mapping[str, str]) -> SObject:
    sobject = org.schema.object(path["object"])
    if sobject is None:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return sobject
