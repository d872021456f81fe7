/**
 * How the commands of detached worlds ended, for a `lsmfs wait` that comes after: a file for each in a directory beside the worlds, whose
 * name no world can have. It is there until it was asked for, or a new world has the name; the oldest go when there are many.
 */
import { writeFileSync } from 'node:fs';
import type { HeldDirectory } from '../../host/files/held-directory.ts';
import { inRoot, type WorldDirectory, withinRoot } from './directory.ts';
import { objectionTo } from './trust.ts';

const DIRECTORY = '.ended';
const MOST = 200;

export interface Ended {
  /** As a shell shows it; absent = the host's kernel did not tell. */
  readonly exitCode?: number;
}

/** By the daemon. Errors (a full disk) leave nothing to be asked for. */
export function noteEnded({ root, name }: WorldDirectory, ended: Ended): void {
  inRoot(root, (held) => held.make(DIRECTORY, 0o700));
  withinRoot(root, DIRECTORY, (held) => {
    makeRoom(held);
    held.unlink(name);
    try {
      writeFileSync(held.path(name), JSON.stringify(ended), { mode: 0o600, flag: 'wx' });
    } catch {
      // `wait` says that there is no such world.
    }
  });
}

/** What is known of an ended world of this name, which is forgotten with that. */
export function takeEnded(root: string, name: string): Ended | undefined {
  const text = withinRoot(root, DIRECTORY, (held) => {
    const found = held.read(name, (stat) => objectionTo(stat) === undefined);
    held.unlink(name);
    return found;
  });
  inRoot(root, (held) => held.removeDirectory(DIRECTORY)); // if it is empty
  return text === undefined ? undefined : parse(text.toString('utf8'));
}

function parse(text: string): Ended | undefined {
  try {
    const { exitCode } = JSON.parse(text) as { readonly exitCode?: unknown };
    return typeof exitCode === 'number' ? { exitCode } : {};
  } catch {
    return undefined; // The disk was full.
  }
}

function makeRoom(held: HeldDirectory): void {
  const names = held.names();
  if (names.length < MOST) return;
  const time = (name: string): number => {
    const stat = held.look(name);
    return typeof stat === 'number' ? 0 : stat.mtimeMs;
  };
  const [oldest] = names.map((name) => ({ name, time: time(name) })).sort((a, b) => a.time - b.time);
  if (oldest !== undefined) held.unlink(oldest.name);
}
