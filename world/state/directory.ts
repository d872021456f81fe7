/**
 * Where worlds live on disk: one directory each below the state directory.
 *
 *   world.json   record.ts
 *   control      socket of the daemon
 *   log, log.1   daemon/log.ts
 *   stage/       mount point used by the daemon in its own mount namespace
 *
 * Making the directory is what claims a name: mkdir(2) is atomic.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WorldError } from '../errors.ts';
import { isWorldName } from './names.ts';
import { formatRecord, parseRecord, type WorldRecord } from './record.ts';

/** @param environment for XDG_RUNTIME_DIR, used by users who may not write to /run. */
export function stateRoot(uid: number, environment: NodeJS.ProcessEnv): string {
  if (uid === 0) return '/run/lsmfs';
  const runtime = environment.XDG_RUNTIME_DIR;
  if (runtime === undefined || !path.isAbsolute(runtime)) {
    throw new WorldError(
      'state-directory',
      'There is no place for the state of worlds.',
      'Set XDG_RUNTIME_DIR, or run as root.',
    );
  }
  return path.join(runtime, 'lsmfs');
}

/** The state directory of whoever runs this. */
export function currentStateRoot(): string {
  return stateRoot(process.geteuid?.() ?? 0, process.env);
}

export class WorldDirectory {
  readonly root: string;
  readonly name: string;
  readonly path: string;

  constructor(root: string, name: string) {
    this.root = root;
    this.name = name;
    this.path = path.join(root, name);
  }

  get control(): string {
    return path.join(this.path, 'control');
  }

  /** A link when a file elsewhere was asked for. */
  get log(): string {
    return path.join(this.path, 'log');
  }

  get stage(): string {
    return path.join(this.path, 'stage');
  }

  /** `false` when the name is taken. */
  claim(): boolean {
    this.#make(this.root, true);
    if (!this.#make(this.path, false)) return false;
    this.#make(this.stage, false);
    return true;
  }

  read(): WorldRecord | undefined {
    try {
      return parseRecord(readFileSync(path.join(this.path, 'world.json'), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** Readers see the old record or the new one, never a part. */
  write(record: WorldRecord): void {
    const temporary = path.join(this.path, `world.json.${process.pid}`);
    writeFileSync(temporary, formatRecord(record), { mode: 0o600 });
    renameSync(temporary, path.join(this.path, 'world.json'));
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  /** `false` when something of that name exists and `recursive` is off. */
  #make(directory: string, recursive: boolean): boolean {
    try {
      mkdirSync(directory, { recursive, mode: 0o700 });
      return true;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EEXIST' && !recursive) return false;
      throw new WorldError(
        'state-directory',
        `Cannot make ${directory}: ${code}.`,
        'Make /run writable, or run as root.',
      );
    }
  }
}

/** Every directory that could be a world. */
export function worldDirectories(root: string): WorldDirectory[] {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return [];
  }
  return names.filter(isWorldName).map((name) => new WorldDirectory(root, name));
}
