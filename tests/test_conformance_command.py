"""The command line of the conformance suite, and what it says of pocketws."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from conformance import ClientTest, cases, run
from conformance.__main__ import main, place
from conformance.model import CLIENT, INFORMATIONAL, SERVER
from tests.test_conformance import SECONDS, echo, in_loop, not_ok, server_context, websockets_server

pytest_plugins = "tests.certificates"


def on_server(*arguments, handler=echo, **options):
    """Run the command line on a `websockets` server; return (exit code, output, errors)."""

    async def test():
        async with websockets_server(handler, **options) as url:
            return await command("server", url, *arguments)

    return in_loop(test())


async def command(*arguments):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "conformance", *arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


def test_command_with_a_good_server(tmp_path):
    path = tmp_path / "results.json"
    code, output, errors = on_server("--cases", "2.1,7.1.6,H1", "--json", str(path))
    assert (code, errors) == (0, "")
    assert "2.1" in output and "3 cases: 2 OK, 1 INFORMATIONAL, in " in output
    found = json.loads(path.read_text())
    assert found["role"] == "server" and found["target"].startswith("ws://localhost:")
    assert found["counts"] == {"OK": 2, "INFORMATIONAL": 1}
    row = found["results"][0]
    assert row["id"] == "2.1" and row["verdict"] == row["exchange"] == row["closing"] == "OK"
    assert row["section"] == "6455 section 5.5.2" and row["got"] == row["expected"]


def test_command_with_a_server_that_fails():
    code, output, errors = on_server("--cases", "2.1,H25", "--verbose")
    assert code == 1
    assert "H25 FAILED: no Host (RFC 6455 section 4.2.1)" in output
    assert "-> request  47 45 54" in output and "<- response 101" in output
    assert "2.1 OK" not in output.partition("What is not")[2]


def test_command_writes_json_alone():
    code, output, errors = on_server("--cases", "2.1,H25", "--json", "-")
    assert code == 1
    assert [row["verdict"] for row in json.loads(output)["results"]] == ["OK", "FAILED"]


def test_command_over_tls(certificates):
    options = {"ssl": server_context(certificates)}
    assert on_server("--cases", "2.1", **options)[0] == 2
    assert on_server("--cases", "2.1", "--insecure", **options)[0] == 0
    assert on_server("--cases", "2.1", "--cafile", str(certificates / "ca.pem"), **options)[0] == 0
    code, _, errors = on_server("--cases", "2.1", "--cafile", str(certificates / "other.pem"), **options)
    assert code == 2 and "no TLS connection" in errors


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["server", "http://127.0.0.1/"], "expected ws:// or wss://"),
        (["server", "ws://127.0.0.1:1/"], "no TCP connection to 127.0.0.1:1"),
        (["server", "ws://127.0.0.1:1/", "--cases", "99"], "'99' names no case"),
        (["server", "ws://127.0.0.1:1/", "--cases", "1", "--exclude", "1"], "leave no case"),
        (["client", "http://127.0.0.1/"], "expected such as ws://"),
        (["client", "wss://127.0.0.1:0/"], "wss needs --certificate"),
        (["client", "--run", "no-such-program {url}"], "No such file"),
        (["client", "--wait", "0.1"], "no client for 0.1 s"),
    ],
)
def test_command_that_cannot_test(arguments, words, capsys):
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_command_lists_the_cases(capsys):
    assert main(["server", "--list", "--cases", "5.6,H1"]) == 0
    assert [line.split()[:2] for line in capsys.readouterr().out.splitlines()] == [["5.6", "5.4"], ["H1", "4.2.2"]]


def test_a_place_to_listen_at():
    assert place("ws://127.0.0.1:0/") == (False, "127.0.0.1", 0, "/")
    assert place("wss://[::1]/x") == (True, "::1", 443, "/x")
    assert place("ws://localhost") == (False, "localhost", 80, "/")


ECHO = f"{sys.executable} -m conformance.echo"


def test_command_starts_a_client():
    code, output, errors = in_loop(command("client", "--cases", "1,R31,K", "--run", f"{ECHO} client {{url}}"))
    assert (code, errors) == (0, "")
    assert output.startswith("ws://127.0.0.1:") and "19 cases: 19 OK, in " in output


def test_command_starts_a_client_again_that_connects_only_once(tmp_path):
    once = tmp_path / "once.py"
    once.write_text(
        "import asyncio, sys\nfrom conformance.echo import connect\nasyncio.run(connect(sys.argv[1]))\n",
        encoding="utf-8",
    )
    code, output, _ = in_loop(
        command("client", "--cases", "1.1.1,1.1.2,K1", "--run", f"{sys.executable} {once} {{url}}")
    )
    assert code == 0 and "3 cases: 3 OK" in output


def test_command_with_a_client_that_never_connects():
    code, output, errors = in_loop(command("client", "--cases", "1", "--run", f"{sys.executable} -c pass"))
    assert code == 2 and "the client ended, with 0, and has not connected" in errors


def test_command_with_a_client_that_gives_up(tmp_path):
    """One that is stopped by the second case: what was played counts, and the rest is said to be missing."""
    script = tmp_path / "twice.py"
    script.write_text(
        "import asyncio, os, sys\nfrom conformance.echo import connect\n"
        f"mark = {str(tmp_path / 'mark')!r}\n"
        "if not os.path.exists(mark):\n    open(mark, 'w').close()\n    asyncio.run(connect(sys.argv[1]))\n"
    )
    code, output, errors = in_loop(command("client", "--cases", "1.1", "--run", f"{sys.executable} {script} {{url}}"))
    assert code == 1
    assert "1 cases: 1 OK; 7 not played" in output and "has not connected" in errors


@pytest.fixture(scope="module")
def echo_server():
    """The URL of the echo server that comes with the suite, in a process of its own."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(ECHO.split() + ["server"], stdout=subprocess.PIPE, text=True, env=environment)
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait(SECONDS)
    process.stdout.close()


OPEN_TO_ALL = {"7.1.6": INFORMATIONAL, "7.13.1": INFORMATIONAL, "7.13.2": INFORMATIONAL}


def test_pocketws_as_a_server(echo_server):
    assert not_ok(in_loop(run(echo_server, cases(role=SERVER)))) == OPEN_TO_ALL


def test_pocketws_as_a_client():
    async def test():
        async with ClientTest(cases(role=CLIENT)) as test:
            process = await asyncio.create_subprocess_exec(*ECHO.split(), "client", test.url)
            results = await test.wait()
            assert await process.wait() == 0
            return results

    assert not_ok(in_loop(test())) == OPEN_TO_ALL
