"""An org and the user through whose eyes it is seen, as a store keeps them too."""

from __future__ import annotations

from dataclasses import asdict, dataclass

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Identity:
    """The org and the connected user. What the org does not tell is None, and its `instance_kind` "unknown"."""

    organization_id: str
    instance_kind: str
    organization_name: str | None
    user_id: str
    username: str
    time_zone: str | None
    locale: str | None
    currency: str | None
    fiscal_year_start_month: int | None

    def to_document(self) -> dict[str, str | int | None]:
        """The identity as JSON."""
        return asdict(self)
