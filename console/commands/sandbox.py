"""`accord sandbox`: a Salesforce org on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.exits import NotStarted

if TYPE_CHECKING:
    from sandbox import Running


@click.command("sandbox", short_help="Serve a local Salesforce org, for trying things out.")
@click.argument("org", required=False, type=click.Path(path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1. Default: a free one.")
@click.option("--tls", is_flag=True, help="Speak https, with a certificate that signs itself.")
@click.option("--faults", type=click.Path(path_type=Path), help="A list of faults to switch on, as JSON.")
@click.option("--seed", type=int, default=0, help="Tokens and faults follow from it.", show_default=True)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Say how to connect in words, or as a first line of JSON.",
)
def command(org: Path | None, port: int, tls: bool, faults: Path | None, seed: int, style: str) -> None:
    """Serve the org folder ORG (the example of `accord demo` unless named) until interrupted.

    It answers as Salesforce does, on loopback only. Its data is in memory: nothing in the folder changes. Requests
    under /__sandbox__/ change records, move the clock and switch on faults.
    """
    from console.shipped import shipped
    from sandbox import Org, SandboxError, serve_until_stopped

    folder = org or shipped("acme") / "org"

    def ready(running: Running) -> None:
        click.echo(_json(running) if style == "json" else _words(running))

    try:
        serve_until_stopped(Org.load(folder), port, seed, ready, tls=tls, faults=faults)
    except SandboxError as error:
        raise NotStarted(str(error)) from error
    except OSError as error:
        raise NotStarted(f"cannot listen on port {port}: {error.strerror}", help="choose another --port") from error


def _json(running: Running) -> str:
    import json

    names = ("instance_url", "access_token", "client_id", "client_secret", "username")
    told = {name: getattr(running, name) for name in names}
    if running.certificate:
        told["certificate"] = str(running.certificate)
    return json.dumps(told)


def _words(running: Running) -> str:
    python = "Salesforce(instance_url=os.environ['ACCORD_INSTANCE_URL'], session_id=os.environ['ACCORD_ACCESS_TOKEN'])"
    connection = "{instanceUrl: process.env.ACCORD_INSTANCE_URL, accessToken: process.env.ACCORD_ACCESS_TOKEN}"
    password = running.org.settings.oauth.password or running.client_secret
    trust, simple_salesforce = "", f"{python}   # needs accord sandbox --tls"
    if running.certificate:
        simple_salesforce = python
        trust = f"""\
  export CURL_CA_BUNDLE={running.certificate} REQUESTS_CA_BUNDLE={running.certificate}
  export SSL_CERT_FILE={running.certificate} NODE_EXTRA_CA_CERTS={running.certificate}
"""
    return f"""\
{running.org.settings.name} answers at {running.instance_url}

Use it from another terminal:

  export ACCORD_INSTANCE_URL={running.instance_url}
  export ACCORD_ACCESS_TOKEN='{running.access_token}'
{trust}
  accord preview SPEC
  curl -H "Authorization: Bearer $ACCORD_ACCESS_TOKEN" $ACCORD_INSTANCE_URL/services/data/v66.0/limits
  SF_ACCESS_TOKEN=$ACCORD_ACCESS_TOKEN sf org login access-token --no-prompt --instance-url $ACCORD_INSTANCE_URL

In jsforce and simple-salesforce:

  new jsforce.Connection({connection})
  {simple_salesforce}

To sign in with OAuth the endpoints are {running.instance_url}/services/oauth2/authorize and .../token,
with client id {running.client_id}
and client secret {running.client_secret}.
{running.username} has the password {password}, for clients that want one.

Ctrl-C ends it."""
