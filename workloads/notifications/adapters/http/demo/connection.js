/** One user's socket: the official client in its default options, with the mailbox's cursor in its handshake. */

import { io } from "./socket.io.esm.min.js";

const ANSWER = 5_000; // ms that an event may take
const TRY_AGAIN = 2_000; // ms before a refused socket comes back with a new token
const TOKEN_CODES = ["TOKEN_EXPIRED", "UNAUTHENTICATED"];

/**
 * Connect and keep the mailbox up to date. `view` has onState(state, server), onChange(), onArrival(notification),
 * onRestart(reason?) for an inbox that starts over, and onTrouble(message).
 * States: connecting, connected, moving, reconnecting, refused.
 */
export function openConnection(api, mailbox, view) {
  const socket = io({ forceNew: true, auth: (present) => authenticate(socket, api, mailbox, present) });
  followState(socket, view);
  followInbox(socket, mailbox, view);
  return socket;
}

/** Send an event and wait for its acknowledgement. Throws Error with words for people. */
export async function ask(socket, event, ...parts) {
  let answer;
  try {
    answer = await socket.timeout(ANSWER).emitWithAck(event, ...parts);
  } catch {
    throw new Error("The gateway does not answer. Try again once the connection is back.");
  }
  if (!answer.ok) throw new Error(answer.error.message);
}

async function authenticate(socket, api, mailbox, present) {
  try {
    const token = await api.renew();
    present(mailbox.cursor ? { token, cursor: mailbox.cursor } : { token });
  } catch {
    socket.io.engine.close(); // without a token there is nothing to say: the client tries again by itself
  }
}

function followState(socket, view) {
  let moving = false;
  socket.on("connected", ({ serverId }) => {
    moving = false;
    view.onState("connected", serverId);
  });
  socket.on("server:moving", () => {
    moving = true;
    view.onState("moving");
  });
  socket.on("disconnect", () => {
    if (!socket.active) view.onState("refused");
    else if (!moving) view.onState("reconnecting");
  });
  socket.on("connect_error", (error) => {
    moving = false;
    if (socket.active) view.onState("reconnecting");
    else comeBack(socket, view, error);
  });
  socket.on("error", ({ code, message }) => {
    // Each handshake brings a new token, so the reconnect that follows is all that an expired one needs
    if (code !== "TOKEN_EXPIRED") view.onTrouble(message);
  });
}

/** A handshake that was refused is final for the client, and a matter of seconds for a token. */
function comeBack(socket, view, error) {
  if (!TOKEN_CODES.includes(error.data?.code)) {
    view.onState("refused");
    view.onTrouble(`The gateway refused the connection: ${error.message}`);
    return;
  }
  view.onState("reconnecting");
  setTimeout(() => socket.connect(), TRY_AGAIN);
}

function followInbox(socket, mailbox, view) {
  let reason;
  socket.on("notifications:resync", (body) => (reason = body.reason));
  socket.on("notifications:pending", (pending) => {
    mailbox.begin(pending);
    view.onRestart(reason);
    reason = undefined;
  });
  socket.on("notification", (notification, cursor) => {
    if (mailbox.add(notification, cursor)) view.onArrival(notification);
  });
  socket.on("notification:changed", (change, cursor) => {
    mailbox.change(change, cursor);
    view.onChange();
  });
  socket.on("position", (cursor) => (mailbox.cursor = cursor));
}
