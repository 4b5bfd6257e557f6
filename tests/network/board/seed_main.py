"""A program for a board: joins the Wi-Fi, echoes five messages over a WebSocket server, and says what it does.

Written for the library async_websocket_client: it makes the calls of that library's own
example, in the same order, and prints the same lines.
"""

import asyncio
import time

import machine  # noqa: F401  as programs for boards do
import network

from async_websocketclient import AsyncWebsocketClient

WIFI_SSID = "your_wifi_ssid"
WIFI_PASSWORD = "your_wifi_password"
TEST_URL = "wss://ws.postman-echo.com/raw"
ROUNDS = 5


def join():
    """Return the WLAN once it is connected, or None after ten seconds without."""
    wlan = network.WLAN(network.STA_IF)
    wlan.active(True)
    if wlan.isconnected():
        print("WiFi already connected")
        return wlan
    print("Connecting to WiFi:", WIFI_SSID)
    wlan.connect(WIFI_SSID, WIFI_PASSWORD)
    for left in range(9, -1, -1):
        if wlan.isconnected():
            break
        time.sleep(1)
        print("Connecting... %ds remaining" % left)
    if not wlan.isconnected():
        print("WiFi connection failed")
        return None
    address, _, gateway, dns = wlan.ifconfig()
    print("WiFi connected")
    for name, value in (("IP", address), ("Gateway", gateway), ("DNS", dns)):
        print("%s: %s" % (name, value))
    return wlan


async def talk():
    """Send a greeting, and after each answer the next message."""
    print("Connecting:", TEST_URL)
    await client.handshake(TEST_URL)
    print("WebSocket connected (WSS)")
    message = "Hello from Pico2W!"
    print("Sending:", message)
    await client.send(message)
    for number in range(1, ROUNDS + 1):
        print("\nWaiting for message (%d)..." % number)
        answer = await client.recv()
        if not answer:
            print("No message received, connection may be closed")
            break
        print("Received:", answer)
        await client.send("Pico count: %d" % number)
        await asyncio.sleep(1)
    print("\nTest complete, closing connection...")
    await client.close()
    print("Connection closed")


async def main():
    try:
        if join():
            await talk()
    except Exception as error:
        print("\nException: %s - %s" % (type(error).__name__, error))
        await client.close()


client = AsyncWebsocketClient(ms_delay_for_read=5)

if __name__ == "__main__":
    asyncio.run(main())
