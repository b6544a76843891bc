from __future__ import annotations

from pathlib import Path

import pytest

from console.exits import NotStarted
from console.settings import Settings, read_settings


def write(folder: Path, text: str) -> Path:
    file = folder / "accord.toml"
    file.write_text(text, "utf-8")
    return file


def test_nothing_written_gives_the_defaults(tmp_path: Path):
    """Without a file and variables the defaults hold."""
    assert read_settings(tmp_path, {}) == Settings()


def test_variables_beat_the_file_and_flags_beat_both(tmp_path: Path):
    """accord.toml, then ACCORD_ variables, then flags."""
    write(tmp_path, '[org]\nlogin_host = "file.my.salesforce.com"\nclient_id = "file"\napi_version = "60.0"\n')
    environment = {"ACCORD_CLIENT_ID": "variable", "ACCORD_API_VERSION": "61.0"}

    settings = read_settings(tmp_path, environment, {"api_version": "62.0", "client_id": None})

    assert (settings.login_host, settings.client_id, settings.api_version) == (
        "file.my.salesforce.com",
        "variable",
        "62.0",
    )


def test_the_file_is_found_above_and_its_paths_are_its_own(tmp_path: Path):
    """The nearest accord.toml above counts, and a path in it is relative to it."""
    file = write(tmp_path, '[store]\npath = "data/statisfy.duckdb"\n[schema]\npath = "org"\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    settings = read_settings(below, {})

    assert settings.file == file
    assert settings.store == tmp_path / "data/statisfy.duckdb"
    assert settings.schema == tmp_path / "org"


@pytest.mark.parametrize(
    ("text", "message", "way_out"),
    [
        ('[org]\nclient_idd = "x"\n', "[org] client_idd is not a setting", "did you mean `client_id`?"),
        ('[ogr]\nclient_id = "x"\n', "[ogr] is not a setting", "did you mean `org`?"),
        ('client_id = "x"\n', "client_id is not a setting", "known here: org, schema, store"),
        ("[org]\napi_version = 63.0\n", "[org] api_version must be text in quotes, not 63.0", None),
        ('[org]\napi_version = "63"\n', '[org] api_version is a version such as "63.0"', None),
        ('[org]\napi_reserve = "99.9%"\n', 'is a share in whole percent, from "0%" to "99%", in quotes', None),
        ('[org]\napi_reserve = "100%"\n', 'is a share in whole percent, from "0%" to "99%", in quotes', None),
        ('[org]\nlogin_host = "a b"\n', "[org] login_host is a host", None),
        ('[org]\ninstance_url = "http://acme.my.salesforce.com"\n', "begins with https://", None),
        ('[org]\naccess_token = "00D"\n', "is a secret", "set the variable ACCORD_ACCESS_TOKEN instead"),
        ('org = "x"\n', "`org` is a section", None),
        ("[org\n", "is not valid TOML", None),
    ],
)
def test_a_bad_file_is_refused_with_file_and_key(tmp_path: Path, text: str, message: str, way_out: str | None):
    """An unknown key and a bad value name the file and the key, and nothing is started."""
    file = write(tmp_path, text)

    with pytest.raises(NotStarted) as refused:
        read_settings(tmp_path, {})

    assert message in refused.value.message
    assert str(file) in refused.value.message
    assert refused.value.exit_code == 2
    if way_out:
        assert refused.value.help == way_out


def test_a_bad_variable_is_refused_by_name(tmp_path: Path):
    """A bad value of a variable names the variable."""
    for value in ("ftp://x", "", "notaurl", "https://", "http://acme.my.salesforce.com", "https://[x"):
        with pytest.raises(NotStarted, match="ACCORD_INSTANCE_URL is an address that begins with https://"):
            read_settings(tmp_path, {"ACCORD_INSTANCE_URL": value})


@pytest.mark.parametrize("rest", ["/services/data", "/lightning/page/home", "?x=1", "#one"])
def test_an_address_of_a_page_in_the_org_is_shortened(tmp_path: Path, rest: str):
    """Somebody who takes the address from the browser is told which part of it is wanted."""
    with pytest.raises(NotStarted, match=r"alone, here https://acme\.my\.salesforce\.com, not"):
        read_settings(tmp_path, {"ACCORD_INSTANCE_URL": f"https://acme.my.salesforce.com{rest}"})


def test_a_folder_that_is_called_like_the_file_is_named(tmp_path: Path):
    """What cannot be read is an error, and no reason to look in the folders above."""
    (tmp_path / "accord.toml").mkdir()
    with pytest.raises(NotStarted, match=r"cannot read .*accord\.toml: Is a directory"):
        read_settings(tmp_path, {})


def test_a_misspelt_variable_is_noticed(tmp_path: Path):
    """A variable that is nearly one of Accord's gives a note; others are none of its business."""
    settings = read_settings(tmp_path, {"ACCORD_ACESS_TOKEN": "x", "ACCORD_HOLIDAYS": "y"})

    assert settings.notes == ("ACCORD_ACESS_TOKEN is not a setting of Accord; did you mean ACCORD_ACCESS_TOKEN?",)


def test_secrets_are_never_shown(tmp_path: Path):
    """The settings as text hold neither token nor secret."""
    settings = read_settings(tmp_path, {"ACCORD_ACCESS_TOKEN": "s3cret", "ACCORD_CLIENT_SECRET": "s3cret"})

    assert "s3cret" not in repr(settings)
