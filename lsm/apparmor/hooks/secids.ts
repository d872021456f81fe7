/**
 * Numbers of labels (security/apparmor/secid.c): given in order of need, from 2 on, and kept. A label that was replaced keeps its number.
 */
import { E, type Result } from '../../../linux/errno.ts';
import { type Secid, secidOf } from '../../framework/labels/secid.ts';
import { formatLabel, type Label, type PolicyNamespace } from '../policy/index.ts';

const FIRST = 2;

export class Secids {
  readonly #root: PolicyNamespace;
  readonly #labels: Label[] = [];
  /** By the label's name as the root namespace sees it. */
  readonly #byName = new Map<string, Secid>();

  constructor(root: PolicyNamespace) {
    this.#root = root;
  }

  of(label: Label): Secid {
    const name = formatLabel(this.#root, label, { mode: false });
    let secid = this.#byName.get(name);
    if (secid === undefined) {
      secid = secidOf(FIRST + this.#labels.length);
      this.#byName.set(name, secid);
    }
    this.#labels[secid - FIRST] = label;
    return secid;
  }

  /** With its mode. */
  text(secid: Secid): Result<string> {
    const label = this.#labels[secid - FIRST]?.newest();
    return label === undefined ? E.EINVAL : formatLabel(this.#root, label, { mode: true, hidden: 'unconfined' });
  }
}
