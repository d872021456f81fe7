/**
 * Claiming a name for a new world.
 */
import { WorldError } from '../errors.ts';
import { WorldDirectory } from '../registry/directory.ts';
import { takeEnded } from '../registry/ended.ts';
import { isWorldName, madeUpName } from '../registry/names.ts';
import { reapDeadWorlds } from '../registry/reap.ts';

const RANDOM_NAMES = 144;
const ATTEMPTS = 1000;

/** Removes worlds whose daemon died, then makes the directory of the new one. */
export function claimWorld(root: string, name: string | undefined): WorldDirectory {
  if (name !== undefined && !isWorldName(name)) {
    throw new WorldError(
      'bad-name',
      `'${name}' cannot name a world.`,
      'Use letters, digits, ".", "_" and "-", at most 63.',
    );
  }
  reapDeadWorlds(root);
  const world = name === undefined ? claimMadeUpName(root) : claimNamed(root, name);
  takeEnded(root, world.name); // of a former one
  return world;
}

function claimNamed(root: string, name: string): WorldDirectory {
  const world = new WorldDirectory(root, name);
  if (!world.claim()) {
    const { objection } = world;
    if (objection !== undefined)
      throw new WorldError('name-in-use', `${world.path} ${objection}.`, 'Choose another name.');
    throw new WorldError(
      'name-in-use',
      `A world named '${name}' exists already.`,
      `Choose another name, or: lsmfs stop ${name}`,
    );
  }
  return world;
}

function claimMadeUpName(root: string): WorldDirectory {
  const start = Math.floor(Math.random() * RANDOM_NAMES);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const world = new WorldDirectory(root, madeUpName(start + attempt));
    if (world.claim()) return world;
  }
  throw new WorldError('name-in-use', `${root} holds ${ATTEMPTS} worlds.`, 'End some: lsmfs ps, lsmfs stop NAME.');
}
