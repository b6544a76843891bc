"""Commands in processes of their own that are cut short before they do something to a file of the store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.engine.scene import Scene

ROOT = Path(__file__).parents[2]
# Python tells an audit hook of what is about to be done to which file, so that nothing of the engine's is replaced.
CHILD = """
import errno, os, signal, sys
from pathlib import Path
from engine.clock import SystemClock
from engine.errors import AccordError
from engine.forget import forget
from engine.rollback import rollback
from sandbox import Running
from tests.engine.faulty import Fault, refuse
from tests.engine.scene import Scene, record_id

url, token, folder, command, point, how, links = sys.argv[1:]
org = Scene(Running(url, token, "", "", "", None, None), Path(folder))
hidden = Fault("FROM Contact", refuse(400, "INVALID_TYPE", "sObject type 'Contact' is not supported."), None)
commands = {
    "run": org.run,
    "incomplete": lambda: org.run(None, hidden),
    "rollback": lambda: rollback(org.store, SystemClock()),
    "forget": lambda: forget(org.store, record_id("Contact", 1), SystemClock()),
}
watched = {"os.rename": 1, "os.link": 1, "os.remove": 0, "os.chmod": 0, "shutil.copyfile": 1}
done = []
def watch(event, arguments):
    if event not in watched:
        return
    file = Path(os.fsdecode(arguments[watched[event]]))
    if file.parent != org.folder or not file.name.startswith("statisfy."):
        return
    if event == "os.link" and not links:
        raise OSError(errno.EPERM, "no hard links here")
    done.append(f"{event} {file.name}")
    if point in (done[-1], str(len(done))):
        if how == "refused":
            raise OSError(errno.EIO, "refused", str(file))
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
try:
    commands[command]()
except AccordError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def cut_short(org: Scene, command: str, point: str, how: str = "killed", *, links: bool = True) -> str | None:
    """Start a command and cut it short; return what it said of that, None if it came to its end.

    Args:
        org: the org, and the folder of the store.
        command: `run`, `incomplete` (a run that cannot read contacts), `rollback`, or `forget` (the first contact).
        point: what it is about to do then, as `os.rename statisfy.duckdb`, or the number of that deed, from 1.
        how: `killed`, or `refused`: the system does not do it.
        links: whether the file system has hard links.
    """
    running = org.running
    words = [running.instance_url, running.access_token, str(org.folder), command, point, how, "yes" if links else ""]
    ended = subprocess.run(
        [sys.executable, "-c", CHILD, *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if how == "killed" and ended.returncode == -signal.SIGKILL:
        return "killed"
    assert "Traceback" not in ended.stderr, ended.stderr
    return ended.stderr.strip() or None
