/** How often the modules of a world have refused something, by their records. What a policy keeps out of the log is not counted. */
import { fieldOf } from '../../lsm/framework/audit/audit-text.ts';
import type { ModuleDefinition } from '../../lsm/framework/module.ts';

/** AUDIT_AVC */
const AVC = 1400;

export class Refusals {
  readonly #modules: readonly Pick<ModuleDefinition, 'refusal'>[];
  #count = 0;

  constructor(modules: readonly Pick<ModuleDefinition, 'refusal'>[]) {
    this.#modules = modules.filter(({ refusal }) => refusal !== undefined);
  }

  get count(): number {
    return this.#count;
  }

  recorded(type: number, body: string): void {
    if (type !== AVC || fieldOf(body, 'permissive') === '1') return;
    if (this.#modules.some(({ refusal }) => refusal?.('AVC', body) !== undefined)) this.#count++;
  }
}
