// Many stock clients in their default options, which follow a topic and join it again only if they are not recovered.
// Answers every line on standard input by what has happened so far: for each client the contents of notifications, the
// payloads of the topic, how often it was recovered and greeted anew; and when clients were told to move.
// Argument: {url, tokens, topic}

import { io } from "socket.io-client";

const { url, tokens, topic } = JSON.parse(process.argv[2]);
const moved = [];

const clients = tokens.map((token) => {
  const client = { notifications: [], payloads: [], recovered: 0, anew: 0, follows: false };
  const socket = io(url, { auth: { token }, transports: ["websocket"] });
  socket.on("connect", () => {
    client[socket.recovered ? "recovered" : "anew"] += 1;
    if (!socket.recovered) socket.emit("topic:subscribe", { topic }, ({ ok }) => (client.follows = ok));
  });
  socket.on("notification", ({ content }) => client.notifications.push(content));
  socket.on("topic:message", ({ payload }) => client.payloads.push(payload));
  socket.on("server:moving", () => moved.push(Date.now() / 1000));
  return client;
});

process.stdin.on("data", () => console.log(JSON.stringify({ what: "answer", answer: { clients, moved } })));
process.stdin.on("end", () => process.exit(0));
