"""The published file: where it lies, whom it belongs to, how it is opened and how it is replaced.

A run never changes the file that readers have open. The next one is built beside it and takes its place by a rename;
the one before stays for `rollback`.
"""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from compiler.duckdb_functions import quote_name, quote_text
from compiler.record_id import to_18
from engine.errors import (
    STORE_WAYS_OUT,
    AccordError,
    AlreadyRunningError,
    DamagedStoreError,
    DiskError,
    NewerStoreError,
    OtherOrgError,
    UnusableStoreError,
)
from engine.identity import UNKNOWN, Identity
from engine.own_tables import find_lacking
from engine.workspace import CURRENT, SPILL, Workspace, name_of

STORE_FORMAT = 1
STORAGE_VERSION = "v1.5.0"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# What stands before the first block of DuckDB's file.
_HEADERS = 3 * 4096
_BAD_PATH = (errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)
# DuckDB's own words; its errors have the path in them too.
_LOCKED = "Could not set lock on file"
_NEWER = "created with a newer version of DuckDB"


@dataclass(frozen=True, slots=True)
class StorePaths:
    """The files of a store: the published one, those beside it, and the folder of the run in progress.

    `next` is the one that is to be published, `emptied` the one without a person that `forget` writes, and `spare` a
    second name of the published one, for as long as another takes its place.
    """

    store: Path
    previous: Path
    spare: Path
    next: Path
    emptied: Path
    state: Path
    lock: Path
    staging: Path

    @classmethod
    def of(cls, store: Path) -> StorePaths:
        """The paths that go with a store's file, each with the store's name before its own.

        Of `statisfy.duckdb` those of the state, the lock and the folder have none, being the usual ones.
        Raises UnusableStoreError for links that lead nowhere but to themselves.
        """
        try:
            # By whatever link it is reached, a store has one lock and one state, and is replaced where it lies.
            store = store.resolve()
        except RuntimeError as error:
            raise UnusableStoreError(
                f"{store} leads nowhere: its links go in a circle", hint="name another path for the store"
            ) from error
        folder = store.parent
        # INVARIANT: the companions of two stores never have the same names. With a dot behind the whole name those of
        # `a` would be those of `a.duckdb`.
        name = f"{store.stem}." if store.suffix == ".duckdb" else f"{store.name}-"
        prefix = "" if store.name == "statisfy.duckdb" else name
        return cls(
            store=store,
            previous=folder / f"{name}previous.duckdb",
            spare=folder / f"{name}previous.duckdb.new",
            next=folder / f"{name}next.duckdb",
            emptied=folder / f"{name}next.duckdb.emptied",
            state=folder / f"{prefix}accord.sqlite3",
            lock=folder / f"{prefix}accord.lock",
            staging=folder / f"{prefix}staging",
        )


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """What a store says about itself: whose it is, which run made it, with which DuckDB, and how that run ended.

    `outcome` is in the words of `accord.runs`; None where it is not there.
    """

    organization_id: str
    instance_kind: str
    user_id: str
    username: str
    run: int
    duckdb_version: str
    outcome: str | None


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder. Raises UnusableStoreError where the system does not let one look."""
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise unreadable(path, error) from error
    return True


def unreadable(path: Path, error: OSError) -> UnusableStoreError:
    """The error for a file or folder of a store that the system does not let one read."""
    way_out = "check the permissions of it and of its folders, or name another path for the store"
    if error.errno in _BAD_PATH:
        way_out = "name another path for the store"
    return UnusableStoreError(
        f"{path} cannot be read: {error.strerror or error}", hint=f"{way_out}; nothing was changed"
    )


@contextmanager
def on_disk(path: Path) -> Iterator[None]:
    """Do something to files of a store, of which `path` is one. Raises DiskError for what the system refuses."""
    try:
        yield
    except OSError as error:
        way_out = "make room" if error.errno in NO_ROOM else "check its folder's permissions, and what has its name"
        # Of a rename, what is in the way is at its target.
        named = error.filename2 or error.filename or path
        raise DiskError(
            f"{named} cannot be written: {error.strerror or error}", hint=f"{way_out}; then run again"
        ) from error


def make_staging(paths: StorePaths) -> None:
    """Make the folder of the run in progress. Raises DiskError."""
    with on_disk(paths.staging):
        paths.staging.mkdir(parents=True, exist_ok=True)


@contextmanager
def open_store(paths: StorePaths) -> Iterator[Workspace]:
    """A workspace in which files of a store can be opened, for as long as the block lasts. Raises DiskError."""
    make_staging(paths)
    space = Workspace(paths.staging)
    try:
        yield space
    finally:
        space.close()
        shutil.rmtree(paths.staging, ignore_errors=True)


def attach_published(space: Workspace, paths: StorePaths, file: Path | None = None) -> StoreInfo | None:
    """Attach the published store, or another file of it, read-only, as `current_store`; None if there is none yet.

    Raises NewerStoreError for one that a newer version wrote, UnusableStoreError for a file that is no store,
    AlreadyRunningError for one that another program writes to.
    """
    file = file or paths.store
    if not is_there(file):
        return None
    if file.is_dir():
        raise UnusableStoreError(f"{file} is a folder", hint="name a file in it; nothing was changed")
    before = file.stat()
    ways_out = "nothing was changed; put back a copy of it"
    if file == paths.store:
        ways_out = STORE_WAYS_OUT if is_there(paths.previous) else f"{ways_out}, or move it away to start anew"
    try:
        # Without the type DuckDB would look for an extension that reads a file of another kind, in the network too.
        space.connection.execute(f"ATTACH {quote_text(str(file))} AS {quote_name(CURRENT)} (READ_ONLY, TYPE DUCKDB)")
    except duckdb.Error as error:
        if _NEWER in str(error).replace(str(file), ""):
            raise NewerStoreError(
                f"{file} was written by a newer DuckDB", hint="update Accord, nothing was changed"
            ) from error
        if _LOCKED in str(error).replace(str(file), ""):
            raise AlreadyRunningError(
                f"another program has {file} open for writing", hint="end it; nothing was changed"
            ) from error
        _check_readable(file)
        raise UnusableStoreError(
            f"{file} cannot be opened as a store: it is damaged, or of another kind", hint=ways_out
        ) from error
    space.files[CURRENT] = file
    # A run may have put another file in its place by now; that one's size says nothing of this one.
    if os.path.samestat(before, file.stat()) and before.st_size < _least_size(space):
        raise UnusableStoreError(f"{file} is damaged: it ends too early", hint=ways_out)
    return _info(space, file, ways_out)


def _check_readable(file: Path) -> None:
    """Raise UnusableStoreError for a file that may not be read: DuckDB does not tell it from one that is damaged."""
    try:
        file.open("rb").close()
    except OSError as error:
        raise unreadable(file, error) from error


def _info(space: Workspace, file: Path, ways_out: str) -> StoreInfo:
    with _asking(file, ways_out):
        ((version, *rest),) = space.run(
            "SELECT format, organization_id, instance_kind, user_id, username, run, duckdb_version"
            f" FROM {name_of(CURRENT, 'accord', 'store')}"
        )
        lacking = find_lacking(space)
    if not isinstance(version, int) or None in rest:
        raise UnusableStoreError(f"{file} is damaged: it does not say what it is", hint=ways_out)
    if version > STORE_FORMAT:
        raise NewerStoreError(
            f"{file} has format {version}, and this version of Accord knows {STORE_FORMAT}",
            hint="update Accord; nothing was changed",
        )
    if lacking:
        raise UnusableStoreError(f"{file} is damaged: it lacks {', '.join(lacking)}", hint=ways_out)
    with _asking(file, ways_out):
        ended = space.run(
            f"SELECT outcome FROM {name_of(CURRENT, 'accord', 'runs')} WHERE run ="
            f" (SELECT run FROM {name_of(CURRENT, 'accord', 'store')})"
        )
    return StoreInfo(*rest, *(ended[0] if ended else (None,)))


def _least_size(space: Workspace) -> int:
    """The bytes that the attached published file has at least. DuckDB counts free blocks that it has cut off, too."""
    used = "SELECT (total_blocks - free_blocks) * block_size FROM pragma_database_size() WHERE database_name = ?"
    return _HEADERS + int(space.value(used, [CURRENT]))


@contextmanager
def _asking(file: Path, ways_out: str) -> Iterator[None]:
    """Ask an attached file what it says about itself. Raises UnusableStoreError for one that does not say it."""
    try:
        yield
    except DamagedStoreError as error:
        raise UnusableStoreError(f"{file} is damaged", hint=ways_out) from error
    except (duckdb.Error, ValueError) as error:
        raise UnusableStoreError(
            f"{file} is a DuckDB file, but no store of Accord's",
            hint="give another path for the store; nothing was changed",
        ) from error


def is_of(info: StoreInfo, identity: Identity) -> bool:
    """Whether a store holds the rows of this org. A kind that Salesforce did not tell contradicts none."""
    kinds = {info.instance_kind, identity.instance_kind}
    return to_18(info.organization_id) == to_18(identity.organization_id) and (len(kinds) == 1 or UNKNOWN in kinds)


def check_owner(info: StoreInfo, identity: Identity, paths: StorePaths) -> None:
    """Raise OtherOrgError unless the store holds the rows of this org."""
    if not is_of(info, identity):
        raise OtherOrgError(
            f"{paths.store} holds the {info.instance_kind} org {info.organization_id}, and the connection is to the"
            f" {identity.instance_kind} org {identity.organization_id}",
            hint="name another store for this org, or start a new baseline with --adopt-org; nothing was changed",
        )


def move_foreign_wal(paths: StorePaths) -> Path | None:
    """Move aside a write-ahead log that somebody left beside the published file; return where it is now.

    Raises DiskError.

    Published files are closed whole, so that such a log is from another program; DuckDB would refuse the file for it.
    """
    wal = _wal_of(paths.store)
    if not wal.exists():
        return None
    number = 1
    while (aside := wal.with_name(f"{wal.name}.foreign-{number}")).exists():
        number += 1
    with on_disk(wal):
        wal.replace(aside)
    return aside


def remove_leftovers(paths: StorePaths, *, pages: bool = True, but: Collection[Path] = ()) -> None:
    """Remove what a run that died left behind: unfinished files and, unless they may serve, the `pages`.

    A swap that it had begun is finished or taken back. Of what lies beside the pages, `but` stays. Raises DiskError.
    """
    if _swapped(paths):
        _keep_spare(paths)
    # INVARIANT: the spare goes before the next file, which tells that it has not taken the published one's place.
    for path in (paths.spare, *(file for one in (paths.next, paths.emptied) for file in (one, _wal_of(one)))):
        with on_disk(path):
            # Where nothing can be removed there is mostly nothing to remove either.
            if path.exists() or path.is_symlink():
                path.unlink(missing_ok=True)
    if not pages or not but:
        shutil.rmtree(paths.staging / SPILL if not pages else paths.staging, ignore_errors=True)
        return
    with on_disk(paths.staging):
        for path in set(paths.staging.iterdir()).difference(but):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


@contextmanager
def leaving_nothing(paths: StorePaths) -> Iterator[None]:
    """Make a next store, for as long as the block lasts; if that fails, nothing stays of it.

    It would be a copy of records that nobody looks after, and take the room in which to note that it failed.
    """
    try:
        yield
    except BaseException:
        with suppress(AccordError):  # the next start says what cannot be removed
            remove_leftovers(paths)
        raise


def _swapped(paths: StorePaths) -> bool:
    """Whether a swap was cut short that had taken place, so that the spare is all there is of the store before.

    Until it takes place the next file is there. Where somebody removed that one, the spare is the published file still,
    or a copy of it.
    """
    if os.path.lexists(paths.next) or paths.spare.is_symlink() or not paths.spare.is_file():
        return False
    with on_disk(paths.spare):
        return not (paths.store.exists() and filecmp.cmp(paths.store, paths.spare, shallow=False))


def _wal_of(path: Path) -> Path:
    """DuckDB's write-ahead log of a file."""
    return path.with_name(path.name + ".wal")


