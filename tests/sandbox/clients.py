"""Clients that others wrote, as tests find and use them."""

from __future__ import annotations

import os
import shutil
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox import Running

JSFORCE_SESSION = Path(__file__).with_name("jsforce_session.cjs")


@contextmanager
def simple_salesforce(running: Running) -> Iterator[Any]:
    """The client as it comes, over https: it is only told to trust the sandbox's certificate."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = pytest.importorskip("simple_salesforce")
    with requests.Session() as session:
        session.verify = str(running.certificate)
        session.trust_env = False  # REQUESTS_CA_BUNDLE would be asked first
        yield module.Salesforce(
            instance_url=running.instance_url, session_id=running.access_token, session=session, version="66.0"
        )


def node_or_skip() -> str:
    """The path of Node; skips the test where it or jsforce is missing. NODE_PATH says where jsforce is installed."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    found = subprocess.run([node, "-e", "require.resolve('jsforce')"], env=os.environ, capture_output=True, check=False)
    if found.returncode:
        pytest.skip("jsforce is not installed: npm install --prefix DIR jsforce@3.10.16; NODE_PATH=DIR/node_modules")
    return node


def run_jsforce(running: Running) -> str:
    """Run the session of jsforce; returns what it printed."""
    done = subprocess.run(
        [node_or_skip(), str(JSFORCE_SESSION), running.instance_url, running.access_token],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
