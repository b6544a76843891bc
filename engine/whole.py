"""Loading what answers a query, and the proof that an answer that looks whole is whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC
from typing import NamedTuple

from compiler.duckdb_functions import quote_name
from compiler.plan import Extract
from compiler.print_soql import print_query
from compiler.probe import count_before, count_of, matching_count, written
from compiler.relation_columns import Columns
from engine.at_once import count
from engine.by_id import READINGS, Asking
from engine.copies import STAMP
from engine.errors import BrokenAnswerError, CursorLostError, LoadError, QuotaError, RefusedError, UnexplainedError
from engine.events import StageStarted
from engine.in_place import Place
from engine.load import Staged, clear_place, load
from engine.own_ids import count_foreign
from engine.salesforce.pages import Pages
from engine.salesforce.read import fits_in_address
from grammar.soql_tree import Query


class Question(NamedTuple):
    """What was asked, and for which extract; `all_rows`: of queryAll."""

    extract: str
    query: Query
    all_rows: bool = False


def load_whole(
    asking: Asking,
    question: Question,
    name: str,
    columns: Columns,
    pages: Pages,
    ask_again: Callable[[], Pages],
    place: Place | None,
) -> tuple[Pages, Staged]:
    """Load the pages of an answer into `staged."<name>"`; what does not hold all rows is read again.

    Args:
        asking: the means.
        question: what was asked.
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
            asking.client.events(StageStarted("load", question.extract))
            loaded = load(asking.space, name, columns, pages, place)
            try:
                last = attempt == READINGS
                _check_ids(asking, question, loaded, last=last)
                _check_whole(asking, question, pages, loaded, last=last)
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


def _check_ids(asking: Asking, question: Question, loaded: Staged, *, last: bool) -> None:
    """Raise BrokenAnswerError for rows without a record's Id, or with the Id of another object's.

    No record has none; in the `last` reading such rows stay, as rejects.
    """
    if foreign := count_foreign(asking.space, asking.prefixes, question.query, loaded):
        raise BrokenAnswerError(f"{foreign} rows of {loaded.name} have the Id of another object")
    if last or not loaded.rejected:
        return
    strange = asking.space.value(f"SELECT count(*) FROM {loaded.rejects} WHERE column_name = 'Id'")
    if strange:
        raise BrokenAnswerError(f"{strange} rows of {loaded.name} have no record Id")


def _check_whole(asking: Asking, question: Question, pages: Pages, loaded: Staged, *, last: bool) -> None:
    """Raise BrokenAnswerError if rows are missing in an answer that looks whole; `last`: it is not asked for again.

    An answer without rows may be an error's; where a row came twice another one may not have come at all. Any other
    answer may count its rows rightly and still be short. So Salesforce is asked how many there are. In a long answer,
    and the last one, only rows are missed that have not changed since it was asked for: others may have come since.
    """
    distinct = loaded.rows + loaded.rejected
    if not distinct or loaded.duplicates or pages.surplus:
        _hold_against(asking, question, count_of(question.query), distinct, loaded)
        return
    try:
        if loaded.read <= asking.reading.rest_rows and not last:
            _hold_against(asking, question, count_of(question.query), distinct, loaded)
        elif STAMP in print_query(question.query).text:
            moment = pages.asked_at.astimezone(UTC).replace(microsecond=0)
            ours = distinct
            if STAMP in loaded.columns:
                older = f"SELECT count(*) FROM {loaded.match_list} WHERE {quote_name(STAMP)} < ?"
                ours = asking.space.value(older, [moment.replace(tzinfo=None)]) + loaded.rejected
            _hold_against(asking, question, count_before(question.query, written(moment)), ours, loaded)
    except QuotaError:
        raise
    except RefusedError:
        # Not every object can be counted in time, nor every stamp be filtered on: the answer's own word must do.
        return


def check_struck(asking: Asking, extract: Extract, listed: Staged, struck: Sequence[str]) -> None:
    """Raise UnexplainedError if as many rows match as before some were struck off a match list.

    A long list is not counted once more: of the rows that came since it was read there may be any number.
    """
    left = int(asking.space.value(f"SELECT count(*) FROM {listed.match_list}"))
    query = matching_count(extract)
    if left > asking.reading.rest_rows or not fits_in_address(print_query(query).text):
        return
    if count(asking.client, query) > left + listed.rejected:
        raise UnexplainedError(extract.id, struck)


def _hold_against(asking: Asking, question: Question, query: Query, ours: int, loaded: Staged) -> None:
    if not fits_in_address(print_query(query).text):
        return
    there = count(asking.client, query, all_rows=question.all_rows)
    if there > ours:
        raise BrokenAnswerError(
            f"{there} rows match, and the answer has {ours} of them, {loaded.duplicates} twice",
            hint="run again; what was published stays",
        )
