"""The assertion of the JWT bearer flow: a signed statement of a client that it speaks for a user."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.rsa_keys import PublicKey

LOGIN_HOSTS = ("https://login.salesforce.com", "https://test.salesforce.com")


class AssertionRefusedError(Exception):
    """An assertion that is not taken, in Salesforce's words."""


def read_assertion(text: str, key: PublicKey, client_id: str, audiences: tuple[str, ...], now: datetime) -> str:
    """The username that an assertion is about. Raises AssertionRefusedError."""
    parts = text.split(".")
    if len(parts) != 3:
        raise AssertionRefusedError("invalid assertion")
    try:
        header, claims = (_json(part) for part in parts[:2])
        signature = _bytes(parts[2])
    except ValueError:
        raise AssertionRefusedError("invalid assertion") from None
    if header.get("alg") != "RS256" or not key.verifies(f"{parts[0]}.{parts[1]}".encode(), signature):
        raise AssertionRefusedError("invalid assertion")
    if claims.get("iss") != client_id:
        raise AssertionRefusedError("client identifier invalid")
    audience = claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(isinstance(a, str) and a.rstrip("/").removesuffix("/services/oauth2/token") in audiences for a in named):
        raise AssertionRefusedError("Audience validation failed")
    expires = claims.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, (int, float)):
        raise AssertionRefusedError("invalid assertion")
    if expires <= now.timestamp():
        raise AssertionRefusedError("expired assertion")
    subject = claims.get("sub") or claims.get("prn")
    if not isinstance(subject, str):
        raise AssertionRefusedError("invalid assertion")
    return subject


def _json(part: str) -> Mapping[str, Any]:
    value = json.loads(_bytes(part))
    if not isinstance(value, dict):
        raise ValueError(part)
    return value


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
