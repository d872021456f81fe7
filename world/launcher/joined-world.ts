/**
 * `lsmfs mount --labels --world`: members of a world that use the directory have the labels there that they have in it.
 *
 * Mounts made later are not seen in a world, so it starts after the directory is served. Until then, and when it has ended, nobody is its
 * member.
 */
import { existsSync, readlinkSync } from 'node:fs';
import type { Tid } from '../../linux/ids.ts';
import type { LabelsByModule } from '../../lsm/framework/labels/carried.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { ProcFacts } from '../daemon/facts/process-facts.ts';
import { WorldError } from '../errors.ts';
import { WorldLabels } from '../labelled/world-labels.ts';
import { controlSocket } from '../registry/control.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { worldNamed } from '../registry/worlds.ts';
import type { FollowedProcesses } from './followed-processes.ts';

export interface JoinedWorldHost {
  readonly stack: Pick<Stack, 'apply' | 'modules'>;
  readonly facts: Pick<ProcFacts, 'status'>;
  readonly processes: Pick<FollowedProcesses, 'met' | 'areFollowed'>;
}

interface Joined {
  readonly daemon: number;
  readonly labels: WorldLabels;
}

export class JoinedWorld {
  readonly #host: JoinedWorldHost;
  readonly #world: WorldDirectory;
  #joined: Joined | undefined;
  /** Threads that have labels of the world, where nobody tells when they end: others may get their numbers. */
  readonly #labelled = new Set<Tid>();

  /** @throws WorldError when no world can have the name, or a module of ours cannot have its labels. */
  constructor(name: string, host: JoinedWorldHost) {
    requireCarriers(host.stack);
    this.#world = worldNamed(name);
    this.#host = host;
  }

  /** Before a request of this thread is decided about, which waits for the world's answer. `undefined`: nobody is asked. */
  introduce(tid: Tid): Promise<void> | undefined {
    this.#joined ??= this.#join();
    // The kernel has no number for who is in a pid namespace that is not below ours.
    if (this.#joined === undefined || tid === 0) {
      this.#outside(tid);
      return undefined;
    }
    const { daemon, labels } = this.#joined;
    // It would wait for itself.
    if (existsSync(`/proc/${daemon}/task/${tid}`)) return undefined;
    return labels.of(tid).then(async (answer) => {
      // Another world may have the name by now, whose member it is.
      if (answer !== 'lost') this.#take(tid, answer);
      else await this.#askAgain(tid, labels);
    });
  }

  async #askAgain(tid: Tid, before: WorldLabels): Promise<void> {
    await before.ended;
    this.#joined ??= this.#join();
    const answer = await this.#joined?.labels.of(tid);
    this.#take(tid, answer === 'lost' ? undefined : answer);
  }

  #take(tid: Tid, labels: LabelsByModule | undefined): void {
    if (labels === undefined) {
      this.#outside(tid);
      return;
    }
    const { stack, facts, processes } = this.#host;
    processes.met(tid);
    const tgid = facts.status(tid)?.tgid;
    if (tgid === undefined) return;
    if (!processes.areFollowed) this.#labelled.add(tid);
    stack.apply({ kind: 'labels', task: { tid, tgid }, labels });
  }

  /** Who has the number of a member now is not what that was. */
  #outside(tid: Tid): void {
    if (this.#labelled.delete(tid)) this.#host.stack.apply({ kind: 'exit', tid });
  }

  #join(): Joined | undefined {
    const record = this.#world.has('control') ? this.#world.read() : undefined;
    // It has no member yet, and belongs to the process that will be the first.
    if (record === undefined || record.state === 'starting') return undefined;
    const daemon = record.owner.pid;
    // Threads are named by the numbers that they have in a pid namespace.
    if (pidNamespace(daemon) !== pidNamespace('self')) return undefined;
    const socket = controlSocket(this.#world);
    if (socket === undefined) return undefined;
    const labels = new WorldLabels(socket);
    labels.ended.then(() => {
      this.#joined = undefined;
    });
    return { daemon, labels };
  }

  close(): void {
    this.#joined?.labels.close();
  }
}

function pidNamespace(process: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${process}/ns/pid`);
  } catch {
    return undefined;
  }
}

function requireCarriers({ modules }: Pick<Stack, 'modules'>): void {
  const unable = modules.find(({ module }) => module.hooks.secidToSecctx !== undefined && module.labels === undefined);
  if (unable === undefined) return;
  const { name } = unable.definition;
  throw new WorldError(
    'bad-option',
    `Labels of ${name} cannot be taken from a world.`,
    `Leave ${name} out: --lsm=LIST.`,
  );
}
