/** Modules whose labels can be carried from one stack to another (carried.ts). */
import type { Task } from '../task.ts';
import type { CarriedLabels, LabelsByModule } from './carried.ts';

/** A text that is no label. */
export interface UnknownLabel {
  /** What is wrong with it, a clause. */
  readonly problem: string;
  /** The part that has no meaning, and what could stand in its place. */
  readonly part?: { readonly text: string; readonly known: readonly string[] };
}

export interface LabelCarrier {
  /** Absent = each text is a label. @returns `undefined`: it means something to the policy, or there is none yet. */
  unknown?(label: string): UnknownLabel | undefined;
  give(task: Task): CarriedLabels;
  /** Nobody is asked. A text that means nothing to the policy makes the task unlabelled. */
  take(task: Task, labels: CarriedLabels): void;
}

/** A module of a stack. */
interface Carrying {
  readonly definition: { readonly name: string };
  readonly module: { readonly labels?: LabelCarrier };
}

export function labelsOf(modules: readonly Carrying[], task: Task): LabelsByModule {
  const carried = modules.flatMap(({ definition: { name }, module: { labels } }) =>
    labels === undefined ? [] : [[name, labels.give(task)] as const],
  );
  return Object.fromEntries(carried);
}

/** Of modules that the other stack does not have the task keeps what it has. */
export function takeLabels(modules: readonly Carrying[], task: Task, labels: LabelsByModule): void {
  for (const { definition, module } of modules) {
    const own = labels[definition.name];
    if (own !== undefined) module.labels?.take(task, own);
  }
}
