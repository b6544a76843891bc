"""What an org tells about itself: versions, resources, describes, limits; and single records."""

from __future__ import annotations

from collections.abc import Mapping

from compiler.schema import SObject
from sandbox.conditional import conditional_json
from sandbox.describes import global_entry, versioned
from sandbox.errors import ApiError
from sandbox.oauth_api import identity_url
from sandbox.org import Org
from sandbox.query_api import prepare
from sandbox.quoting import identifier
from sandbox.wire import Answer, Call, json_answer

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
    identity = identity_url(org, call.user.user_id, call.base_url)
    return json_answer({name: f"{root}/{name}" for name in names} | {"identity": identity})


def describe_global(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects`, with ETag and If-Modified-Since."""
    entries = [global_entry(d, path["version"]) for d in sorted(org.describes.values(), key=lambda d: str(d["name"]))]
    body = {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": entries}
    return conditional_json(body, call.headers, org.described_at)


def describe(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects/X/describe`, with ETag and If-Modified-Since."""
    body = versioned(org.describes[_sobject(org, path).name.lower()], path["version"])
    return conditional_json(body, call.headers, org.described_at)


def basic_information(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects/X`."""
    entry = global_entry(org.describes[_sobject(org, path).name.lower()], path["version"])
    return json_answer({"objectDescribe": entry, "recentItems": []})


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


def record_counts(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /limits/recordCount?sObjects=A,B`; names that the org does not have are left out, as Salesforce does."""
    listed = call.query.get("sObjects")
    names = [n.strip() for n in listed.split(",")] if listed else [o.name for o in org.schema.objects.values()]
    found = [sobject for sobject in map(org.schema.object, names) if sobject is not None]
    counts: list[dict[str, object]] = []
    with org.reading() as cursor:
        for sobject in found:
            living = ' WHERE NOT "IsDeleted"' if sobject.field("IsDeleted") else ""
            rows = cursor.execute(f"SELECT count(*) FROM {identifier(sobject.name)}{living}").fetchall()
            counts.append({"count": rows[0][0], "name": sobject.name})
    return json_answer({"sObjects": counts})


def explain(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /query?explain=`: there is one plan, which reads all rows."""
    soql = call.query["explain"]
    translation = prepare(org, soql, all_rows=False)
    name = translation.object.name
    with org.reading() as cursor:
        rows = cursor.execute(f"SELECT count(*) FROM {identifier(name)}").fetchall()[0][0]
    plan = {
        "cardinality": rows,
        "fields": [],
        "leadingOperationType": "TableScan",
        "notes": [],
        "relativeCost": 1.0,
        "sobjectCardinality": rows,
        "sobjectType": name,
    }
    return json_answer({"plans": [plan], "sourceQuery": soql})


def list_views(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /sobjects/X/listviews`: an org folder has none."""
    name = _sobject(org, path).name
    return json_answer({"done": True, "listviews": [], "nextRecordsUrl": None, "size": 0, "sobjectType": name})


def tooling_objects(org: Org, call: Call, path: Mapping[str, str]) -> Answer:
    """`GET /tooling/sobjects`: an org folder has no metadata of that kind."""
    return json_answer({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": []})


def _sobject(org: Org, path: Mapping[str, str]) -> SObject:
    sobject = org.schema.object(path["object"])
    if sobject is None:
        raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
    return sobject