def copy_to_next(paths: StorePaths, source: Path | None = None) -> None:
    """Start the next file as a copy of the published one, or of another. Raises DiskError."""
    copy_aside(source or paths.store, paths.next)


def copy_aside(source: Path, target: Path) -> None:
    """Copy a file of the store so that the copy can be written. Raises DiskError."""
    with on_disk(target):
        shutil.copyfile(source, target)
        target.chmod(stat.S_IRUSR | stat.S_IWUSR)


def seal(path: Path) -> None:
    """Make a closed database file durable and read-only. Raises DiskError, also if its log is still there."""
    if _wal_of(path).exists():
        raise DiskError(f"{path} was not closed whole", hint="check the disk, then run again")
    with on_disk(path):
        _sync(path)
        path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)


def swap(paths: StorePaths, *, keep: bool = True) -> None:
    """Put the sealed next file in the published one's place. Readers never miss it.

    The published one becomes the previous one, unless it is not to be kept. Wherever this is cut short no file is lost,
    and `remove_leftovers` finishes it or takes it back. Raises DiskError; the files are then as they were.
    """
    keep = keep and paths.store.exists()
    try:
        if keep:
            _set_aside(paths)
        with on_disk(paths.store):
            _sync(paths.store.parent)
            paths.next.replace(paths.store)
    except DiskError:
        with suppress(OSError):
            paths.spare.unlink(missing_ok=True)
        raise
    _sync_if_possible(paths.store.parent)
    if keep:
        try:
            _keep_spare(paths)
        except DiskError:
            try:
                paths.spare.replace(paths.store)
            except OSError:
                return  # published it is; the next start keeps the spare, or says what is in its way
            raise


def _set_aside(paths: StorePaths) -> None:
    """Have the published file under a second name too. Raises DiskError."""
    with on_disk(paths.spare):
        paths.spare.unlink(missing_ok=True)
        try:
            os.link(paths.store, paths.spare)
        except OSError:
            # A file system without hard links; the copy costs time, not safety.
            shutil.copyfile(paths.store, paths.spare)
            seal(paths.spare)


def _keep_spare(paths: StorePaths) -> None:
    """Make what was the published file the previous one. Raises DiskError."""
    with on_disk(paths.previous):
        paths.spare.replace(paths.previous)
        # A rename leaves two names of the same file as they are.
        paths.spare.unlink(missing_ok=True)
    _sync_if_possible(paths.previous.parent)


def _sync(path: Path) -> None:
    """Have a file, or what a folder lists, on the disk itself."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_if_possible(folder: Path) -> None:
    """Have what a folder lists on the disk itself; its files have been renamed already, whatever the disk says."""
    with suppress(OSError):
        _sync(folder)
