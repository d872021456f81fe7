/**
 * The world of a command that names none: the one that the command runs in, or the only one.
 */
import { WorldError } from '../errors.ts';
import { WORLD_VARIABLE } from '../launcher/nested.ts';
import { leftAlone, worldDirectories } from './listing.ts';
import { isDead } from './reap.ts';
import { currentStateRoot } from './state-root.ts';

export interface Choice {
  /** What to do when there is a choice. */
  readonly fix?: string;
  readonly root?: string;
  readonly environment?: NodeJS.ProcessEnv;
}

/** @throws WorldError */
export function chooseWorld(name: string | undefined, choice: Choice = {}): string {
  const { fix, environment = process.env } = choice;
  const chosen = name ?? environment[WORLD_VARIABLE];
  if (chosen !== undefined) return chosen;
  const root = choice.root ?? currentStateRoot();
  const worlds = worldDirectories(root);
  const [only, ...others] = worlds.filter((world) => !isDead(world) && world.read()?.state !== 'standby');
  if (only === undefined) {
    const others = leftAlone(root).map(({ path, why }) => ` ${path} ${why}: it is left alone.`);
    const message = ['No world is running.', ...others].join('');
    throw new WorldError('unknown-world', message, fix ?? 'Start one: lsmfs run --name=NAME -- CMD');
  }
  if (others.length > 0) {
    const names = [only, ...others].map((world) => world.name).sort();
    throw new WorldError(
      'unknown-world',
      `Several worlds are running: ${names.join(', ')}.`,
      fix ?? 'Name one of them.',
    );
  }
  return only.name;
}
