export const SECOND_MS = 1000;

/** audit_rate_check(): how many records there were in this second. */
export class Rate {
  #messages = 0;
  #lastCheck = 0;

  allows(limit: number, now: number): boolean {
    if (limit === 0 || ++this.#messages < limit) return true;
    if (now - this.#lastCheck <= SECOND_MS) return false;
    this.#lastCheck = now;
    this.#messages = 0;
    return true;
  }
}
