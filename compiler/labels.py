"""Names of tables and columns made from the labels that authors write."""

from __future__ import annotations

import re
import unicodedata

# Letters that do not come apart into a base letter and a mark.
_FOLDED = str.maketrans({"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L"})


def lower_snake(label: str) -> str:
    """The ASCII lower_snake form of a label; empty if nothing of it is left.

    >>> lower_snake("Open pipeline (€)")
    'open_pipeline'
    >>> lower_snake("Größe 2")
    'grosse_2'
    """
    plain = unicodedata.normalize("NFKD", label.translate(_FOLDED)).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_")
    return f"_{name}" if name[:1].isdigit() else name
