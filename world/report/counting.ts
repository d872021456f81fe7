/**
 * The refusals of a run, counted: records that are about the same count as one refusal, however many there are. Memory is bounded: of
 * further ones only the number is kept.
 */
import type { RefusalAsked } from '../../lsm/framework/inspection/why.ts';
import type { ModuleDefinition } from '../../lsm/framework/module.ts';
import { MODULES } from '../../lsm/modules.ts';
import { type LogRecord, recordType } from '../log/line.ts';
import { type CountedRefusal, keyOf, type ModuleRefusal, type RefusalCounts } from './refusal.ts';

/** Different refusals that are told apart. */
export const MOST_REFUSALS = 1000;

/** A refusal that was seen for the first time. */
export interface NewRefusal {
  readonly refusal: CountedRefusal;
  readonly asked: RefusalAsked | undefined;
}

type Recording = Pick<ModuleDefinition, 'name' | 'refusal' | 'refusalAbout'>;

/** What a record is about, and whose it is. */
export function refusalIn(record: LogRecord, modules: readonly Recording[] = MODULES): ModuleRefusal | undefined {
  const type = recordType(record);
  if (type === undefined) return undefined;
  for (const { name, refusalAbout } of modules) {
    const about = refusalAbout?.(type, record.text);
    if (about !== undefined) return { module: name, ...about };
  }
  return undefined;
}

export class Refusals {
  readonly #accepted: ReadonlySet<string>;
  readonly #modules: readonly Recording[];
  readonly #found = new Map<string, CountedRefusal>();
  #others = 0;

  /** @param accepted keys of refusals that `--fail-on` knows. */
  constructor(accepted: ReadonlySet<string> = new Set(), modules: readonly Recording[] = MODULES) {
    this.#accepted = accepted;
    this.#modules = modules;
  }

  /** @param text the line that the record is. @returns a refusal that is new. */
  add(record: LogRecord, text: string, line: number): NewRefusal | undefined {
    const about = refusalIn(record, this.#modules);
    if (about === undefined) return undefined;
    const key = keyOf(about);
    const known = this.#found.get(`${about.permissive} ${key}`);
    if (known !== undefined) {
      known.count++;
      return undefined;
    }
    if (this.#found.size >= MOST_REFUSALS) {
      this.#others++;
      return undefined;
    }
    const accepted = this.#accepted.has(key) && ({ accepted: true } as const);
    const refusal: CountedRefusal = { ...about, count: 1, record: text, line, ...accepted };
    this.#found.set(`${about.permissive} ${key}`, refusal);
    const definition = this.#modules.find(({ name }) => name === about.module);
    return { refusal, asked: definition?.refusal?.(recordType(record) ?? '', record.text) };
  }

  get counts(): RefusalCounts {
    return { refusals: [...this.#found.values()].sort((a, b) => b.count - a.count), others: this.#others };
  }
}
