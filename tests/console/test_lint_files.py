"""What `accord lint` does with files and folders that are not as they should be."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.console.accord import ORG, Said, accord

GOOD = b"accord 1\naccounts { where Type = 'Customer' }\n"
FINE = "1 spec: nothing to report\n"


def lint(folder: Path, *paths: str) -> Said:
    return accord("lint", *paths, "--schema", ORG, cwd=folder)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.rstrip(),
        GOOD.replace(b"accord 1\n", b"accord 1 # \xe2\x82\xac\n"),
    ],
    ids=["byte-order mark", "CRLF", "no last line break", "not ASCII"],
)
def test_a_spec_may_be_written_by_any_editor(tmp_path: Path, data: bytes):
    """A byte-order mark, other line breaks and a missing last one are nothing to report."""
    (tmp_path / "a.accord").write_bytes(data)
    said = lint(tmp_path, "a.accord")

    assert (said.code, said.out, said.err) == (0, "", FINE)


def test_places_are_right_behind_a_byte_order_mark_and_crlf(tmp_path: Path):
    """Line and column are those that an editor shows."""
    (tmp_path / "a.accord").write_bytes(b"\xef\xbb\xbf" + GOOD.replace(b"Type", b"Tipe").replace(b"\n", b"\r\n"))

    assert "a.accord:2:18\n" in lint(tmp_path, "a.accord").out


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# nothing yet\n", b"\xef\xbb\xbf"])
def test_an_empty_spec_says_what_is_missing(tmp_path: Path, data: bytes):
    """It has no accounts, which is an error, and is shown as such."""
    (tmp_path / "a.accord").write_bytes(data)
    said = lint(tmp_path, "a.accord")

    assert said.code == 1
    assert "error[E0503]" in said.out


@pytest.mark.parametrize(
    ("data", "message", "way_out"),
    [
        (GOOD + b"# caf\xe9\n", "a.accord is not UTF-8 text: byte 0xe9 in line 3", "save the file as UTF-8"),
        (GOOD.decode().encode("utf-16"), "a.accord is UTF-16 text", "save the file as UTF-8"),
        (b"PK\x03\x04\x00\x00", "a.accord is not a text file: line 1 has a zero byte", "name a spec"),
        (b"# x\n" * 1_250_000, "a.accord has more than 1 MB and cannot be a spec", "name the spec itself, or split it"),
    ],
    ids=["Latin-1", "UTF-16", "binary", "5 MB"],
)
def test_what_is_no_spec_is_refused(tmp_path: Path, data: bytes, message: str, way_out: str):
    """The message names the file and the reason; nothing is checked, exit 2."""
    (tmp_path / "a.accord").write_bytes(data)
    said = lint(tmp_path, "a.accord")

    assert (said.code, said.out) == (2, "")
    assert said.err == f"error: {message}\n  = help: {way_out}\n"


def test_a_missing_file_is_refused(tmp_path: Path):
    """A misspelt path is not a spec without findings."""
    (tmp_path / "a.accord").write_bytes(GOOD)
    said = lint(tmp_path, "a.accord", "b.accord")

    assert (said.code, said.err) == (2, "error: there is no file b.accord\n")


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path):
    """The system's reason is passed on."""
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(tmp_path / "a.accord"))
        said = lint(tmp_path, "a.accord")

    assert said.code == 2
    assert said.err.startswith("error: cannot read a.accord: ")


def test_a_path_that_the_system_refuses_is_refused(tmp_path: Path):
    """A name that is too long, for example."""
    said = lint(tmp_path, "a" * 5000)

    assert said.code == 2
    assert "File name too long" in said.err


