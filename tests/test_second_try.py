"""`python -m tests` tries a few failed tests once more, says so, and gives nothing else a second try."""

import sys

import pytest

from tests import __main__ as project

PYTEST = [sys.executable, "-m", "pytest", "-q"]
FLAKY = """
from pathlib import Path

def test_flaky():
    first = Path(__file__).with_name("ran")
    if not first.exists():
        first.touch()
        assert False, "the first time"
"""
PASSES = "\ndef test_passes():\n    pass\n"
FAILS = "\ndef test_fails():\n    assert False, 'each time'\n"


@pytest.fixture
def try_tests(tmp_path, monkeypatch, capsys):
    """Return a function that runs the source of a test module as the only step; it returns (exit code, output)."""
    # Without the plugins that these tests do not need, whose loading takes longest.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setattr(project, "PYTEST", [*PYTEST, "-p", "xdist", "-p", "no:cacheprovider", "-p", "tests.failures"])

    def run(source, *commands):
        (tmp_path / "test_them.py").write_text(source)
        command = [*project.PYTEST, "-n", "0", "-p", "no:nbval", str(tmp_path)]
        monkeypatch.setattr(project, "STEPS", {"only": [command, *commands]})
        code = project.main([])
        return code, capsys.readouterr().out

    return run


def test_a_test_that_passes_the_second_time_is_named_and_both_outputs_are_kept(try_tests):
    code, output = try_tests(PASSES + FLAKY)
    assert code == 0
    assert "the first time" in output and "again     1 passed" in output
    assert output.count("passed on the second try, alone: ") == 1
    assert output.rstrip().endswith("test_them.py::test_flaky")
    assert "1 passed, 1 failed, 0 skipped" in output, "the counts are those of the first try"


def test_a_test_that_fails_twice_fails(try_tests):
    code, output = try_tests(PASSES + FAILS + FLAKY)
    assert code == 1
    assert output.count("each time") >= 2
    assert "FAILED twice: " in output and "passed on the second try, alone: " in output


@pytest.mark.parametrize("count, tried", [(5, True), (6, False)])
def test_of_many_failures_none_is_tried_again(count, tried, try_tests):
    source = "".join(f"\ndef test_{number}():\n    assert False\n" for number in range(count))
    code, output = try_tests(source + PASSES)
    assert code == 1
    assert ("the second try" in output, "FAILED twice" in output) == (tried, tried)


def test_a_skip_is_no_pass_the_second_time(try_tests):
    code, output = try_tests(
        FLAKY.replace("test_flaky():", "test_flaky():\n    import pytest") + "    else:\n        pytest.skip('no')\n"
    )
    assert code == 1 and "FAILED twice" in output


def test_a_module_with_an_error_has_no_second_try(try_tests):
    code, output = try_tests("import nowhere\n")
    assert code == 1 and "the second try" not in output


def test_neither_has_a_linter_or_a_coverage(try_tests):
    code, output = try_tests(PASSES + FLAKY, [sys.executable, "-c", "raise SystemExit(2)"])
    assert code == 1 and "the second try" not in output


def test_no_test_at_all_is_a_failure(try_tests):
    assert try_tests("")[0] == 1
