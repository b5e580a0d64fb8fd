// Many stock clients in their default options, which follow a topic and join it again only if they are not recovered.
// Answers "count" by how many follow, how much each has heard at least, and when clients were told to move; "show" by a
// line for each client: contents of notifications, payloads of the topic, how often it was recovered and greeted anew.
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

const tell = (what, details) => console.log(JSON.stringify({ what, ...details }));
const answers = {
  count: () => ({
    follow: clients.filter((client) => client.follows).length,
    heard: Math.min(...clients.flatMap((client) => [client.notifications.length, client.payloads.length])),
    moved,
  }),
  show: () => clients.forEach((client) => tell("client", client)),
};

process.stdin.on("data", (line) => tell("answer", { answer: answers[JSON.parse(line).name]() ?? null }));
process.stdin.on("end", () => process.exit(0));
