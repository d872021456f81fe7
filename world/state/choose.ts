/**
 * The world that is meant when nobody names one: the one that the asker is in, or the only one there is.
 */
import { WorldError } from '../errors.ts';
import { WORLD_VARIABLE } from '../launch/requirements.ts';
import { currentStateRoot, worldDirectories } from './directory.ts';
import { isDead } from './reap.ts';

/** @throws WorldError */
export function chooseWorld(name: string | undefined, fix = 'Name one, see `lsmfs ps`.'): string {
  const chosen = name ?? process.env[WORLD_VARIABLE];
  if (chosen !== undefined) return chosen;
  const [only, ...others] = worldDirectories(currentStateRoot()).filter((world) => !isDead(world));
  if (only === undefined) throw new WorldError('unknown-world', 'There is no world.', fix);
  if (others.length > 0) {
    const names = [only, ...others].map((world) => world.name).sort();
    throw new WorldError('unknown-world', `There are several worlds: ${names.join(', ')}.`, fix);
  }
  return only.name;
}
