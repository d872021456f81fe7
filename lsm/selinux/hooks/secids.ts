/**
 * Numbers of labels that hold for all namespaces: in the initial one its SIDs; for a label in another, a number given when it is needed.
 * Initial SIDs may share a context; here the first of them stands for it, so that equal labels have equal numbers.
 */
import { E, type Result } from '../../../linux/errno.ts';
import { type Secid, secidOf } from '../../framework/labels/secid.ts';
import { SID } from '../decide/index.ts';
import type { SelinuxState } from '../decide/state.ts';
import type { SelinuxNamespace } from '../namespaces/namespace.ts';
import type { TaskSecurity } from '../namespaces/task-security.ts';
import { type Sid, sidOf } from '../policy/index.ts';

/** Above any SID that a policy gets here. */
const FIRST_INNER = 0x40000000;

export class Secids {
  readonly #inner: { readonly namespace: SelinuxNamespace; readonly sid: Sid }[] = [];
  readonly #byKey = new Map<string, Secid>();
  readonly #initial: SelinuxNamespace;

  constructor(initial: SelinuxNamespace) {
    this.#initial = initial;
  }

  of({ namespace, current }: TaskSecurity): Secid {
    const sid = firstOf(namespace.state, current);
    if (namespace.isInitial) return secidOf(sid);
    const key = `${namespace.number} ${sid}`;
    let secid = this.#byKey.get(key);
    if (secid === undefined) {
      secid = secidOf(FIRST_INNER + this.#inner.length);
      this.#inner.push({ namespace, sid });
      this.#byKey.set(key, secid);
    }
    return secid;
  }

  /** As the label's own namespace has it. */
  text(secid: Secid): Result<string> {
    if (secid < FIRST_INNER) return this.#initial.state.sidToContext(sidOf(secid));
    const inner = this.#inner[secid - FIRST_INNER];
    return inner?.namespace.state.sidToContext(inner.sid) ?? E.EINVAL;
  }
}

/** Every SID that has a context is found by it, so this adds none. */
function firstOf({ loaded }: SelinuxState, sid: Sid): Sid {
  if (loaded === undefined) return sid === SID.init ? SID.kernel : sid;
  const context = loaded.sids.raw(sid) === undefined ? loaded.sids.context(sid) : undefined;
  return context === undefined ? sid : loaded.sids.intern(context);
}
