"""`accord forget`: a person's values out of every table, change, reject and kept store.

The record's Id and its status stay, so that nothing that hangs on it is lost. The files are written anew, since DuckDB
leaves what was overwritten in blocks that it frees.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from compiler.duckdb_functions import quote_name, quote_text
from compiler.record_id import to_18, why_no_record_id
from engine.clock import Clock
from engine.errors import AccordError, ConfigurationError, DamagedStoreError, UnusableStoreError
from engine.life import LIFE
from engine.own_tables import FORGOT
from engine.rollback import note_run
from engine.state import State, hold
from engine.store import (
    STORAGE_VERSION,
    StorePaths,
    attach_published,
    copy_to_next,
    is_there,
    leaving_nothing,
    move_foreign_wal,
    on_disk,
    open_store,
    remove_leftovers,
    seal,
    swap,
)
from engine.workspace import CURRENT, NEXT, Workspace, name_of

SCHEMA_VERSION = 1
REASON = "its values were forgotten on request"
_FRESH = "fresh_store"
_WITHOUT_IT = "put back a copy, or move the file away, then run it again; what is moved away still has the values"
_OPTIONS = f"STORAGE_VERSION '{STORAGE_VERSION}'"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was emptied: the Ids, and for each table of the published store how many rows.

    `active`: rows that Salesforce still had at the last run; the next one brings their values back. `notices` tell what
    could not be noted of it.
    """

    run: int
    ids: tuple[str, ...]
    tables: tuple[tuple[str, int], ...]
    active: int
    kept_stores: int
    notices: tuple[str, ...] = ()

    def to_document(self) -> dict[str, Any]:
        """What was done, as JSON."""
        return {
            "schema_version": SCHEMA_VERSION,
            "run": self.run,
            "ids": list(self.ids),
            "tables": dict(self.tables),
            "still_in_salesforce": self.active,
            "kept_stores": self.kept_stores,
            "notices": list(self.notices),
        }


def forget(store: Path, record_id: str, clock: Clock) -> Forgotten:
    """Empty a person's values wherever the store has them.

    Args:
        store: the published file.
        record_id: the Id of a contact, a person account, a user or any other synced record; 15 or 18 characters.
        clock: the time.

    Raises NotStartedError: no such Id or store, or a run is on. Raises DiskError: no room; running it again completes.
    """
    if why := why_no_record_id(record_id):
        raise ConfigurationError(
            f"`{record_id}` is no record Id: {why}", hint="copy it from the address of the record's page"
        )
    paths = StorePaths.of(store)
    if not is_there(paths.store):
        raise UnusableStoreError(f"there is no store at {paths.store}", hint="name it with --store")
    with hold(paths):
        move_foreign_wal(paths)
        remove_leftovers(paths)
        with open_store(paths) as space:
            info = attach_published(space, paths)
            assert info is not None
            space.detach(CURRENT)
            _check_kept(space, paths)
        state = State(paths.state)
        now = clock.now().replace(microsecond=0)
        try:
            state.settle(now, info)
            run = state.begin(
                now,
                plan="",
                meaning="",
                organization_id=info.organization_id,
                user_id=info.user_id,
                above=info.run,
            )
            try:
                with leaving_nothing(paths):
                    # The kept store first: whoever is killed in between is forgotten by running it again.
                    kept = _forget_in(paths, paths.previous, to_18(record_id), run, now)
                    if kept is not None:
                        with on_disk(paths.previous):
                            paths.next.replace(paths.previous)
                    done = _forget_in(paths, paths.store, to_18(record_id), run, now)
                    assert done is not None
                    state.publishing(run)
                    swap(paths, keep=False)
            except Exception:
                with suppress(AccordError):  # what cannot be noted the next start settles
                    state.finish(run, now, "failed", "forgetting did not end; run it again")
                raise
            notices = state.finish_published(run, now, f"forgot {to_18(record_id)}")
        finally:
            state.close()
    ids, tables, active = done
    return Forgotten(run, ids, tables, active, int(kept is not None), notices)


def _check_kept(space: Workspace, paths: StorePaths) -> None:
    """Raise UnusableStoreError if the kept store is none: a person cannot be forgotten in it."""
    try:
        attach_published(space, paths, paths.previous)
    except UnusableStoreError as error:
        raise UnusableStoreError(error.message, hint=f"nothing was forgotten; {_WITHOUT_IT}") from error


_Done = tuple[tuple[str, ...], tuple[tuple[str, int], ...], int]


