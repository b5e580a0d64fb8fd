// Many stock clients in their default options, each with its own token. Prints one JSON line when all of them are
// connected over websockets, and one when each has received as many notifications as it should.
// Argument: {url, tokens, notifications}

import { io } from "socket.io-client";

const { url, tokens, notifications } = JSON.parse(process.argv[2]);
const count = { connected: 0, upgraded: 0, connectErrors: 0, engineErrors: 0, upgradeErrors: 0, disconnects: 0 };
const servers = {};
const received = tokens.map(() => []);

const print = (line) => console.log(JSON.stringify(line));

function tellWhenAllAreIn() {
  if (count.connected === tokens.length && count.upgraded === tokens.length) print({ ...count, servers });
}

function tellWhenAllHaveReceived() {
  if (received.every((contents) => contents.length >= notifications)) print({ ...count, received });
}

tokens.forEach((token, number) => {
  const socket = io(url, { auth: { token } });
  socket.on("connected", ({ serverId }) => {
    servers[serverId] = (servers[serverId] ?? 0) + 1;
    count.connected += 1;
    tellWhenAllAreIn();
  });
  socket.on("connect_error", () => (count.connectErrors += 1));
  socket.on("disconnect", () => (count.disconnects += 1));
  socket.on("notification", ({ content }) => {
    received[number].push(content);
    tellWhenAllHaveReceived();
  });
  socket.io.on("error", () => (count.engineErrors += 1));
  socket.io.on("open", () => {
    socket.io.engine.on("upgradeError", () => (count.upgradeErrors += 1));
    socket.io.engine.on("upgrade", () => {
      count.upgraded += 1;
      tellWhenAllAreIn();
    });
  });
});

process.stdin.on("data", () => {});
process.stdin.on("end", () => process.exit(0));
