"""A plugin for pytest (`-p tests.failures --failures=FILE`): writes which tests failed, for a second try.

FILE gets a line for each test that failed: its node id, with the whole path. A module that
could not even be collected is the line "not collected: ..." instead: no second try helps it.
"""

NOT_COLLECTED = "not collected: "


def pytest_addoption(parser):
    parser.addoption("--failures", metavar="FILE", help="append the node ids of failed tests to this file")


class _Writer:
    def __init__(self, config, path):
        self._root, self._path, self._written = config.rootpath, path, set()

    def _write(self, line):
        if line not in self._written:  # a test may fail, and so may its clean-up
            self._written.add(line)
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(line + "\n")

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self._write(f"{self._root}/{report.nodeid}")

    def pytest_collectreport(self, report):
        if report.failed:
            self._write(NOT_COLLECTED + report.nodeid)


def pytest_configure(config):
    path = config.getoption("--failures")
    if path and not hasattr(config, "workerinput"):  # the process that starts the workers hears from all of them
        config.pluginmanager.register(_Writer(config, path))
