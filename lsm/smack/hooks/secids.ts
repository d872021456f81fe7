/** Numbers of labels (smk_secid): each label has its own for ever. */
import { E, type Result } from '../../../linux/errno.ts';
import type { Secid } from '../../framework/labels/secid.ts';
import type { Task } from '../../framework/task.ts';
import type { SmackSecurity } from '../decide/security.ts';

export class Secids {
  readonly #security: SmackSecurity;

  constructor(security: SmackSecurity) {
    this.#security = security;
  }

  of(task: Task): Secid {
    return this.#security.labels.import(this.#security.of(task).label).secid;
  }

  text(secid: Secid): Result<string> {
    return this.#security.labels.bySecid(secid)?.name ?? E.EINVAL;
  }
}
