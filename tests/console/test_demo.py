from __future__ import annotations

from pathlib import Path

import pytest

from tests.console.accord import Said, accord

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Said]:
    """A folder in which the demo has run, though its user is connected to something else."""
    folder = tmp_path_factory.mktemp("demo")
    elsewhere = {"ACCORD_INSTANCE_URL": "https://example.invalid", "ACCORD_STORE": "elsewhere.duckdb"}
    return folder, accord("demo", cwd=folder, environment=elsewhere)


def test_the_demo_tells_the_whole_story(demo: tuple[Path, Said]):
    """Lint, SOQL, preview, a run, a run that finds just the changes, a run that changes nothing."""
    _, said = demo
    runs = [line for line in said.out.splitlines() if line.startswith("run ")]

    assert said.code == 0, said.err
    assert "FROM Account" in said.out
    assert "customer: " in said.out
    assert runs[0].endswith("rows new")
    assert runs[1] == "run 2 succeeded: 3 rows updated, 5 rows no longer in"
    assert runs[2] == "run 3 succeeded: nothing to change"


def test_the_demo_stays_in_its_folder(demo: tuple[Path, Said]):
    """Everything that the demo writes is in ./accord-demo, whatever the environment says."""
    folder, _ = demo

    assert [path.name for path in folder.iterdir()] == ["accord-demo"]
    assert (folder / "accord-demo" / "statisfy.duckdb").exists()


@pytest.mark.slow
def test_what_the_demo_leaves_can_be_used(demo: tuple[Path, Said]):
    """The spec in the demo's folder lints against the snapshot beside it."""
    folder, _ = demo
    said = accord("lint", "accord-demo", cwd=folder)

    assert (said.code, said.err) == (0, "1 spec: nothing to report\n")


@pytest.mark.slow
def test_the_demo_runs_again(demo: tuple[Path, Said]):
    """A second demo starts afresh."""
    folder, _ = demo
    said = accord("demo", cwd=folder)

    assert said.code == 0
    assert "run 1 succeeded" in said.out


def test_an_edited_spec_is_not_written_over(tmp_path: Path):
    """A demo folder whose spec was edited is left alone, with exit code 2."""
    spec = tmp_path / "accord-demo" / "acme.accord"
    spec.parent.mkdir()
    spec.write_text("accord 1\n# mine\n")
    said = accord("demo", cwd=tmp_path)

    assert said.code == 2
    assert "# mine" in spec.read_text()


def test_the_demo_touches_no_folder_that_is_not_its_own(tmp_path: Path):
    """A folder of that name with other files in it stops the demo, with exit code 2."""
    (tmp_path / "accord-demo").mkdir()
    (tmp_path / "accord-demo" / "thesis.txt").write_text("years of work")
    said = accord("demo", cwd=tmp_path)

    assert said.code == 2
    assert (tmp_path / "accord-demo" / "thesis.txt").exists()


def test_where_it_cannot_write_the_demo_says_so(tmp_path: Path):
    """A folder that cannot be made ends the demo with exit code 2 and no traceback."""
    (tmp_path / "accord-demo").symlink_to(tmp_path / "nowhere" / "else")
    said = accord("demo", cwd=tmp_path)

    assert said.code == 2
    assert "cannot make the folder accord-demo here" in said.err
    assert "Traceback" not in said.err


def test_on_a_full_disk_the_demo_says_so(tmp_path: Path):
    """A file that does not fit ends the demo with exit code 2 and no traceback."""
    said = accord("demo", cwd=tmp_path, largest_file=1024)

    assert said.code == 2
    assert "cannot make the folder accord-demo here: File too large" in said.err
    assert "Traceback" not in said.err
