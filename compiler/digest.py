"""The two digests of a plan: of the whole document, and of what it means."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from compiler.plan import Plan
from compiler.plan_document import to_document
from compiler.schema import Schema


def document_digest(plan: Plan) -> str:
    """SHA-256, in hex, of the whole document: it changes when the spec's text moves."""
    return _digest(to_document(plan))


def meaning_digest(plan: Plan) -> str:
    """SHA-256, in hex, of the document without spans: comments, line breaks and blanks do not change it."""
    return _digest(to_document(plan, spans=False))


def schema_digest(schema: Schema) -> str:
    """SHA-256, in hex, of the objects and fields that a schema knows, whatever their order."""
    objects = [
        (o.name, o.queryable, sorted((tuple(f) for f in o.fields.values()), key=lambda f: str(f[0])))
        for o in sorted(schema.objects.values(), key=lambda o: o.name)
    ]
    return hashlib.sha256(repr((schema.multi_currency, objects)).encode()).hexdigest()


def _digest(document: Mapping[str, object]) -> str:
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
