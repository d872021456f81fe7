/** A world as a person would draw it: `lsmfs tree`. */
import { tidOf } from '../../linux/ids.ts';
import { inspectStack } from '../../lsm/framework/inspection/inspect-stack.ts';
import type { WorldTree } from '../tree.ts';
import type { DaemonWorld } from './world.ts';

export function inspectWorld({ stack, members, facts, supervision }: DaemonWorld, name: string): WorldTree {
  members.refresh();
  const { tasks, ...state } = inspectStack(stack, ({ tid }) => members.tracker.has(tidOf(tid)));
  const { mediation, unseenCalls } = supervision;
  return {
    name,
    ...(mediation && { mediation: { families: mediation.families, unseenCalls } }),
    profile: stack.config.profile,
    ...state,
    tasks: tasks.map((task) => ({ ...task, comm: facts.status(task.tid)?.comm ?? '' })),
  };
}
