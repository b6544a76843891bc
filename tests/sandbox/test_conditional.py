from __future__ import annotations

import httpx
import pytest

from .wire_help import DATA
from .writing_org import account, contact

ADDRESS = f"{DATA}/sobjects/Account/{account(1)}"
STAMP, BEFORE, AFTER = (f"Tue, 20 Jan 2026 {time} GMT" for time in ("10:00:00", "09:59:59", "10:00:01"))


@pytest.mark.parametrize(("since", "status"), [(BEFORE, 412), (STAMP, 204), (AFTER, 204)])
def test_update_only_if_unmodified(strict: httpx.Client, since: str, status: int) -> None:
    """Seconds are compared: a change within the second is not seen, as Salesforce has it."""
    answer = strict.patch(ADDRESS, json={"Name": "x"}, headers={"If-Unmodified-Since": since})

    assert answer.status_code == status
    assert strict.get(ADDRESS).json()["Name"] == ("Acme" if status == 412 else "x")


@pytest.mark.parametrize(("since", "status"), [(BEFORE, 200), (STAMP, 304), (AFTER, 304), ("no date", 200)])
def test_read_only_if_modified(strict: httpx.Client, since: str, status: int) -> None:
    """304 without a body for a record that the client has already."""
    answer = strict.get(ADDRESS, headers={"If-Modified-Since": since})

    assert answer.status_code == status
    assert (answer.content == b"") is (status == 304)


def test_accounts_have_an_etag(strict: httpx.Client) -> None:
    """If-Match updates what was seen only; the tag changes with the record."""
    first = strict.get(ADDRESS).headers["ETag"]
    same = strict.get(ADDRESS, headers={"If-None-Match": first})
    updated = strict.patch(ADDRESS, json={"Name": "x"}, headers={"If-Match": first})
    late = strict.patch(ADDRESS, json={"Name": "y"}, headers={"If-Match": first})

    assert (same.status_code, updated.status_code, late.status_code) == (304, 204, 412)
    assert strict.get(ADDRESS).headers["ETag"] != first


def test_other_objects_have_no_etag(strict: httpx.Client) -> None:
    """ETags are for accounts only; If-Match is not looked at elsewhere."""
    address = f"{DATA}/sobjects/Contact/{contact(1)}"

    assert "ETag" not in strict.get(address).headers
    assert strict.patch(address, json={"LastName": "x"}, headers={"If-Match": '"zz"'}).status_code == 204


def test_delete_takes_no_conditions(strict: httpx.Client) -> None:
    """If-Unmodified-Since is not available for DELETE."""
    assert strict.delete(ADDRESS, headers={"If-Unmodified-Since": BEFORE}).status_code == 204


@pytest.mark.parametrize("resource", ["sobjects", "sobjects/Account/describe"])
def test_describes_answer_304(strict: httpx.Client, resource: str) -> None:
    """By ETag and by If-Modified-Since."""
    whole = strict.get(f"{DATA}/{resource}")
    by_tag = strict.get(f"{DATA}/{resource}", headers={"If-None-Match": whole.headers["ETag"]})
    by_time = strict.get(f"{DATA}/{resource}", headers={"If-Modified-Since": whole.headers["Last-Modified"]})
    other = strict.get(f"{DATA}/{resource}", headers={"If-None-Match": '"other"'})

    assert (whole.status_code, by_tag.status_code, by_time.status_code, other.status_code) == (200, 304, 304, 200)
    assert by_tag.content == b""
