const limit = 5000
const windowSeconds = 3600

/** Counts requests by the hour, for the headers of every response. It never rejects one. */
export class RateLimit {
  #used = 0
  #reset = 0
  #now

  /** @param {() => Date} now */
  constructor(now) {
    this.#now = now
  }

  /**
   * Counts one request and returns the headers of its response.
   *
   * @returns {Record<string, string>}
   */
  count() {
    const second = Math.floor(this.#now().getTime() / 1000)
    if (second >= this.#reset) {
      this.#reset = second + windowSeconds
      this.#used = 0
    }
    this.#used = Math.min(this.#used + 1, limit - 1)
    return {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(limit - this.#used),
      'x-ratelimit-used': String(this.#used),
      'x-ratelimit-reset': String(this.#reset),
      'x-ratelimit-resource': 'core',
    }
  }
}
