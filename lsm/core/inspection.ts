/**
 * A stack as a person would draw it: modules in order with their namespaces, who owns what there is only one of, tasks with their labels.
 *
 * Looking changes nothing but the table of compound ids, which grows by tuples that were never asked for.
 */
import { failed } from '../../vfs/errno.ts';
import type { Claim } from './claims.ts';
import type { DefaultModule } from './default-module.ts';
import type { SecidTable } from './secids.ts';
import type { BootedModule } from './stack.ts';
import type { Task, TaskTable } from './task.ts';

/** A namespace of a module. */
export interface NamespaceInspection {
  readonly name: string;
  /** 0 = the one that is there from boot. */
  readonly depth: number;
  readonly tasks: number;
  readonly mode?: string;
  readonly policyLoaded?: boolean;
  /** Number of loaded profiles. */
  readonly profiles?: number;
}

/** What a module tells of itself. Namespaces: each after the one it is in. */
export interface ModuleInspection {
  readonly namespaces: readonly NamespaceInspection[];
}

export interface TaskInspection {
  readonly tid: number;
  readonly tgid: number;
  /** Number of the labels; compound when there are several labelling modules. */
  readonly secid: number;
  /** By module name. */
  readonly labels: Readonly<Record<string, string>>;
  /** The module that plain files mean; absent in `mainline`. */
  readonly defaultModule?: string;
}

export interface StackInspection {
  readonly modules: readonly ({ readonly name: string; readonly id: number } & Partial<ModuleInspection>)[];
  readonly claims: Readonly<Partial<Record<Claim, string>>>;
  readonly secids: readonly { readonly secid: number; readonly labels: Readonly<Record<string, string>> }[];
  readonly tasks: readonly TaskInspection[];
}

export interface InspectedStack {
  readonly modules: readonly BootedModule[];
  readonly claims: ReadonlyMap<Claim, string>;
  readonly secids: SecidTable;
  readonly defaultModule: DefaultModule;
  readonly tasks: TaskTable;
}

/** @param isMember does a task belong to what is looked at? Others have only come by. */
export function inspectStack(stack: InspectedStack, isMember: (task: Task) => boolean = () => true): StackInspection {
  const members = [...stack.tasks.all()].filter(isMember);
  return {
    modules: stack.modules.map(({ definition: { name, id }, module }) => ({
      name,
      id,
      ...module.inspect?.(members),
    })),
    claims: Object.fromEntries(stack.claims),
    tasks: members.map((task) => inspectTask(stack, task)),
    secids: stack.secids.list(),
  };
}

function inspectTask({ modules, secids, defaultModule }: InspectedStack, task: Task): TaskInspection {
  const secid = secids.of(task);
  const labels = modules.flatMap(({ definition }) => {
    const text = secids.text(secid, definition);
    return text === undefined ? [] : [[definition.name, failed(text) ? '?' : text] as const];
  });
  const name = defaultModule.nameFor(task);
  return {
    tid: task.tid,
    tgid: task.process.tgid,
    secid,
    labels: Object.fromEntries(labels),
    ...(name !== undefined && { defaultModule: name }),
  };
}