def _forget_in(paths: StorePaths, file: Path, record_id: str, run: int, now: datetime) -> _Done | None:
    """Write a file of the store anew, as the next one, without the person; None if there is no such file."""
    if not is_there(file):
        return None
    copy_to_next(paths, file)
    try:
        with open_store(paths) as space, space.attached(paths.next, NEXT, _OPTIONS):
            done = _empty(space, record_id)
            # The kept store stays the one of its own run.
            note_run(space, run, now, FORGOT, of_store=file == paths.store)
            with on_disk(paths.emptied):
                paths.emptied.unlink(missing_ok=True)
            with space.attached(paths.emptied, _FRESH, _OPTIONS):
                space.run(f"COPY FROM DATABASE {quote_name(NEXT)} TO {quote_name(_FRESH)}")
                space.run(f"CHECKPOINT {quote_name(_FRESH)}")
        seal(paths.emptied)
        with on_disk(paths.next):
            paths.emptied.replace(paths.next)
    except DamagedStoreError as error:
        raise DamagedStoreError(
            f"{file} is damaged, and nothing in it was forgotten",
            hint=_WITHOUT_IT,
        ) from error
    finally:
        with suppress(OSError):  # what keeps it from being removed keeps the next attempt from being made, and says so
            paths.emptied.unlink(missing_ok=True)
        shutil.rmtree(paths.staging, ignore_errors=True)
    return done


def _empty(space: Workspace, record_id: str) -> _Done:
    ids = _same_person(space, record_id)
    listed = ", ".join(quote_text(one) for one in ids)
    done: list[tuple[str, int]] = []
    active = 0
    for schema, table, columns in _tables_with_ids(space):
        target = name_of(NEXT, schema, table)
        rows = space.value(f'SELECT count(*) FROM {target} WHERE "Id" IN ({listed})')
        if not rows:
            continue
        life = schema == "statisfy" and "record_status" in columns
        if life:
            active += space.value(
                f"SELECT count(*) FROM {target} WHERE \"Id\" IN ({listed}) AND record_status = 'active'"
            )
        space.run(f'UPDATE {target} SET {_emptied(columns, life)} WHERE "Id" IN ({listed})')
        if schema == "statisfy":
            done.append((table, rows))
    changes, rejects = name_of(NEXT, "accord", "changes"), name_of(NEXT, "accord", "rejects")
    space.run(f"UPDATE {changes} SET old_value = NULL, new_value = NULL WHERE key IN ({listed})")
    space.run(f"UPDATE {rejects} SET raw = NULL WHERE key IN ({listed})")
    return ids, tuple(done), active


def _emptied(columns: Sequence[str], life: bool) -> str:
    """The SET list. A row's stamp goes too, so that the next run reads the row again."""
    values = [f"{quote_name(name)} = NULL" for name in columns if name != "Id" and not (life and name in LIFE)]
    if life:
        status = f"CASE WHEN record_status = 'active' THEN NULL ELSE {quote_text(REASON)} END"
        values.append(f"record_status_reason = {status}")
    return ", ".join(values)


def _tables_with_ids(space: Workspace) -> list[tuple[str, str, list[str]]]:
    """Every table that holds records, or copies of records, under their Id, with its columns."""
    rows = space.run(
        "SELECT schema_name, table_name, list(column_name ORDER BY column_index) FROM duckdb_columns()"
        " WHERE database_name = ? AND table_name IN (SELECT table_name FROM duckdb_tables() WHERE database_name = ?)"
        " GROUP BY ALL HAVING bool_or(column_name = 'Id') ORDER BY ALL",
        [NEXT, NEXT],
    )
    return [(schema, table, list(columns)) for schema, table, columns in rows if len(columns) > 1]


def _same_person(space: Workspace, record_id: str) -> tuple[str, ...]:
    """The Id, and with it the contact behind a person account, or the person account before a contact."""
    accounts, contacts = (space.columns((NEXT, "statisfy", table)) for table in ("accounts", "contacts"))
    if not ("is_person" in accounts and "account_id" in contacts):
        return (record_id,)
    rows = space.run(
        f'SELECT a."Id", c."Id" FROM {name_of(NEXT, "statisfy", "accounts")} AS a'
        f' JOIN {name_of(NEXT, "statisfy", "contacts")} AS c ON c.account_id = a."Id"'
        ' WHERE a.is_person AND (a."Id" = ? OR c."Id" = ?)',
        [record_id, record_id],
    )
    return tuple(dict.fromkeys((record_id, *(one for row in rows for one in row))))
