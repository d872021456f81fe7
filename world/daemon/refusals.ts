/** How often the modules of a world have refused something, by their records. What a policy keeps out of the log is not counted. */
import { fieldOf } from '../../lsm/framework/audit/audit-text.ts';
import type { ModuleDefinition } from '../../lsm/framework/module.ts';

/** AUDIT_AVC */
const AVC = 1400;

type Recording = Pick<ModuleDefinition, 'refusal' | 'refusalAbout'>;

export class Refusals {
  readonly #modules: readonly Recording[];
  #count = 0;

  constructor(modules: readonly Recording[]) {
    this.#modules = modules.filter(({ refusal }) => refusal !== undefined);
  }

  get count(): number {
    return this.#count;
  }

  /** Counts from the beginning. */
  forget(): void {
    this.#count = 0;
  }

  /** @param type its number, or the name of the module that keeps it itself. */
  recorded(type: number | string, body: string): void {
    if (typeof type === 'number' && (type !== AVC || fieldOf(body, 'permissive') === '1')) return;
    const name = typeof type === 'number' ? 'AVC' : type;
    const refuses = ({ refusal, refusalAbout }: Recording): boolean =>
      refusal?.(name, body) !== undefined && refusalAbout?.(name, body)?.permissive !== true;
    if (this.#modules.some(refuses)) this.#count++;
  }
}
