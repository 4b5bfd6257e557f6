"""wss: with a context that trusts the server's CA, and not without, nor under another name.

client: hello, TLS: True
client: an unknown CA: SSLCertVerificationError
client: another name: SSLCertVerificationError
client: a name of our own choice: hello
server: closed 1000
server: closed 1000
"""

import ssl

from websockets import connect, serve


async def greet(ws):
    await ws.send("hello")
    await ws.wait_closed()
    print("closed", ws.close_code)


async def server(ready):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain("name.pem", "name.key")  # for localhost only
    async with serve(greet, "127.0.0.1", 0, ssl=context) as server:
        await ready(server)


async def client(url):
    url = url.replace("ws:", "wss:")
    context = ssl.create_default_context(cafile="ca.pem")
    async with connect(url.replace("127.0.0.1", "localhost"), ssl=context) as ws:
        print(await ws.recv() + ", TLS:", ws.request.headers["Host"].startswith("localhost"))
    for name, address, options in (
        ("an unknown CA", url.replace("127.0.0.1", "localhost"), {}),
        ("another name", url, {"ssl": context}),
    ):
        try:
            await connect(address, **options)
        except ssl.SSLError as error:
            print(f"{name}:", type(error).__name__)
    async with connect(url, ssl=context, server_hostname="localhost") as ws:
        print("a name of our own choice:", await ws.recv())
