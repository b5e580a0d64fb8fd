/** One notification on the page. Data enters as text only. */

const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 30], ["month", 12], ["year", Infinity]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const absolute = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

/** Make the element of a notification. `onRead(id)` is called for its button. */
export function makeItem(notification, onRead) {
  const element = document.getElementById("item").content.firstElementChild.cloneNode(true);
  const content = element.querySelector(".content");
  const button = element.querySelector(".read");
  content.textContent = notification.content;
  content.id = `content-${notification.id}-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  button.setAttribute("aria-describedby", content.id);
  button.addEventListener("click", () => onRead(notification.id));
  element.querySelector(".from").append(...describeSender(notification));
  element.querySelector(".priority").textContent = notification.priority;
  element.dataset.priority = notification.priority;
  element.querySelector("time").dateTime = notification.createdAt;
  element.querySelector("time").title = absolute.format(new Date(notification.createdAt));
  return element;
}

/** Bring an element up to date: read state, and how long ago. */
export function updateItem(element, notification) {
  const read = Boolean(notification.readAt);
  element.classList.toggle("unread", !read);
  element.querySelector(".mark").hidden = read;
  element.querySelector(".read").hidden = read;
  const time = element.querySelector("time");
  const words = tellAge(time.dateTime);
  if (time.textContent !== words) time.textContent = words;
}

/** The name to show for who caused a notification. */
export function nameOf({ actor, type }) {
  return actor ? actor.name || actor.id : type;
}

// The name of a stranger may turn the direction of the line: it is kept to itself
function describeSender(notification) {
  const name = document.createElement("bdi");
  name.textContent = nameOf(notification);
  return notification.actor ? ["from ", name] : [name];
}

function tellAge(createdAt) {
  let age = (Date.now() - Date.parse(createdAt)) / 1_000;
  if (age < 10) return "just now"; // clocks differ: what comes from the future is new as well
  for (const [unit, size] of STEPS) {
    if (age < size) return relative.format(-Math.floor(age), unit);
    age /= size;
  }
}
