/**
 * The store that is packed behind a policy: unpacked in the directory of the world, as long as that lasts, because programs and libraries
 * read a store by its path.
 */
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PolicyChoice } from '../options.ts';
import { readPackedPolicy } from '../policy-file.ts';
import { policyStores } from '../policy-stores.ts';
import type { WorldDirectory } from '../registry/directory.ts';

interface Chosen {
  readonly policy?: PolicyChoice;
}

/** @returns the options with the store that the world has, unpacked now. @throws WorldError */
export function unpackStore<T extends Chosen>(options: T, world: WorldDirectory): T {
  const [file] = options.policy?.files ?? [];
  if (options.policy?.packed !== true || file === undefined) return options;
  const { image, store } = readPackedPolicy(file);
  if (store === undefined) return options;
  const place = path.join(world.policy, store.name);
  const files = { ...store.files, [policyStores().policyFile(image)]: image };
  for (const [name, content] of Object.entries(files)) write(place, name, content);
  return withStore(options, place);
}

/** The same for a world that exists. */
export function unpackedStore<T extends Chosen>(options: T, world: WorldDirectory): T {
  if (options.policy?.packed !== true) return options;
  const [name] = readdirSync(world.policy);
  return name === undefined ? options : withStore(options, path.join(world.policy, name));
}

function withStore<T extends Chosen>(options: T, store: string): T {
  return { ...options, policy: { ...options.policy, store } };
}

/** Programs of all users read it, in the place of /etc. */
function write(store: string, name: string, content: string | Uint8Array): void {
  const parts = path.dirname(name).split('/');
  for (let depth = 0; depth <= parts.length; depth++) {
    const directory = path.join(store, ...parts.slice(0, depth));
    if (mkdirSync(directory, { recursive: true }) !== undefined) chmodSync(directory, 0o755);
  }
  const file = path.join(store, name);
  writeFileSync(file, content, 'latin1');
  chmodSync(file, 0o644);
}
