// Measures from the start of a POST to the arrival of its event at a stock client, one after the other.
// Argument: {url, token, user, posts, warmup}. Prints {milliseconds: [...], answered: [...]}.

import http from "node:http";
import { io } from "socket.io-client";

const { url, token, user, posts, warmup } = JSON.parse(process.argv[2]);
const agent = new http.Agent({ keepAlive: true });
const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
const waiting = new Map();
const socket = io(url, { auth: { token } });

socket.on("notification", ({ content }) => waiting.get(content)?.(performance.now()));

function post(content) {
  const body = JSON.stringify({ recipients: [user], type: "message", content });
  return new Promise((resolve, reject) => {
    const request = http.request(`${url}/api/notifications`, { method: "POST", agent, headers }, (response) => {
      response.resume();
      response.on("end", () => (response.statusCode === 201 ? resolve(performance.now()) : reject(response.statusCode)));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function measure(content) {
  const arrival = new Promise((resolve) => waiting.set(content, resolve));
  const begun = performance.now();
  const answered = await post(content);
  const arrived = await arrival;
  waiting.delete(content);
  return { arrival: arrived - begun, answer: answered - begun };
}

await new Promise((resolve) => socket.once("notifications:pending", resolve));
for (let number = 0; number < warmup; number += 1) await measure(`warm-up ${number}`);
const found = [];
for (let number = 0; number < posts; number += 1) found.push(await measure(`post ${number}`));
console.log(JSON.stringify({ milliseconds: found.map((one) => one.arrival), answered: found.map((one) => one.answer) }));
process.exit(0);
