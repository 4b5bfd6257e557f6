// node's `ws` as a server and as a client; see orders.py, which this file has again as far as it needs it.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createInterface } from "node:readline";
import { WebSocket, WebSocketServer } from "ws";

const SUBPROTOCOLS = ["chat.v2", "chat.v1"];
const [role, folder] = process.argv.slice(2);

function read(url) {
  const { pathname, searchParams } = new URL(url, "ws://localhost");
  return {
    id: Number(searchParams.get("id")),
    do: pathname.slice(1),
    code: searchParams.has("code") ? Number(searchParams.get("code")) : undefined,
    reason: searchParams.get("reason") ?? "",
    subprotocols: searchParams.has("subprotocols") ? searchParams.get("subprotocols").split(",") : [],
    raw: searchParams.has("raw"),
  };
}

function say(values) {
  process.stdout.write(JSON.stringify(values) + "\n");
}

function begin(ws, order) {
  if (order.do === "close") ws.close(order.code, order.reason);
  else if (order.do === "abort") ws.terminate();
  else if (order.do === "ping") ws.ping("tick");
}

function converse(ws, order, ended) {
  ws.on("message", (data, binary) => {
    if (order.do === "fragments") sendFragments(ws, data, binary);
    else ws.send(data, { binary });
  });
  ws.on("pong", (data) => {
    if (data.toString() === "tick") ws.send("pong");
  });
  ws.on("error", () => {}); // "close" follows
  ws.on("close", (code, reason) => {
    say({ id: order.id, code, reason: reason.toString(), subprotocol: ws.protocol || null });
    ended();
  });
}

// A Buffer is cut anywhere, in the middle of a character too.
function sendFragments(ws, data, binary) {
  const third = Math.floor(data.length / 3);
  ws.send(data.subarray(0, third), { binary, fin: false });
  ws.ping();
  ws.send(data.subarray(third, 2 * third), { binary, fin: false });
  ws.send(data.subarray(2 * third), { binary, fin: true });
}

function connect(url) {
  const order = read(url);
  return new Promise((resolve) => {
    const options = { perMessageDeflate: !order.raw, ca: readFileSync(`${folder}/ca.pem`) };
    const ws = new WebSocket(url, order.subprotocols, options);
    const failed = (error) => {
      say({ id: order.id, error: `${error.code}: ${error.message}` });
      resolve();
    };
    ws.once("error", failed);
    ws.once("open", () => {
      ws.off("error", failed);
      converse(ws, order, resolve);
      begin(ws, order);
    });
  });
}

function listen(server, perMessageDeflate) {
  const handleProtocols = (offered) => [...offered].find((name) => SUBPROTOCOLS.includes(name)) ?? false;
  new WebSocketServer({ server, perMessageDeflate, handleProtocols }).on("connection", (ws, request) => {
    const order = read(request.url);
    converse(ws, order, () => {});
    begin(ws, order);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server.address().port)));
}

if (role === "server") {
  const files = { key: readFileSync(`${folder}/server.key`), cert: readFileSync(`${folder}/server.pem`) };
  const ports = {
    plain: await listen(createServer(), true),
    secure: await listen(createSecureServer(files), true),
    raw: await listen(createServer(), false),
  };
  say({ ports });
  process.stdin.resume().on("end", () => process.exit());
} else {
  say({ ports: {} });
  for await (const line of createInterface({ input: process.stdin })) await connect(line.trim());
}
