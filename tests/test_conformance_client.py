"""The conformance suite with clients under test, good and bad."""

import asyncio
import contextlib
import ssl

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus, WebSocketException

from conformance import ClientTest, cases
from conformance.model import CLIENT, FAILED, NON_STRICT, OK
from conformance.opening import REQUEST, as_bytes, changed
from tests.test_conformance import LARGE, WEBSOCKETS, in_loop, not_ok, server_context

pytest_plugins = "tests.certificates"


async def websockets_client(url, **options):
    """Do what the documentation asks of a client."""
    while True:
        try:
            async with connect(url, max_size=LARGE, **options) as connection:
                async for message in connection:
                    await connection.send(message)
        except InvalidStatus as error:
            if error.response.status_code == 410:
                return
        except (WebSocketException, OSError):
            pass


# What is not OK about `websockets` as a client, beyond what is about frames and the same on both sides.
AS_CLIENT = {"R9": NON_STRICT}  # status 103 before 101


def test_the_websockets_client():
    async def test():
        chosen = cases("1-7,9,10,12.*.1,13.*.1,R,K,L,M,T,C,D", role=CLIENT)
        async with ClientTest(chosen) as test:
            client = asyncio.create_task(websockets_client(test.url))
            results = await test.wait()
            await client
            return results

    frames_only = {number: verdict for number, verdict in WEBSOCKETS.items() if number[0] not in "HN"}
    assert not_ok(in_loop(test())) == {**frames_only, **AS_CLIENT}


def test_a_client_over_tls(certificates):
    trusting = ssl.create_default_context(cafile=certificates / "ca.pem")

    async def test():
        chosen = cases("1.1,2,3.1,7.1.1,R1,R31", role=CLIENT)
        async with ClientTest(chosen, host="localhost", tls=server_context(certificates)) as test:
            assert test.url.startswith("wss://")
            url = test.url.replace("127.0.0.1", "localhost").replace("[::1]", "localhost")
            client = asyncio.create_task(websockets_client(url, ssl=trusting))
            results = await test.wait()
            await client
            return results

    assert not_ok(in_loop(test())) == {}


async def autobahn_client(url):
    """Do what the clients for Autobahn's fuzzing server do."""
    async with connect(url + "getCaseCount") as connection:
        count = int(await connection.recv())
    for number in range(count):
        with contextlib.suppress(WebSocketException):
            async with connect(f"{url}runCase?case={number + 1}&agent=me") as connection:
                async for message in connection:
                    await connection.send(message)
    async with connect(url + "updateReports?agent=me"):
        pass
    return count


def test_clients_for_autobahn_work():
    async def test():
        async with ClientTest(cases("1.1,3.1,R31,K", role=CLIENT)) as test:
            count = await autobahn_client(test.url)
            return count, await test.wait()

    count, results = in_loop(test())
    assert len(results) == 8 + 1 + 1 + 2
    assert count == len(results) + 1  # K1 takes two connections
    assert not_ok(results) == {}


def test_several_clients_at_once_share_the_cases():
    async def test():
        async with ClientTest(cases("1,2,6.5,K", role=CLIENT)) as test:
            clients = [asyncio.create_task(websockets_client(test.url)) for _ in range(4)]
            results = await test.wait()
            await asyncio.gather(*clients)
            return results

    assert not_ok(in_loop(test())) == {}


def test_without_a_client_the_wait_ends():
    async def test():
        async with ClientTest(cases("1.1.1")) as test:
            await test.wait(0.2)

    with pytest.raises(TimeoutError, match="no client for 0.2 s; 1 cases are left"):
        in_loop(test())


async def raw_client(test, request):
    """Send a request (str) to a ClientTest, and return what comes back."""
    host, port = test.url.removeprefix("ws://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request.encode())
    answer = await reader.read(-1)
    writer.close()
    return answer


def test_a_client_whose_request_is_wrong_fails_the_case_and_learns_why():
    async def test():
        async with ClientTest(cases("1.1.1,1.1.2")) as test:
            first = await raw_client(test, "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n")
            second = await raw_client(test, "HELLO\r\n\r\n")
            third = await raw_client(test, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return first, second, third, await test.wait()

    first, second, third, results = in_loop(test())
    assert first.startswith(b"HTTP/1.1 426") and b"Connection" in first
    assert second.startswith(b"HTTP/1.1 400")
    assert third.startswith(b"HTTP/1.1 410")
    assert [result.verdict for result in results] == [FAILED, FAILED]
    assert "Connection is missing" in results[0].got and "request line" in results[1].got


@pytest.mark.parametrize("query", ["", "?case=", "?case=0", "?case=2", "?case=one", "?agent=me"])
def test_an_autobahn_client_that_asks_for_no_case_gets_none(query):
    lines = changed(REQUEST, f"=GET /runCase{query} HTTP/1.1")
    request = as_bytes(lines, host="a", key="dGhlIHNhbXBsZSBub25jZQ==").decode()

    async def test():
        async with ClientTest(cases("1.1.1", role=CLIENT)) as test:
            return await raw_client(test, request), test.results

    answer, results = in_loop(test())
    assert answer.startswith(b"HTTP/1.1 410 ") and results == [None]


def test_a_connection_without_a_request_takes_no_case():
    async def test():
        async with ClientTest(cases("1.1.1", role=CLIENT)) as test:
            assert await raw_client_that_leaves(test) == b""
            client = asyncio.create_task(websockets_client(test.url))
            results = await test.wait()
            await client
            return results

    assert in_loop(test())[0].verdict == OK


async def raw_client_that_leaves(test):
    host, port = test.url.removeprefix("ws://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write_eof()
    answer = await reader.read(-1)
    writer.close()
    return answer


def test_a_client_that_repeats_its_keys_is_caught():
    request = (
        "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )

    async def lazy(test):
        """Echo with a masking key of zeros, always."""
        host, port = test.url.removeprefix("ws://").rstrip("/").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(request.encode())
        await reader.readuntil(b"\r\n\r\n")
        while True:
            first, size = await reader.readexactly(2)
            payload = await reader.readexactly(size)
            writer.write(bytes((first, 0x80 | size)) + bytes(4) + payload)
            if first & 15 == 8:
                break
        await reader.read(-1)
        writer.close()

    async def test():
        async with ClientTest(cases("K", role=CLIENT)) as test:
            for _ in range(3):
                await lazy(test)
            return await test.wait()

    results = in_loop(test())
    assert [result.verdict for result in results] == [FAILED, FAILED]
    assert results[0].got == "the key dGhlIHNhbXBsZSBub25jZQ== again"
    assert results[1].got == "the masking key 00000000 again"
