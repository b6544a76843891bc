"""How messages name the types of fields: as Salesforce's own pages do, not as describe does."""

from __future__ import annotations

_WORDS = {
    "string": "text",
    "textarea": "text area",
    "boolean": "checkbox",
    "int": "number",
    "long": "number",
    "double": "number",
    "datetime": "date/time",
    "multipicklist": "multi-select picklist",
    "reference": "lookup",
    "id": "record Id",
    "encryptedstring": "encrypted text",
    "location": "geolocation",
    "base64": "file",
}


def type_words(kind: str) -> str:
    """The name of a type; `kind` is describe's.

    >>> type_words("multipicklist"), type_words("currency")
    ('multi-select picklist', 'currency')
    """
    return _WORDS.get(kind, kind)


def field_of_type(kind: str) -> str:
    """`a text field`, `an email field`."""
    words = type_words(kind)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words} field"
