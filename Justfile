# The commands that contributors run. Each is one plain command that works without `just`.

default:
    @just --list

# install Accord and its tools into the active virtual environment
setup:
    python -m pip install -e ".[dev]" -c constraints.txt

# all tests but the slow and the long ones; `just test -m slow` runs the former
test *ARGS:
    pytest {{ARGS}}

# ruff and mypy
lint:
    ruff check
    ruff format --check
    mypy

# rewrite Python files in the project's format
fmt:
    ruff check --fix
    ruff format

# rewrite the golden files and the generated parts of the documentation; look at the difference before you commit
golden:
    pytest --update tests/cases tests/docs

# a local Salesforce org with the example data
sandbox:
    accord sandbox specs/acme/org

# everything that CI runs
ci:
    .ci/run
