/**
 * Compound security ids: one number for the labels of all labelling modules.
 *
 * Model: the "dynamically compose and remap" of the stacking talk. Where an interface has room for a single number,
 * each distinct tuple of the modules' own ids gets one, and the table leads back to the tuple. Numbers are given in
 * order of need, from 0x10000 on, so that they cannot be taken for a module's own. With one labelling module its ids
 * are used as they are.
 */
import { failed, type Result } from '../../../linux/errno.ts';
import type { HookList } from '../hooks.ts';
import type { Task } from '../task.ts';
import type { LabellingModule } from './default-module.ts';
import { type Secid, secidOf } from './secid.ts';

const FIRST_COMPOUND = 0x10000;

/** A module's own id in a tuple. */
export interface SecidPart extends LabellingModule {
  readonly secid: Secid;
}

export class SecidTable {
  readonly #hooks: HookList;
  readonly #tuples: (readonly SecidPart[])[] = [];
  readonly #byKey = new Map<string, Secid>();

  constructor(hooks: HookList) {
    this.#hooks = hooks;
  }

  /** The id of a task's labels; 0 when no module labels tasks. */
  of(task: Task): Secid {
    const parts = this.#hooks
      .having('taskGetsecid')
      .map(({ name, id, hooks }) => ({ name, id, secid: hooks.taskGetsecid(task) }));
    if (parts.length < 2) return parts[0]?.secid ?? secidOf(0);
    const key = parts.map(({ secid }) => secid).join();
    let compound = this.#byKey.get(key);
    if (compound === undefined) {
      compound = secidOf(FIRST_COMPOUND + this.#tuples.length);
      this.#tuples.push(parts);
      this.#byKey.set(key, compound);
    }
    return compound;
  }

  /** What a compound id stands for; `undefined` when it is none. */
  parts(compound: Secid): readonly SecidPart[] | undefined {
    return this.#tuples[compound - FIRST_COMPOUND];
  }

  /** One module's text for an id, compound or its own. EINVAL for an id that means nothing to it. */
  text(secid: Secid, module: LabellingModule): Result<string> | undefined {
    const parts = this.parts(secid);
    const own = parts === undefined ? secid : parts.find(({ id }) => id === module.id)?.secid;
    if (own === undefined) return undefined;
    return this.#hooks.having('secidToSecctx', module.id)[0]?.hooks.secidToSecctx(own);
  }

  /** Every compound id with the texts of its parts. */
  list(): { readonly secid: Secid; readonly labels: Readonly<Record<string, string>> }[] {
    return this.#tuples.map((parts, index) => {
      const secid = secidOf(FIRST_COMPOUND + index);
      const labels = parts.map((part) => {
        const text = this.text(secid, part);
        return [part.name, text === undefined || failed(text) ? '?' : text] as const;
      });
      return { secid, labels: Object.fromEntries(labels) };
    });
  }
}
