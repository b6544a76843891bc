"""Loading what answers a query, and the proof that an answer that looks whole is whole."""

from __future__ import annotations

from collections.abc import Callable

from compiler.plan import Extract
from compiler.print_soql import print_query
from compiler.probe import matching_count
from compiler.relation_columns import Columns
from engine.by_id import Asking
from engine.errors import BrokenAnswerError, CursorLostError, LoadError
from engine.events import StageStarted
from engine.in_place import Place
from engine.load import Staged, clear_place, load
from engine.salesforce.pages import Pages
from engine.salesforce.read import fits_in_address
from engine.salesforce.rest_query import count

# How often an answer that does not hold all rows is asked for; each part of it had its own tries before that.
READINGS = 3


def load_whole(
    asking: Asking,
    extract: Extract,
    name: str,
    columns: Columns,
    pages: Pages,
    ask_again: Callable[[], Pages],
    place: Place | None,
) -> tuple[Pages, Staged]:
    """Load the pages of an extract into `staged."<name>"`; what does not hold all rows is read again.

    Args:
        asking: the means.
        extract: what was asked.
        name: the staged table's name.
        columns: the columns that were asked for, with their types.
        pages: the answer.
        ask_again: asks the same once more.
        place: where the rows are published, if they may be loaded there.

    Returns:
        The pages that were taken in the end, which are closed, and what was loaded.

    Raises:
        BrokenAnswerError, LoadError: the answer stays short, or cannot be loaded.
        SalesforceError, SignInError: as asking raises them.
    """
    attempt = 1
    while True:
        try:
            asking.client.events(StageStarted("load", extract.id))
            loaded = load(asking.space, name, columns, pages, place)
            try:
                _check_whole(asking, extract, pages, loaded)
            except BrokenAnswerError:
                clear_place(asking.space, loaded)
                raise
            return pages, loaded
        except (LoadError, CursorLostError, BrokenAnswerError):
            if attempt >= READINGS:
                raise
        finally:
            pages.close()
        attempt += 1
        pages = ask_again()


def _check_whole(asking: Asking, extract: Extract, pages: Pages, loaded: Staged) -> None:
    """Raise BrokenAnswerError if rows are missing in an answer that looks whole.

    An answer without rows may be an error's; where a row came twice another one may not have come at all. Then
    Salesforce is asked how many there are.
    """
    distinct = loaded.rows + loaded.rejected
    if distinct and not loaded.duplicates and not pages.surplus:
        return
    soql = print_query(matching_count(extract)).text
    if not fits_in_address(soql):
        return
    there = count(asking.client, soql)
    if there > distinct:
        raise BrokenAnswerError(
            f"{there} rows match, and the answer has {loaded.read}, {loaded.duplicates} of them twice",
            hint="run again; what was published stays",
        )
