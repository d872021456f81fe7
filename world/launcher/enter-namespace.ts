/**
 * The mount namespace that a daemon keeps of its world, entered by who joins.
 */
import { closeSync, openSync, type Stats, statSync } from 'node:fs';
import { setMountNamespace, unshare } from '../../host/mounts/mount.ts';
import { inMountNamespace } from '../../host/mounts/mount-namespace.ts';
import { CLONE_FS } from '../../linux/process.ts';
import { WorldError } from '../errors.ts';
import type { BootedReply } from '../protocol/messages.ts';
import { checkMount } from './mount-points.ts';

/** The working directory is looked up again by its name: the old one belongs to the host's mounts. */
export function enterNamespace(booted: BootedReply, world: string): void {
  const directory = workingDirectory();
  checkMount('unshare', unshare(CLONE_FS));
  const namespace = openNamespace(booted, world);
  checkMount('setns', setMountNamespace(namespace));
  closeSync(namespace);
  try {
    process.chdir(directory);
  } catch {
    process.chdir('/');
  }
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return '/'; // The directory was removed.
  }
}

function openNamespace({ daemon, namespace }: BootedReply, world: string): number {
  try {
    return openSync(`/proc/${daemon}/fd/${namespace}`, 'r');
  } catch {
    // The daemon is alive, but its id is of a pid namespace that may not be that of this /proc.
    throw new WorldError(
      'unknown-world',
      `The world '${world}' has just ended, or /proc does not show it.`,
      'See `lsmfs ps`; in a pid namespace of your own, use the /proc that the world was started with.',
    );
  }
}

const HERE = ['.', '/'];

/** Has the working directory a name? One that was removed cannot be found again in another mount namespace. */
export function hasNamedDirectory(): boolean {
  try {
    return isSame(statSync('.'), statSync(process.cwd()));
  } catch {
    return false;
  }
}

/** Would the working directory and the root be the same in there? A mount of the world may cover one, chroot(2) have changed the other. */
export function isSameThere(booted: BootedReply, world: string): boolean {
  const directory = process.cwd();
  const before = HERE.map((name) => statSync(name));
  checkMount('unshare', unshare(CLONE_FS));
  const namespace = openNamespace(booted, world);
  const same = inMountNamespace(namespace, () => {
    try {
      process.chdir(directory);
    } catch {
      return 0;
    }
    return HERE.every((name, index) => isSame(statSync(name), before[index])) ? 1 : 0;
  });
  closeSync(namespace);
  return same === 1;
}

function isSame({ dev, ino }: Stats, other: Stats | undefined): boolean {
  return dev === other?.dev && ino === other.ino;
}
