from __future__ import annotations

from pathlib import Path

import pytest

from console.exits import NotStarted
from console.texts import read_spec, spec_files, write_whole


def test_a_folder_means_the_specs_below_it(tmp_path: Path):
    """Specs in sub-folders count, hidden folders and other files do not, and nothing comes twice."""
    for name in ("b.accord", "a.accord", "deep/c.accord", ".hidden/d.accord", "e.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()

    names = [str(p.relative_to(tmp_path)) for p in spec_files([tmp_path, tmp_path / "a.accord"])]

    assert names == ["a.accord", "b.accord", "deep/c.accord"]


def test_a_path_that_is_not_there_is_refused(tmp_path: Path):
    """A misspelt path never counts as nothing to check."""
    with pytest.raises(NotStarted, match="there is no file"):
        spec_files([tmp_path / "nope.accord"])


def test_a_folder_without_specs_is_refused(tmp_path: Path):
    """An empty folder is not a success."""
    with pytest.raises(NotStarted, match="no spec"):
        spec_files([tmp_path])


def test_a_byte_order_mark_is_not_text(tmp_path: Path):
    """What some editors put before the text is left out, line breaks stay."""
    path = tmp_path / "a.accord"
    path.write_bytes(b"\xef\xbb\xbfaccord 1\r\n")

    assert read_spec(path).text == "accord 1\r\n"


def test_text_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path):
    """The line of the first byte that is not UTF-8 is named."""
    path = tmp_path / "a.accord"
    path.write_bytes(b"accord 1\n# caf\xe9\n")

    with pytest.raises(NotStarted, match="byte 0xe9 in line 2"):
        read_spec(path)


def test_writing_keeps_permissions_and_leaves_nothing_behind(tmp_path: Path):
    """The new text has the old file's mode, and no temporary file stays."""
    path = tmp_path / "a.accord"
    path.write_text("old")
    path.chmod(0o640)

    write_whole(path, "new\r\n")

    assert path.read_bytes() == b"new\r\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["a.accord"]


def test_writing_through_a_link_changes_the_file(tmp_path: Path):
    """A symbolic link stays a link."""
    path, link = tmp_path / "a.accord", tmp_path / "link.accord"
    path.write_text("old")
    link.symlink_to(path)

    write_whole(link, "new")

    assert link.is_symlink()
    assert path.read_text() == "new"
