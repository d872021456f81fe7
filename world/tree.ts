/**
 * A running world seen from outside: its stack, the namespaces of its modules, its tasks and their labels.
 */
import type { StackInspection, TaskInspection } from '../lsm/framework/inspection/inspection.ts';
import type { ModeRefusal } from './mode-refusal.ts';
import { chooseWorld } from './registry/choose.ts';
import { connectToWorld, takeAnswer } from './registry/worlds.ts';

export interface WorldTree extends Omit<StackInspection, 'tasks'> {
  readonly name: string;
  readonly profile: string;
  /** The mediated families; `logOnly`: nothing is refused; `unseenCalls`: calls that continued because an object could not be looked at. */
  readonly mediation?: {
    readonly families: readonly string[];
    readonly logOnly: boolean;
    readonly unseenCalls: number;
  };
  /** The last file that its owner and mode kept from a program whose calls are mediated. */
  readonly refusedByMode?: ModeRefusal;
  readonly tasks: readonly WorldTaskInspection[];
}

export interface WorldTaskInspection extends TaskInspection {
  /** As in /proc/<tid>/comm; empty when it ended meanwhile. */
  readonly comm: string;
}

const PATIENCE_MS = 5000;

/** @param name absent: the world that we are in, or the only one. @throws WorldError */
export function worldTree(name: string | undefined): WorldTree {
  const world = chooseWorld(name);
  const channel = connectToWorld(world, PATIENCE_MS);
  try {
    channel.send({ kind: 'tree' });
    return JSON.parse(takeAnswer(world, channel.receive('tree')).toString()) as WorldTree;
  } finally {
    channel.close();
  }
}
