/** One user's column: shows the mailbox and turns what the user does into calls. */

import { ask, openConnection } from "./connection.js";
import { makeItem, nameOf, updateItem } from "./item.js";
import { Mailbox } from "./mailbox.js";
import { Outgoing } from "./outgoing.js";

const STATES = {
  connecting: "Connecting",
  connected: "Connected to",
  reconnecting: "Reconnecting",
  moving: "Moving to another gateway",
  refused: "Not connected",
};

/** The name of a demo user as people write it. */
export function titleOf(user) {
  return user.charAt(0).toUpperCase() + user.slice(1);
}

export class Column {
  #api;
  #mailbox = new Mailbox();
  #outgoing;
  #socket;
  #page = 0;
  #loading = false;
  #elements = new Map();

  /** `users` are all whom one may write to, the owner of the column among them. */
  constructor(api, users) {
    this.#api = api;
    this.#outgoing = new Outgoing(api);
    this.element = document.getElementById("column").content.firstElementChild.cloneNode(true);
    this.#label(users);
    this.#listen();
  }

  connect() {
    this.#socket = openConnection(this.#api, this.#mailbox, this);
  }

  /** Write the list anew from the mailbox; elements that exist stay, and with them focus and selection. */
  render() {
    this.#removeGone();
    const list = this.#find(".items");
    let next = list.firstElementChild;
    for (const notification of this.#mailbox.sorted()) {
      const element = this.#elementOf(notification);
      updateItem(element, notification);
      if (element === next) next = next.nextElementSibling;
      else list.insertBefore(element, next);
    }
    this.#renderCount();
  }

  onState(state, server = "") {
    this.#find(".connection").dataset.state = state;
    this.#find(".state").textContent = STATES[state];
    this.#find(".server").textContent = server;
    if (state === "connected") this.onTrouble("");
  }

  onChange() {
    this.#keepFocus();
    this.render();
  }

  onArrival(notification) {
    this.render();
    this.#elements.get(notification.id).classList.add("arrived");
    this.#find(".announcement").textContent = `New from ${nameOf(notification)}: ${notification.content.slice(0, 200)}`;
  }

  onRestart(reason) {
    this.#page = 0;
    if (reason) this.#find(".announcement").textContent = "The inbox was loaded anew.";
    this.render();
    this.#loadMore();
  }

  onTrouble(message) {
    this.#find(".trouble").textContent = message;
  }

  #label(users) {
    const heading = this.#find("h2");
    heading.id = `user-${this.#api.user}`;
    this.element.setAttribute("aria-labelledby", heading.id);
    this.#find(".name").textContent = titleOf(this.#api.user);
    const others = users.filter((user) => user !== this.#api.user);
    const choices = [...others, this.#api.user].map((user) => new Option(titleOf(user), user));
    this.#find("[name=recipients]").append(...choices, new Option("Everyone", users.join(" ")));
  }

  #listen() {
    const form = this.#find("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(form);
    });
    form.elements.content.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.#find(".read-all").addEventListener("click", () => this.#ask("notification:readAll"));
    this.#find(".more").addEventListener("click", () => this.#loadMore());
  }

  async #send(form) {
    if (form.ariaBusy === "true") return;
    const { content, recipients, priority } = form.elements;
    const tell = (words) => (form.querySelector(".outcome").textContent = words);
    const to = recipients.selectedOptions[0].text;
    this.#setBusy(form, true);
    const notification = this.#compose(content.value, recipients.value, priority.value);
    try {
      await this.#outgoing.send(notification, ({ message }) => tell(`${message}. Trying again.`));
      content.value = "";
      tell(`Sent to ${to}.`);
      this.onTrouble("");
    } catch (failure) {
      tell("");
      this.onTrouble(`Not sent: ${failure.message}. Send it again, or change it.`);
    } finally {
      this.#setBusy(form, false);
    }
  }

  #compose(content, recipients, priority) {
    const { user } = this.#api;
    return { recipients: recipients.split(" "), type: "message", content, priority, actor: { id: user, name: titleOf(user) } };
  }

  // Read-only rather than disabled: a disabled field would lose the focus
  #setBusy(form, busy) {
    form.ariaBusy = String(busy);
    form.elements.content.readOnly = busy;
  }

  async #ask(event, ...parts) {
    try {
      await ask(this.#socket, event, ...parts);
      this.onTrouble("");
    } catch (error) {
      this.onTrouble(`Not marked as read: ${error.message}`);
    }
  }

  async #loadMore() {
    if (this.#loading) return;
    this.#loading = true;
    try {
      await this.#loadPage();
    } catch (failure) {
      this.#find(".more").hidden = false;
      this.onTrouble(`Older notifications could not be loaded: ${failure.message}.`);
    } finally {
      this.#loading = false;
    }
    this.render();
  }

  /** Load the next page; again if the read state changed or the inbox began anew meanwhile: the page may not know. */
  async #loadPage() {
    const mailbox = this.#mailbox;
    let before, listed;
    do {
      before = mailbox.changes;
      listed = await this.#api.list(this.#page + 1);
    } while (before !== mailbox.changes);
    this.#page += 1;
    mailbox.merge(listed.notifications);
    this.#find(".more").hidden = !listed.pagination.hasMore;
  }

  /** Hand the focus on before the button that has it disappears. */
  #keepFocus() {
    const focused = document.activeElement.closest(".read, .read-all");
    if (!focused || !this.element.contains(focused)) return;
    const next = focused.closest(".item")?.nextElementSibling?.querySelector(".read:not([hidden])");
    (next ?? this.#find("h3")).focus({ preventScroll: true });
  }

  #elementOf(notification) {
    const known = this.#elements.get(notification.id);
    if (known) return known;
    const element = makeItem(notification, (id) => this.#ask("notification:read", id));
    this.#elements.set(notification.id, element);
    return element;
  }

  #removeGone() {
    for (const [id, element] of this.#elements) {
      if (this.#mailbox.items.has(id)) continue;
      element.remove();
      this.#elements.delete(id);
    }
  }

  #renderCount() {
    const { unread, unreadIsLeast, items } = this.#mailbox;
    this.#find(".count").textContent = unreadIsLeast ? `${unread}+` : unread;
    this.#find(".unread").classList.toggle("some", unread > 0);
    this.#find(".read-all").disabled = unread === 0;
    this.#find(".empty").hidden = items.size > 0;
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }
}
