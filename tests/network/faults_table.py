"""Writes docs/faults.md from the tables of the fault tests: `python -m tests.network.faults_table`"""

from pathlib import Path

from tests.network import faulty_clients, faulty_servers

PATH = Path(__file__).parent.parent.parent / "docs" / "faults.md"

HEAD = """# What goes wrong, and what becomes of it

Each row is a fault of the peer, and what the program on our side gets: the exception, its `__cause__`, and the codes
of the Close frames. For a frame that came, 1005 stands for no code in it; 1006 stands for no frame. The tests see each
Close frame on the other end of the wire, before the end of the connection, with no RST that could destroy it, unless
that end reads nothing. (FIN) and (RST) are how TCP ends: in order, as when a process is killed, or with all lost that
was under way.

After each fault no task and no socket is left. On a server, another client is connected all the while and is served,
and so is the next one.

The tests are in `tests/network/test_faults_client.py` and `tests/network/test_faults_server.py`. Each runs on CPython,
and, as `test_client_on_micropython` and `test_server_on_micropython`, on MicroPython. There a server cannot end one
direction of a connection and read on in the other, and ends both after the Close frames: it does not wait for the
client's end of the TCP connection, and one that goes on sending gets an RST.

`python -m tests.network.faults_table` writes this file from the tables that the tests run;
`tests/network/test_faults_table.py` checks that it is in step.
"""
COLUMNS = "| fault of the peer | our client | our server | tests |\n|---|---|---|---|\n"

OTHERS = """## More

| fault | what becomes of it | test |
|---|---|---|
| the connection is cut at any byte: handshake, frames, Close frame, by FIN and by RST | what came whole is received; it looks closed only if both Close frames were whole | `tests/network/test_faults_cuts.py::test_a_server_is_cut`, `::test_a_client_is_cut`, `::test_an_answer_to_our_close_frame_is_cut` |
| no server listens | `OSError` from `connect()` | `tests/network/test_faults_client.py::test_no_server` |
| pings without end, and no pong is read | the Pongs that wait do not pile up | `tests/network/test_faults_server.py::test_pings_without_end_from_a_client_that_reads_no_pong` |
| a handler raises an exception | Close 1011 without a reason, and an ERROR in the log; the server serves on | `tests/network/test_faults_server.py::test_a_handlers_exception_closes_with_1011_and_leaves_the_server_up` |
| `process_request` or the like raises an exception | HTTP 500 without details, and an ERROR in the log; the server serves on | `tests/network/test_faults_server.py::test_an_exception_while_opening_answers_500_and_leaves_the_server_up` |
| 10,000 random frames | each connection ends as the same bytes end without a network; the server serves on | `tests/network/test_fuzz_server.py::test_random_frames` |
| 1,000 random requests | 101, an HTTP error, or the end, as the same bytes without a network | `tests/network/test_fuzz_server.py::test_random_handshakes` |
| one of 1,000 clients stalls in a broadcast | nobody else waits; keepalive ends it, and its memory is free again | `tests/network/test_scale.py::test_a_thousand_idle_connections_and_one_stalled` |
| a task does nothing but send, to a peer that takes it all | the others have their turn | `tests/network/test_scale.py::test_a_task_that_only_sends_lets_others_run` |
| hundreds of requests that are never finished | they cost no task, hold up no one, and end after `open_timeout` | `tests/network/test_scale.py::test_many_that_never_finish_their_request_cost_no_task_and_are_cut_off` |
| a client reads nothing while the server closes | cut off after `close_timeout`: `ConnectionClosedError`, sent 1001 | `tests/network/test_faults_server.py::test_a_server_closes_although_a_client_reads_nothing` |
| `connect()` is cancelled at any step | no task and no socket is left | `tests/network/test_cancel.py::test_connect_cancelled_at_any_step` |
| `recv()` or `send()` is cancelled | no message is lost, doubled or cut | `tests/network/test_cancel.py::test_recv_cancelled_again_and_again`, `::test_send_cancelled_while_it_waits_for_room` |
"""  # noqa: E501


def render():
    """Return the text of docs/faults.md."""
    return "\n".join(
        [
            HEAD,
            "## While the connection opens\n\n" + _table(faulty_servers.OPENING, faulty_clients.OPENING),
            "## Once it is open\n\n" + _table(faulty_servers.OPEN, faulty_clients.OPEN),
            OTHERS,
        ]
    )


def _table(of_servers, of_clients):
    rows = {}
    for column, faults in enumerate((of_servers, of_clients)):
        for fault in faults:
            rows.setdefault(fault.words, [None, None])[column] = fault
    return COLUMNS + "".join(_row(words, *pair) for words, pair in rows.items())


def _row(words, of_server, of_client):
    seen = ["" if fault is None else _seen(fault) for fault in (of_server, of_client)]
    pairs = (("test_client", of_server), ("test_server", of_client))
    tests = [f"`{test}[{fault.name}]`" for test, fault in pairs if fault is not None]
    return f"| {words} | {seen[0]} | {seen[1]} | {', '.join(tests)} |\n"


def _seen(fault):
    """Return what `fault` comes to, in words."""
    if fault.outcome is None:
        return _refused(fault)
    error, cause, *rest = fault.outcome
    error = _code(error) + (f", cause {_code(cause)}" if cause else "")
    if len(rest) < 2:  # the status of the response, if any
        return f"`connect()` raises {error}" + "".join(f" ({status})" for status in rest)
    _, sent, code, _, messages = rest
    before = "what came whole; then " if messages else ""
    return f"{before}{error}; received {code}, sent {'none' if sent is None else sent}"


def _refused(fault):
    if fault.wire:
        return f"answers {fault.wire[0]}"
    return "ends the connection" + (" (`open_timeout`)" if "open_timeout" in fault.options else "")


def _code(name):
    """Return "`TimeoutError` (`open_timeout`)" for "TimeoutError (open_timeout)", and "`OSError`" for "OSError"."""
    return "`" + name.replace(" (", "` (`").replace(")", "`)") + ("" if name.endswith(")") else "`")


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