def test_folders_are_searched(tmp_path: Path):
    """Specs below a folder are checked in order; hidden ones, other files and folders named like specs are not."""
    for name in ("b/z.accord", "b/a.accord", "a.accord", ".git/x.accord", "b/.x.accord", "c.txt", "d.accord/e.accord"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(GOOD)
    said = lint(tmp_path, ".")

    assert (said.code, said.err) == (0, "4 specs: nothing to report\n")


def test_a_circle_of_links_is_not_walked(tmp_path: Path):
    """A link to the folder itself ends nothing, and nothing comes twice."""
    (tmp_path / "a.accord").write_bytes(GOOD)
    (tmp_path / "again").symlink_to(tmp_path)

    assert lint(tmp_path, ".").err == FINE


@pytest.mark.parametrize("words", [["a.accord"], ["."]], ids=["named", "in a folder"])
def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path, words: list[str]):
    """A link to itself, or to a file that is gone, is not left out silently."""
    (tmp_path / "a.accord").symlink_to("a.accord")
    said = lint(tmp_path, *words)

    assert (said.code, said.err) == (2, "error: a.accord is a link that leads nowhere\n")


@pytest.fixture
def several(tmp_path: Path) -> Path:
    """A folder with two specs that can be checked and three that cannot be read."""
    (tmp_path / "a.accord").write_bytes(b"\xff")
    (tmp_path / "b.accord").write_bytes(GOOD.replace(b"Type", b"Tipe"))
    (tmp_path / "c.accord").symlink_to("nowhere")
    (tmp_path / "d.accord").write_bytes(GOOD)
    (tmp_path / "e.accord").write_bytes(b"# x\n" * 300_000)
    return tmp_path


UNREAD = [
    ("c.accord is a link that leads nowhere", None),
    ("e.accord has more than 1 MB and cannot be a spec", "name the spec itself, or split it"),
    ("a.accord is not UTF-8 text: byte 0xff in line 1", "save the file as UTF-8"),
]


def test_a_spec_that_cannot_be_read_does_not_hide_the_findings_of_others(several: Path):
    """The others are checked, each that cannot be read is named, and the exit code says that this is not all."""
    said = lint(several, ".")
    told = [f"error: {message}\n" + (f"  = help: {way_out}\n" if way_out else "") for message, way_out in UNREAD]

    assert said.code == 2
    assert "b.accord:2:18" in said.out
    assert said.err == "".join(told) + "2 specs: 1 error; `--fix` can mend 1\n"


def test_documents_name_what_cannot_be_read(several: Path):
    """Each format says it in its own way."""
    document = json.loads(lint(several, ".", "--format", "json").out)
    run = json.loads(lint(several, ".", "--format", "sarif").out)["runs"][0]
    github = lint(several, ".", "--format", "github").out.splitlines()

    assert [(one["message"], one["help"]) for one in document["unread"]] == UNREAD
    assert (document["files"], len(document["diagnostics"])) == (2, 1)
    assert not run["invocations"][0]["executionSuccessful"]
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == 3
    assert github[0] == "::error::c.accord is a link that leads nowhere"
    assert len(github) == 4


def test_what_can_be_read_is_mended(several: Path):
    """`--fix` mends the others."""
    said = lint(several, ".", "--fix")

    assert said.code == 2
    assert (several / "b.accord").read_bytes() == GOOD


def test_nothing_is_formatted_where_one_cannot_be_read(several: Path):
    """`fmt` changes all or nothing: who sees exit 2 finds the files as they were."""
    (several / "a.accord").write_bytes(b"accord 1  accounts { where Type = 'Customer' }")
    said = accord("fmt", ".", cwd=several)

    assert (said.code, said.err) == (2, "error: c.accord is a link that leads nowhere\n")
    assert (several / "a.accord").read_bytes() == b"accord 1  accounts { where Type = 'Customer' }"


def test_a_linked_spec_is_checked(tmp_path: Path):
    """A link to a file counts as the file, under its own name."""
    (tmp_path / "real.txt").write_bytes(GOOD.replace(b"Type", b"Tipe"))
    (tmp_path / "a.accord").symlink_to("real.txt")

    assert "a.accord:2:18" in lint(tmp_path, ".").out


def test_a_name_with_signs_for_the_terminal_is_shown_plainly(tmp_path: Path):
    """A file's name cannot steer the terminal."""
    (tmp_path / "a\x1b[31m.accord").write_bytes(GOOD.replace(b"Type", b"Tipe"))
    said = lint(tmp_path, ".")

    assert "\x1b" not in said.out + said.err
