/**
 * Answers that are longer than a message: files in the world's directory, which whoever asked removes.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PolicyReply, TreeReply } from '../control/messages.ts';
import type { WorldDirectory } from '../state/directory.ts';
import type { ProcessNumber } from '../state/pid-namespace.ts';
import { selinuxPolicy } from './policy-image.ts';
import type { World } from './world.ts';

export class Reports {
  #count = 0;

  /** @param process whose namespace it is; absent = the initial one. @throws WorldError when there is no policy, or no such process. */
  policy(world: World, directory: WorldDirectory, process: ProcessNumber | undefined): PolicyReply {
    const { image, enforcing, bounds } = selinuxPolicy(world.stack, process && world.task(process));
    return { kind: 'policy', file: this.#write(directory, 'policy', image), enforcing, bounds };
  }

  tree(world: World, directory: WorldDirectory): TreeReply {
    return { kind: 'tree', file: this.#write(directory, 'tree', JSON.stringify(world.tree(directory.name))) };
  }

  #write(directory: WorldDirectory, what: string, content: Uint8Array | string): string {
    const file = path.join(directory.path, `${what}.${++this.#count}`);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }
}
