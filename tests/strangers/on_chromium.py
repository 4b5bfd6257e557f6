"""Chromium as a client, driven by Playwright; see orders.py.

For Chromium on Linux, a user's own CAs are in the NSS database of the home folder: this program
makes one that holds the CA of the tests, and nothing else of that home is there.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile

from tests.browser import chromium_page
from tests.strangers import orders

CONNECT = """
order => new Promise(resolve => {
  const socket = new WebSocket(order.url, order.subprotocols);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    if (order.do === "close" && order.code === null) socket.close();
    else if (order.do === "close") socket.close(order.code, order.reason);
    else if (order.do !== "echo") resolve();
  };
  socket.onmessage = event => socket.send(event.data);
  socket.onclose = event => resolve({code: event.code, reason: event.reason, subprotocol: socket.protocol || null});
})
"""


def trust(home, cafile):
    """Make a home folder whose owner trusts the CA in `cafile`."""
    database = os.path.join(home, ".pki", "nssdb")
    os.makedirs(database)
    certutil = ["certutil", "-d", f"sql:{database}"]
    subprocess.run([*certutil, "-N", "--empty-password"], check=True, stdout=sys.stderr)
    subprocess.run([*certutil, "-A", "-n", "tests", "-t", "C,,", "-i", cafile], check=True, stdout=sys.stderr)


def talk(page, url):
    """Connect to `url` from a new page, and report."""
    order = orders.read(url)
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    seen = page.evaluate(CONNECT, order._asdict() | {"url": url})
    if order.do == "leave":
        page.goto("about:blank")
    elif order.do == "abort":
        kill_network(page)
    elif complaints and seen["code"] == 1006:  # a page is not told why, but its console is
        seen = {"error": complaints[0]}
    orders.report(order, **(seen or {}))


def kill_network(page):
    """Kill the process in which Chromium has its network; it starts another by itself."""
    found = page.context.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    [number] = [process["id"] for process in found if process["type"] == "network.mojom.NetworkService"]
    os.kill(number, signal.SIGKILL)


def main(folder):
    with tempfile.TemporaryDirectory() as home:
        trust(home, f"{folder}/ca.pem")
        os.environ["HOME"] = home
        with chromium_page() as first:
            orders.say(ports={})
            for line in sys.stdin:
                with contextlib.closing(first.context.browser.new_page()) as page:
                    talk(page, line.strip())


if __name__ == "__main__":
    main(sys.argv[2])
