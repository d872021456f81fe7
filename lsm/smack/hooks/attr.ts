/**
 * The process attribute of Smack: /proc/<pid>/attr/current and lsm_{get,set}_self_attr(2).
 *
 * Checks and their order: do_setattr(), smack_setprocattr(), smack_setselfattr() of security/smack/smack_lsm.c, Linux 6.12.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AttrName, ReadableAttr } from '../../framework/module-facts.ts';
import { LSM_ATTR } from '../../framework/proc/attr.ts';
import type { Task } from '../../framework/task.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { meantIn, shownIn } from '../namespaces/namespaces.ts';
import { SPECIAL, wholeLabel } from '../policy/label.ts';

const NEWLINE = 10;

export class ProcessAttributes {
  readonly #security: SmackSecurity;

  constructor(security: SmackSecurity) {
    this.#security = security;
  }

  /** The label without a terminator. Nobody is refused. */
  get(target: Task, name: ReadableAttr, caller: Caller): Result<Uint8Array> {
    if (name !== 'current' && name !== 'context') return E.EINVAL;
    return bytesOf(this.#security.shown(this.#security.of(target).label, caller));
  }

  /** @returns the whole length. */
  set(task: Task, name: AttrName, value: Uint8Array, caller: Caller): Result<number> {
    if (name !== 'current') return E.EOPNOTSUPP;
    return this.#change(task, value, caller) ?? value.length;
  }

  /** With its NUL. */
  getSelf(task: Task, attr: number): Result<Uint8Array> {
    return attr === LSM_ATTR.current ? this.#terminated(task, task) : E.EOPNOTSUPP;
  }

  setSelf(task: Task, attr: number, value: Uint8Array, caller: Caller): Errno | undefined {
    return attr === LSM_ATTR.current ? this.#change(task, value, caller) : E.EOPNOTSUPP;
  }

  /** With its NUL; of nobody, an empty text. */
  peer(peer: Task | undefined, reader: Task): Uint8Array {
    return peer === undefined ? new Uint8Array(1) : this.#terminated(peer, reader);
  }

  #terminated(task: Task, reader: Task): Uint8Array {
    return bytesOf(`${shownIn(this.#security.namespaceOf(reader), this.#security.of(task).label)}\0`);
  }

  /** A change without privilege must be announced in relabel-self, and uses that up. */
  #change(task: Task, value: Uint8Array, caller: Caller): Errno | undefined {
    const security = this.#security;
    const own = security.of(task);
    const wanted = labelIn(value);
    if (failed(wanted)) return wanted;
    if (wanted === SPECIAL.web || wanted === SPECIAL.star) return E.EPERM;
    const meant = meantIn(security.namespaceOf(task, caller), wanted);
    const announced = meant !== undefined && own.relabel.includes(meant);
    if (!announced && !security.privileged(caller)) return E.EPERM;
    if (meant === undefined) return E.EBADR;
    security.set(task, {
      ...own,
      label: security.labels.import(meant).name,
      rules: own.rules.toReversed(),
      relabel: [],
    });
    return undefined;
  }
}

/** One NUL and one newline at the end do not count; everything else must be the label. */
function labelIn(value: Uint8Array): Result<string> {
  const text = value.at(-1) === 0 ? value.subarray(0, -1) : value;
  const line = text.at(-1) === NEWLINE ? text.subarray(0, -1) : text;
  return wholeLabel(line) ?? E.EINVAL;
}
