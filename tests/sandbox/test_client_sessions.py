"""What clients that others wrote ask of an org, recorded: `sessions/<client>.txt`. `pytest --update` rewrites them."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import Org, Running, serve
from sandbox.changes import apply_changes

from .clients import run_jsforce, simple_salesforce
from .conftest import account
from .fault_scenes import SETTINGS, describes, scene_rows
from .sign_in_help import CALLBACK, decide
from .wire_help import DATA

SESSIONS = Path(__file__).with_name("sessions")
SHOWN = ("content-type", "x-prettyprint")
PEOPLE = [
    {"op": "create", "object": "Contact", "id": f"0030000001{n:05d}", "fields": {"LastName": f"Person {n}"}}
    for n in range(300)
]


@pytest.fixture
def org() -> Iterator[Org]:
    opened = Org.from_rows(describes(), scene_rows(), SETTINGS)
    apply_changes(opened, PEOPLE)
    yield opened
    opened.close()


@pytest.fixture
def over_tls(org: Org) -> Iterator[Running]:
    pytest.importorskip("cryptography")
    with serve(org, tls=True) as server:
        yield server


def transcript(running: Running) -> str:
    """The requests that the sandbox saw: method, path, headers that matter, body, status. Repeated polls stand once."""
    lines: list[str] = []
    for entry in running.sandbox.log.entries():
        query = entry["query"]
        assert isinstance(query, dict)
        parameters = "&".join(f"{name}={value}" for name, value in query.items())
        request = [f"{entry['method']} {entry['path']}" + (f"?{parameters}" if parameters else "")]
        headers = entry["headers"]
        assert isinstance(headers, dict)
        shown = sorted(name for name in headers if name in SHOWN or name.startswith("sforce-"))
        request += [f"    {name}: {headers[name]}" for name in shown]
        if entry["body"] is not None:
            request.append(f"    {json.dumps(entry['body'], ensure_ascii=False)}")
        request.append(f"  {entry['status']}")
        text = "\n".join(request).replace(running.instance_url, "ORG")
        if not lines or lines[-1] != text:
            lines.append(text)
    return "\n\n".join(lines) + "\n"


def compare(client: str, running: Running, update: bool) -> None:
    path = SESSIONS / f"{client}.txt"
    seen = transcript(running)
    if update:
        path.write_text(seen, "utf-8")

    assert path.read_text("utf-8") == seen
    assert not re.search(r"!AR8AQ|5Aep861", seen)


@pytest.mark.slow
def test_simple_salesforce(over_tls: Running, update: bool) -> None:
    """simple-salesforce, unmodified: query and query_all, Bulk 2.0, describe, one record, collections."""
    with simple_salesforce(over_tls) as sf, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        names = [r["Name"] for r in sf.query_all("SELECT Name FROM Account ORDER BY Id")["records"]]
        people = len(list(sf.query_all_iter("SELECT Id FROM Contact")))
        fields = [field["name"] for field in sf.Account.describe()["fields"]]
        pages = list(sf.bulk2.Account.query("SELECT Id, Name FROM Account ORDER BY Id"))
        made = sf.Account.create({"Name": "New", "Type": "Prospect"})
        sf.Account.update(made["id"], {"Name": "Newer"})
        read = sf.Account.get(made["id"])["Name"]
        gone = sf.Account.delete(made["id"])
        rows = [{"attributes": {"type": "Account"}, "Name": name} for name in ("One", "Two")]
        saved = sf.restful("composite/sobjects", method="POST", json={"allOrNone": True, "records": rows})

    assert (names, people, read, gone) == (["Acme", "acme two", "Zeta"], 304, "Newer", 204)
    assert "Score__c" in fields
    assert pages[0].replace("\r\n", "\n").startswith(f'"Id","Name"\n"{account(1)}","Acme"\n')
    assert [result["success"] for result in saved] == [True, True]
    compare("simple-salesforce", over_tls, update)


def test_jsforce(running: Running, update: bool) -> None:
    """jsforce, unmodified: identity, describe, query with paging, Bulk 2.0, one record, collections, an error."""
    seen = json.loads(run_jsforce(running))

    assert (seen["username"], seen["fields"], seen["pages"]) == ("ada@acme.example", 22, [200, 104, True])
    assert seen["bulk"] == ["Acme", "acme two", "Zeta"]
    assert (seen["read"], seen["several"], seen["refused"]) == ("Newer", [True, True], "INVALID_FIELD")
    compare("jsforce", running, update)


def test_authlib(running: Running, update: bool) -> None:
    """Authlib on httpx: the web server flow with PKCE, a query, a refresh, and revocation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        httpx_client: Any = pytest.importorskip("authlib.integrations.httpx_client")
    base = f"{running.instance_url}/services/oauth2"
    with httpx_client.OAuth2Client(
        running.client_id,
        running.client_secret,
        scope="api refresh_token",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint=f"{base}/token",
        revocation_endpoint_auth_method="client_secret_post",
    ) as client:
        verifier = "a" * 64
        address, state = client.create_authorization_url(f"{base}/authorize", code_verifier=verifier, state="s")
        location = decide(running, address).headers["Location"]
        token = client.fetch_token(authorization_response=location, code_verifier=verifier, state=state)
        names = client.get(f"{running.instance_url}{DATA}/query", params={"q": "SELECT Name FROM Account ORDER BY Id"})
        client.refresh_token(refresh_token=token["refresh_token"])
        revoked = client.revoke_token(f"{base}/revoke", token=token["refresh_token"])

    assert [record["Name"] for record in names.json()["records"]] == ["Acme", "acme two", "Zeta"]
    assert revoked.status_code == 200
    compare("authlib", running, update)
