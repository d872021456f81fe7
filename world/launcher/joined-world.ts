/**
 * `lsmfs mount --labels --world`: members of a world that use the directory have the labels there that they have in it.
 *
 * Mounts made later are not seen in a world, so it starts after the directory is served. Until then, and when it has ended, nobody is its
 * member.
 */
import { existsSync, readlinkSync } from 'node:fs';
import type { Tid } from '../../linux/ids.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { ProcFacts } from '../daemon/facts/process-facts.ts';
import { WorldError } from '../errors.ts';
import { WorldLabels } from '../labelled/world-labels.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { worldNamed } from '../registry/worlds.ts';
import type { FollowedProcesses } from './followed-processes.ts';

export interface JoinedWorldHost {
  readonly stack: Stack;
  readonly facts: Pick<ProcFacts, 'status'>;
  readonly processes: Pick<FollowedProcesses, 'met'>;
}

export class JoinedWorld {
  readonly #host: JoinedWorldHost;
  readonly #world: WorldDirectory;
  #labels: WorldLabels | undefined;

  /** @throws WorldError when no world can have the name, or a module of ours cannot have its labels. */
  constructor(name: string, host: JoinedWorldHost) {
    requireCarriers(host.stack);
    this.#world = worldNamed(name);
    this.#host = host;
  }

  /** Before a request of this thread is decided about, which waits for the world's answer. `undefined`: there is no world. */
  introduce(tid: Tid): Promise<void> | undefined {
    this.#labels ??= this.#join();
    return this.#labels?.of(tid).then((labels) => {
      if (labels === undefined) return;
      const { stack, facts, processes } = this.#host;
      processes.met(tid);
      const tgid = facts.status(tid)?.tgid;
      if (tgid !== undefined) stack.apply({ kind: 'labels', task: { tid, tgid }, labels });
    });
  }

  #join(): WorldLabels | undefined {
    const { control } = this.#world;
    // Threads are named by the numbers that they have in a pid namespace.
    const daemon = existsSync(control) ? this.#world.read()?.owner.pid : undefined;
    if (daemon === undefined || pidNamespace(daemon) !== pidNamespace('self')) return undefined;
    const labels = new WorldLabels(control);
    labels.ended.then(() => {
      this.#labels = undefined;
    });
    return labels;
  }

  close(): void {
    this.#labels?.close();
  }
}

function pidNamespace(process: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${process}/ns/pid`);
  } catch {
    return undefined;
  }
}

function requireCarriers({ modules }: Stack): void {
  const unable = modules.find(({ module }) => module.hooks.secidToSecctx !== undefined && module.labels === undefined);
  if (unable === undefined) return;
  const { name } = unable.definition;
  throw new WorldError(
    'bad-option',
    `Labels of ${name} cannot be taken from a world.`,
    `Leave ${name} out: --lsm=LIST.`,
  );
}
