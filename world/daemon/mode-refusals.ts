/** Remembers what owner and mode of a file have refused last. */
import type { TaskId } from '../../lsm/framework/events.ts';
import { labelsOf } from '../../lsm/framework/labels/label-carrier.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { ModeRefusal } from '../mode-refusal.ts';
import type { ProcFacts } from './facts/process-facts.ts';

export class ModeRefusals {
  last: ModeRefusal | undefined;
  readonly #stack: Pick<Stack, 'modules' | 'tasks'>;
  readonly #facts: Pick<ProcFacts, 'status'>;

  constructor(stack: Pick<Stack, 'modules' | 'tasks'>, facts: Pick<ProcFacts, 'status'>) {
    this.#stack = stack;
    this.#facts = facts;
  }

  note(file: Pick<ModeRefusal, 'path' | 'wanted'>, { tid, tgid }: TaskId): void {
    const task = this.#stack.tasks.find(tid);
    const labels = task === undefined ? {} : labelsOf(this.#stack.modules, task);
    this.last = {
      ...file,
      pid: tgid,
      comm: this.#facts.status(tid)?.comm ?? '',
      labels: Object.fromEntries(Object.entries(labels).map(([module, { current }]) => [module, current])),
      time: Date.now() / 1000,
    };
  }
}
