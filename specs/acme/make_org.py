"""Makes the Acme org folder, the same each time: `python -m specs.acme.make_org [--describes FOLDER]`.

Rows are made up from a seed. Describes are made anew only when the folder with the public ones is given.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from specs.acme import business, people, support
from specs.acme.maker import NOW, Maker
from specs.acme.schema import acme_describes
from specs.describes import Describe
from specs.org_folder import Row, read_describes, write_describes, write_rows, write_settings

ORG = Path(__file__).parent / "org"
SEED = 20261120
SETTINGS: dict[str, str | int | bool] = {
    "name": "Acme Software",
    "now": NOW.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "time_zone": "Europe/Berlin",
    "locale": "de_DE",
    "fiscal_year_start_month": 1,
    "multi_currency": False,
}
STEPS = (
    people.make_users,
    people.make_settings,
    people.make_accounts,
    people.make_teams,
    people.make_contacts,
    business.make_opportunities,
    business.make_subscriptions,
    business.finish_accounts,
    business.make_contracts,
    business.make_trainings,
    business.make_usage,
    business.make_invoices,
    business.make_surveys,
    support.make_cases,
    support.make_posts,
)


def make_rows(describes: list[Describe]) -> dict[str, list[Row]]:
    """All rows of the org, object by object. A step may read what the steps before it made."""
    maker = Maker(describes, SEED)
    for step in STEPS:
        step(maker)
    return maker.rows


def main() -> None:
    """Write the org folder beside this file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--describes", type=Path, help="folder with the public describes, see SOURCES.md")
    parser.add_argument("--out", type=Path, default=ORG)
    arguments = parser.parse_args()

    write_settings(arguments.out, SETTINGS)
    if arguments.describes:
        write_describes(arguments.out, acme_describes(arguments.describes))
    describes = read_describes(arguments.out)
    rows = make_rows(describes)
    write_rows(arguments.out, describes, rows)
    print("\n".join(f"{len(made):6} {name}" for name, made in sorted(rows.items())))


if __name__ == "__main__":
    main()
