/** Sends a notification exactly once, however often the gateway has to be asked. */

const GIVE_UP = 60_000; // ms

/** Holds the key of what was not answered yet, so that sending the same again cannot make a second one. */
export class Outgoing {
  #api;
  #key = null;
  #body = null;

  constructor(api) {
    this.#api = api;
  }

  /**
   * Send `notification` and return when it is committed. Repeats on 503 and on a lost connection, after telling
   * `onRepeat` why. Throws Failure when the gateway refuses it, or does not answer for a minute.
   */
  async send(notification, onRepeat) {
    const body = JSON.stringify(notification);
    if (body !== this.#body) {
      this.#body = body;
      this.#key = makeKey();
    }
    await this.#repeat(onRepeat);
    this.#body = null;
  }

  async #repeat(onRepeat) {
    const deadline = performance.now() + GIVE_UP;
    for (;;) {
      try {
        await this.#api.post(this.#body, this.#key);
        return;
      } catch (failure) {
        if (!failure.passing || performance.now() + failure.wait > deadline) throw failure;
        onRepeat(failure);
        await new Promise((resolve) => setTimeout(resolve, failure.wait));
      }
    }
  }
}

// crypto.randomUUID is missing where the page is neither local nor HTTPS
function makeKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
