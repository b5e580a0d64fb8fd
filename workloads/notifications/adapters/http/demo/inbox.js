/** The demo inbox: a column for each demo user. */

import { Api, fetchUsers } from "./api.js";
import { Column } from "./column.js";

const TRY_AGAIN = 2_000; // ms
const AGES_AGE = 10_000; // ms after which the page's "2 minutes ago" are written anew

async function open() {
  const users = (await askForUsers()).map(({ user }) => user);
  const main = document.getElementById("columns");
  const columns = users.map((user) => new Column(new Api(user), users));
  main.replaceChildren(...columns.map((column) => column.element));
  main.ariaBusy = "false";
  columns.forEach((column) => column.connect());
  setInterval(() => columns.forEach((column) => column.render()), AGES_AGE);
}

async function askForUsers() {
  for (;;) {
    try {
      return await fetchUsers();
    } catch (failure) {
      document.getElementById("waiting").textContent = `${failure.message}. Trying again.`;
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN));
    }
  }
}

open();
