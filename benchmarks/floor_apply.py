"""The floor of an incremental run: fetched rows applied to a table, by stored hash, in a copy of the file.

    python -m benchmarks.floor_apply STORE.duckdb COPY.duckdb SHARE PART

Takes the PART-th of SHARE parts of `contacts`, changes it in memory (that is not measured), and measures the cheapest
way known to bring it in: changed set by stored row hash, DELETE, INSERT, one commit and a checkpoint.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.contact_rows import NAMES


def main(store: str, copy: str, share: str, part: str) -> None:
    """Prepare, then measure."""
    shutil.copyfile(store, copy)
    Path(copy).chmod(0o600)
    columns = ", ".join(f'"{name}"' for name in NAMES)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{copy}' AS s (STORAGE_VERSION 'v1.5.0')")
        con.execute('CREATE TABLE s.hashed AS SELECT "Id", hash(' + columns + ") AS h FROM s.statisfy.contacts")
        con.execute("CHECKPOINT s")
        con.execute(
            f'CREATE TABLE fetched AS SELECT {columns} FROM s.statisfy.contacts WHERE hash("Id") % {share} = {part}'
        )
        con.execute("UPDATE fetched SET \"Title\" = 'changed'")
        con.execute("ALTER TABLE fetched ADD COLUMN h UBIGINT")
        con.execute(f"UPDATE fetched SET h = hash({columns})")
        since, cpu = time.monotonic(), time.process_time()
        con.execute("BEGIN")
        con.execute(
            'CREATE TEMP TABLE changed AS SELECT f."Id" FROM fetched AS f JOIN s.hashed AS t ON t."Id" = f."Id"'
            " WHERE t.h IS DISTINCT FROM f.h"
        )
        con.execute('DELETE FROM s.statisfy.contacts AS t USING changed AS c WHERE t."Id" = c."Id"')
        con.execute(
            f'INSERT INTO s.statisfy.contacts ({columns}) SELECT {columns} FROM fetched SEMI JOIN changed USING ("Id")'
        )
        con.execute('DELETE FROM s.hashed AS t USING changed AS c WHERE t."Id" = c."Id"')
        con.execute('INSERT INTO s.hashed SELECT "Id", h FROM fetched SEMI JOIN changed USING ("Id")')
        con.execute("COMMIT")
        con.execute("CHECKPOINT s")
        spent = {"seconds": time.monotonic() - since, "cpu": time.process_time() - cpu}
        rows = con.execute("SELECT count(*) FROM changed").fetchall()[0][0]
    sys.stdout.write(json.dumps({**spent, "rows": rows}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
