/**
 * Which worlds there are in a state directory, and what is there beside them.
 */
import { HeldDirectory } from '../../host/files/held-directory.ts';
import { inRoot, RECORD, WorldDirectory } from './directory.ts';
import { isWorldName } from './names.ts';
import { parseStandby } from './standby-file.ts';
import { openStateRoot } from './state-root.ts';

/**
 * Is there a world that waits for a command? It may be gone a moment later. One that a `run` has left does not count: launch.pl takes it,
 * or finds that the command wants another.
 */
export function hasStandby(root: string): boolean {
  return namesIn(root).some((name) => {
    const text = new WorldDirectory(root, name).readFile('standby')?.toString('utf8');
    return text !== undefined && !parseStandby(text).left;
  });
}

/**
 * Every directory that can be a world's, by its name, its owner and its content; others are left alone.
 * @throws WorldError when others could exchange the state directory.
 */
export function worldDirectories(root: string): WorldDirectory[] {
  openStateRoot(root)?.close();
  return namesIn(root)
    .map((name) => new WorldDirectory(root, name))
    .filter((world) => world.isOne);
}

export interface LeftAlone {
  readonly path: string;
  /** Words that follow it. */
  readonly why: string;
}

/** What has the form of a world, and is not believed. */
export function leftAlone(root: string): LeftAlone[] {
  return namesIn(root)
    .map((name) => new WorldDirectory(root, name))
    .flatMap(({ name, path: where, objection: why }) =>
      why !== undefined && looksLikeOne(root, name) ? [{ path: where, why }] : [],
    );
}

function looksLikeOne(root: string, name: string): boolean {
  const fd = inRoot(root, (held) => held.directory(name)) ?? -1;
  if (fd < 0) return false;
  const held = HeldDirectory.of(fd);
  try {
    return typeof held.look(RECORD) === 'object';
  } finally {
    held.close();
  }
}

function namesIn(root: string): string[] {
  return inRoot(root, (held) => held.names().filter(isWorldName)) ?? [];
}
