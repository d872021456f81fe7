/**
 * Numbers of labels that hold for all namespaces: in the initial one its SIDs; for a label in another, a number given when it is needed.
 */
import { E, type Result } from '../../vfs/errno.ts';
import type { SelinuxNamespace } from './namespace.ts';
import type { TaskSecurity } from './task-security.ts';

/** Above any SID that a policy gets here. */
const FIRST_INNER = 0x40000000;

export class Secids {
  readonly #inner: { readonly namespace: SelinuxNamespace; readonly sid: number }[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #initial: SelinuxNamespace;

  constructor(initial: SelinuxNamespace) {
    this.#initial = initial;
  }

  of({ namespace, current }: TaskSecurity): number {
    if (namespace.isInitial) return current;
    const key = `${namespace.number} ${current}`;
    let secid = this.#byKey.get(key);
    if (secid === undefined) {
      secid = FIRST_INNER + this.#inner.length;
      this.#inner.push({ namespace, sid: current });
      this.#byKey.set(key, secid);
    }
    return secid;
  }

  /** As the label's own namespace has it. */
  text(secid: number): Result<string> {
    if (secid < FIRST_INNER) return this.#initial.state.sidToContext(secid);
    const inner = this.#inner[secid - FIRST_INNER];
    return inner?.namespace.state.sidToContext(inner.sid) ?? E.EINVAL;
  }
}
