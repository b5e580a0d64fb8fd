// One stock client: prints everything that happens to it as JSON lines, until standard input ends.
// A line of standard input is an event for it to emit; the event "cut" loses its connection instead.
// Argument: {url, token, batch?, keepsCursor?, options?}

import { io } from "socket.io-client";

const { url, token, batch, keepsCursor = false, options = {} } = JSON.parse(process.argv[2]);
const tell = (what, details = {}) => console.log(JSON.stringify({ what, ...details }));

let cursor;
const auth = keepsCursor ? (give) => give({ token, batch, cursor }) : { token, batch };
const socket = io(url, { auth, ...options });

socket.on("connect", () => {
  const { id, recovered } = socket;
  tell("connect", { id, recovered, transport: socket.io.engine.transport.name });
});
socket.on("connect_error", (error) => tell("connect_error", { message: error.message, data: error.data ?? null }));
socket.on("disconnect", (reason) => tell("disconnect", { reason }));
socket.onAny((name, ...values) => {
  if (name === "connected") cursor = values[0].cursor;
  if (typeof values.at(-1) === "string") cursor = values.at(-1);
  tell("event", { name, values });
});
socket.io.on("open", () => {
  const { engine } = socket.io;
  engine.on("upgrade", (transport) => tell("upgrade", { transport: transport.name }));
});

process.stdin.on("data", (line) => {
  const { name, values } = JSON.parse(line);
  if (name === "cut") return socket.io.engine.close();
  socket.emit(name, ...values, (answer) => tell("answer", { name, answer }));
});
process.stdin.on("end", () => process.exit(0));
