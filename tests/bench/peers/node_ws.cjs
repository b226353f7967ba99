// node node_ws.cjs CLIENTS RATE MESSAGES BATCH: npm's `ws`, one frame built per message and written to every
// socket. Prints `ready PORT`, waits for the clients, then sends MESSAGES messages, RATE a second (0: as fast
// as the slowest client reads).
"use strict";
const { WebSocketServer, Sender } = require("ws");

const [clients, rate, messages, batch] = process.argv.slice(2).map(Number);
const SETTLE_MS = 500;
const HIGH_WATER = 64 * 1024;
const sockets = [];
let blocked = 0;
let seq = 0;
let started = 0n;

function framed() {
  const parts = [];
  for (let i = 0; i < batch && seq < messages; i++) {
    seq += 1;
    const text =
      `{"type":"book","symbol":"BTC-USD","seq":${seq},"ts":${process.hrtime.bigint()},` +
      `"bids":[["29998.50","0.51000000"],["29998.00","1.20000000"]],` +
      `"asks":[["30001.50","0.31000000"],["30002.00","2.20000000"]]}`;
    const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true };
    parts.push(...Sender.frame(Buffer.from(text), options));
  }
  return Buffer.concat(parts);
}

function step() {
  if (seq >= messages) return;
  const frame = framed();
  for (const socket of sockets) {
    socket.write(frame);
    if (socket.writableLength > HIGH_WATER) {
      blocked += 1;
      socket.once("drain", () => {
        blocked -= 1;
        if (blocked === 0) next();
      });
    }
  }
  if (blocked === 0) next();
}

function next() {
  if (!rate) {
    setImmediate(step);
    return;
  }
  const due = started + BigInt(Math.round((seq * 1e9) / rate));
  const wait = Number(due - process.hrtime.bigint()) / 1e6;
  if (wait > 0) setTimeout(step, wait);
  else setImmediate(step);
}

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false, backlog: 4096 });
server.on("listening", () => console.log(`ready ${server.address().port}`));
server.on("connection", (client) => {
  client._socket.setNoDelay(true);
  client._socket.on("error", () => {});
  sockets.push(client._socket);
  if (sockets.length === clients) {
    setTimeout(() => {
      started = process.hrtime.bigint();
      step();
    }, SETTLE_MS);
  }
});
