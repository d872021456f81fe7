/**
 * Reads a world's log from outside, also while it is written and when it is rotated. The daemon does not know its
 * readers, so a slow one cannot block it.
 */
import { closeSync, fstatSync, readSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorldError } from '../errors.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { isAlive } from '../registry/process-id.ts';
import { unknownWorld } from '../registry/worlds.ts';

const POLL_MS = 100;
const CHUNK = 1 << 16;

/** One file of a log, read as far as it has been written. */
class LogFile {
  readonly #fd: number;
  readonly #chunk = Buffer.alloc(CHUNK);
  #partial = '';

  constructor(fd: number) {
    this.#fd = fd;
  }

  isAt(world: WorldDirectory, name: string): boolean {
    const [there, here] = [world.look(name), fstatSync(this.#fd)];
    return there?.ino === here.ino && there.dev === here.dev;
  }

  /** The lines that are complete by now. */
  *lines(): Generator<string> {
    for (;;) {
      const length = readSync(this.#fd, this.#chunk);
      if (length === 0) return;
      const lines = (this.#partial + this.#chunk.toString('latin1', 0, length)).split('\n');
      this.#partial = lines.pop() ?? '';
      yield* lines;
    }
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** The lines that there are, as {@link readWorldLog} has them. @throws WorldError */
export function worldLogNow(world: WorldDirectory): string[] {
  if (world.read() === undefined) throw unknownWorld(world.name);
  const log = path.basename(world.log);
  const [file, older] = [openNow(world, log), openNow(world, `${log}.1`)];
  // The log was rotated between the two.
  const former = older !== undefined && file?.isAt(world, `${log}.1`) !== true ? [...older.lines()] : [];
  const lines = [...former, ...(file?.lines() ?? [])];
  for (const one of [file, older]) one?.close();
  return lines;
}

/**
 * Lines as they are in the file, one character per byte; all that there are, or with `follow` until the world ends or `follow` says no.
 * @param container of its audit; absent = of the world.
 * @throws WorldError
 */
export async function* readWorldLog(
  world: WorldDirectory,
  follow?: () => boolean,
  container?: bigint,
): AsyncGenerator<string> {
  const log = path.basename(container === undefined ? world.log : world.containerLog(container));
  const owner = world.read()?.owner;
  if (owner === undefined) throw unknownWorld(world.name);
  // A new world may have the same name.
  const ended = () => !isAlive(owner) || world.read()?.owner.pid !== owner.pid;
  if (container !== undefined && !world.has(log)) throw unknownContainer(container, world.name);
  let file = openNow(world, log);
  const older = openNow(world, `${log}.1`);
  // The log was rotated between the two.
  if (older !== undefined && file?.isAt(world, `${log}.1`) !== true) yield* older.lines();
  older?.close();
  for (;;) {
    const last = follow?.() !== true || ended();
    const moved = file?.isAt(world, log) !== true;
    if (file !== undefined) yield* file.lines();
    // The log of a container is removed with it.
    if (last || (container !== undefined && !world.has(log))) break;
    if (moved && world.has(log)) {
      file?.close();
      file = openNow(world, log);
      continue;
    }
    await sleep(POLL_MS);
  }
  file?.close();
}

function unknownContainer(container: bigint, world: string): WorldError {
  return new WorldError(
    'bad-option',
    `No audit container ${container} of the world '${world}' has recorded anything.`,
    'A number is given by writing it to /proc/PID/audit_containerid; its log goes with the last process that has it.',
  );
}

function openNow(world: WorldDirectory, name: string): LogFile | undefined {
  try {
    const fd = world.open(name);
    return fd === undefined ? undefined : new LogFile(fd);
  } catch {
    return undefined; // where a link leads
  }
}
