/** The REST API in the name of one demo user. */

const PATIENCE = 10_000; // ms that one request may take

/** A refusal, or no answer at all. `message` is for people; `passing` says that repeating may help, after `wait` ms. */
export class Failure extends Error {
  constructor(message, { passing = false, wait = 1_000, status = 0 } = {}) {
    super(message);
    Object.assign(this, { passing, wait, status });
  }
}

/** Return the demo users as [{user, token}], with tokens that were made for this call. */
export async function fetchUsers() {
  return (await request("/demo/tokens", {})).users;
}

/** Calls the API with the user's token and takes a new one when that has expired. */
export class Api {
  #token = null;

  constructor(user) {
    this.user = user;
  }

  /** Fetch a new token and return it. */
  async renew() {
    const users = await fetchUsers();
    this.#token = users.find(({ user }) => user === this.user).token;
    return this.#token;
  }

  async list(page) {
    return this.#call(`/api/notifications?page=${page}`, {});
  }

  /** Send a notification; a repeat of the same body under the same key is never a second one. */
  async post(body, key) {
    const headers = { "Content-Type": "application/json", "Idempotency-Key": key };
    return this.#call("/api/notifications", { method: "POST", headers, body });
  }

  async #call(path, options) {
    const used = this.#token ?? (await this.renew());
    try {
      return await request(path, authorized(options, used));
    } catch (failure) {
      if (failure.status !== 401) throw failure;
      return request(path, authorized(options, await this.renew()));
    }
  }
}

function authorized(options, token) {
  return { ...options, headers: { ...options.headers, Authorization: `Bearer ${token}` } };
}

async function request(path, options) {
  let answer;
  try {
    answer = await fetch(path, { ...options, cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    if (answer.ok) return await answer.json();
  } catch {
    throw new Failure("The gateway does not answer", { passing: true });
  }
  throw await refusal(answer);
}

async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  const wait = 1_000 * (Number(answer.headers.get("Retry-After")) || 1);
  const message = problem.detail || `The gateway answered ${answer.status}`;
  return new Failure(message, { passing: answer.status === 503, wait, status: answer.status });
}
