/**
 * The world of a command that names none: the one that the command runs in, or the only one.
 */
import { WorldError } from '../errors.ts';
import { WORLD_VARIABLE } from '../launcher/requirements.ts';
import { currentStateRoot, worldDirectories } from './directory.ts';
import { isDead } from './reap.ts';

export interface Choice {
  /** What to do when there is a choice. */
  readonly fix?: string;
  readonly root?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** @throws WorldError */
export function chooseWorld(name: string | undefined, choice: Choice = {}): string {
  const { fix = 'Name one, see `lsmfs ps`.', environment = process.env } = choice;
  const chosen = name ?? environment[WORLD_VARIABLE];
  if (chosen !== undefined) return chosen;
  const [only, ...others] = worldDirectories(choice.root ?? currentStateRoot()).filter((world) => !isDead(world));
  if (only === undefined) throw new WorldError('unknown-world', 'There is no world.', fix);
  if (others.length > 0) {
    const names = [only, ...others].map((world) => world.name).sort();
    throw new WorldError('unknown-world', `There are several worlds: ${names.join(', ')}.`, fix);
  }
  return only.name;
}
