// Socket.IO as its documentation sets it up for production: websocket only, no compression, an adapter for more than
// one process. Environment: PORT, KEY (HS256), ISSUER, ADAPTER (none, redis, redis-streams), REDIS (a port), RECOVERY.

import { createSecretKey } from "node:crypto";
import { createServer } from "node:http";
import { createAdapter as createPubSubAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreamsAdapter } from "@socket.io/redis-streams-adapter";
import jwt from "jsonwebtoken";
import { createClient } from "redis";
import { Server } from "socket.io";

const { PORT, KEY, ISSUER, ADAPTER, REDIS, RECOVERY } = process.env;
// As text, jsonwebtoken would try it as a public key at each verification first, which costs more than all the rest
const SECRET = createSecretKey(KEY, "utf8");
const ACCEPTED = { algorithms: ["HS256"], issuer: ISSUER, audience: ISSUER };

async function connectRedis() {
  const client = createClient({ url: `redis://127.0.0.1:${REDIS}` });
  await client.connect();
  return client;
}

async function chooseAdapter() {
  if (ADAPTER === "redis") {
    return { adapter: createPubSubAdapter(await connectRedis(), await connectRedis()) };
  }
  return ADAPTER === "redis-streams" ? { adapter: createStreamsAdapter(await connectRedis()) } : {};
}

const http = createServer();
const io = new Server(http, {
  transports: ["websocket"],
  perMessageDeflate: false,
  serveClient: false,
  ...(RECOVERY ? { connectionStateRecovery: { maxDisconnectionDuration: 120_000 } } : {}),
  ...(await chooseAdapter()),
});
let count = 0;

io.use((socket, next) => {
  jwt.verify(socket.handshake.auth.token, SECRET, ACCEPTED, (error, claims) => {
    socket.data.claims = claims;
    next(error ? new Error("UNAUTHENTICATED") : undefined);
  });
});

io.on("connection", (socket) => {
  const { sub, groups = [] } = socket.data.claims;
  socket.join(`user:${sub}`);
  socket.on("room:join", async (room, answer) => {
    const allowed = groups.some((group) => room === `group:${group}`);
    if (allowed) await socket.join(room);
    answer(allowed ? { ok: true } : { ok: false, error: { code: "FORBIDDEN" } });
  });
  socket.on("room:send", ({ room, payload }) => {
    const id = `${PORT}-${++count}`;
    io.to(room).emit("room:message", { id, room, from: sub, payload, timestamp: Date.now() });
  });
});

http.listen(Number(PORT), "127.0.0.1");
