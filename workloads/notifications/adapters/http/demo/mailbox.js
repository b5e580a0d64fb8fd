/** What one user's inbox holds, as far as this page was told. Knows no socket and no page. */

export class Mailbox {
  /** Notifications by id. */
  items = new Map();
  unread = 0;
  /** Whether there are more unread than `unread` counts. */
  unreadIsLeast = false;
  /** Where to go on after a reconnect; null until the inbox was shown. */
  cursor = null;
  /** How many changes of read state were applied: a page that was listed meanwhile may be out of date. */
  changes = 0;
  #last = -1;

  /** Start over with what is unread. */
  begin({ notifications, hasMore, cursor }) {
    this.items = new Map(notifications.map((notification) => [notification.id, notification]));
    this.unread = notifications.length;
    this.unreadIsLeast = hasMore;
    this.cursor = cursor;
    this.changes += 1;
    this.#last = -1;
  }

  /** Take a notification that came live; returns false if it had been applied before. */
  add(notification, cursor) {
    if (!this.#advance(notification.seq, cursor)) return false;
    this.items.set(notification.id, notification);
    if (!notification.readAt) this.unread += 1;
    return true;
  }

  /** Take a change of read state. */
  change({ kind, ids, upTo, seq, at, unread }, cursor) {
    if (!this.#advance(seq, cursor)) return;
    this.changes += 1;
    this.unread = unread;
    this.unreadIsLeast = false;
    for (const item of this.items.values()) {
      // What was pending or listed has no number of its own: it is older than all that comes live
      if (ids ? !ids.includes(item.id) : (item.seq ?? 0) > upTo) continue;
      if (kind === "read" || kind === "readAll") item.readAt ??= at;
      else this.items.delete(item.id);
    }
  }

  /** Add what a page of the list shows and was not known; of what is known the live events know better. */
  merge(listed) {
    for (const notification of listed) {
      if (!this.items.has(notification.id)) this.items.set(notification.id, notification);
    }
  }

  /** Newest first: ids begin with their time. */
  sorted() {
    return [...this.items.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  #advance(seq, cursor) {
    if (seq <= this.#last) return false;
    this.#last = seq;
    this.cursor = cursor;
    return true;
  }
}
