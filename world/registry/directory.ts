/**
 * The directory of a world, below the state directory.
 *
 *   world.json   record.ts
 *   control      socket of the daemon
 *   standby      what a command must be equal to in order to take the world, while it waits for one (launcher/standby.ts)
 *   log, log.1   daemon/log.ts
 *   contid-N     the same of the audit of a container
 *   tpm, tpm.ctrl  sockets of a TPM that programs can speak to, tpm-state/ what it stores
 *   stage/       mount point used by the daemon in its own mount namespace
 *
 * Making the directory is what claims a name: mkdir(2) is atomic.
 */
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { WorldError } from '../errors.ts';
import { holdDirectory, withLock } from './lock.ts';
import { isWorldName } from './names.ts';
import { formatRecord, parseRecord, type WorldRecord } from './record.ts';

/** Names a directory for the worlds of this user, which is made when it is missing. */
const STATE_VARIABLE = 'LSMFS_STATE_DIR';
/** struct sockaddr_un has 108 bytes for the path of the control socket, its NUL included. */
const SOCKET_PATH = 107;

/** @param environment LSMFS_STATE_DIR takes precedence; XDG_RUNTIME_DIR is used by users who may not write to /run. */
export function stateRoot(uid: number, environment: NodeJS.ProcessEnv): string {
  const chosen = environment[STATE_VARIABLE];
  if (chosen !== undefined && chosen !== '') return path.resolve(chosen);
  if (uid === 0) return '/run/lsmfs';
  const runtime = environment.XDG_RUNTIME_DIR;
  if (runtime === undefined || !path.isAbsolute(runtime)) {
    throw new WorldError(
      'state-directory',
      'There is no place for the state of worlds: XDG_RUNTIME_DIR is not set.',
      `Log in in a session of your own, or: export ${STATE_VARIABLE}="$HOME/.lsmfs"`,
    );
  }
  return path.join(runtime, 'lsmfs');
}

/** The state directory of the current user. */
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

  get standby(): string {
    return path.join(this.path, 'standby');
  }

  /** A link when a file elsewhere was asked for. */
  get log(): string {
    return path.join(this.path, 'log');
  }

  /** Of the audit of a container. */
  containerLog(id: bigint): string {
    return path.join(this.path, `contid-${id}`);
  }

  /** Socket of the TPM, as tpm2-tools have it in `swtpm:path=`. */
  get tpm(): string {
    return path.join(this.path, 'tpm');
  }

  get tpmState(): string {
    return path.join(this.path, 'tpm-state');
  }

  get stage(): string {
    return path.join(this.path, 'stage');
  }

  /**
   * Makes the directory and locks it as long as this process lives: a directory without a record and without a lock is
   * that of a launcher that died. Reapers hold the same lock, so that none sees it between the two steps.
   * @returns `false` when the name is in use.
   */
  claim(): boolean {
    if (Buffer.byteLength(this.control) > SOCKET_PATH) {
      throw new WorldError(
        'state-directory',
        `${this.control} is longer than the path of a socket may be (${SOCKET_PATH} bytes).`,
        `Name a shorter directory: export ${STATE_VARIABLE}=DIRECTORY`,
      );
    }
    makeParents(this.root);
    let isNew: boolean | undefined;
    withLock(this.root, () => {
      isNew = this.make();
      return isNew;
    });
    if (isNew !== undefined) return isNew;
    tryToOpen(this.root);
    throw new WorldError(
      'state-directory',
      `Another command keeps ${this.root} locked.`,
      `Look which: fuser -v ${this.root}`,
    );
  }

  private make(): boolean {
    if (!makeDirectory(this.path)) return false;
    try {
      holdDirectory(this.path);
      makeDirectory(this.stage);
    } catch (error) {
      this.remove();
      throw error;
    }
    return true;
  }

  /** Is it the directory of a world? Then it has a record, or nothing but what {@link claim} makes. */
  get isOne(): boolean {
    try {
      const names = readdirSync(this.path);
      return names.includes('world.json') || names.every((name) => name === 'stage' || name.startsWith('world.json.'));
    } catch {
      return false; // no directory
    }
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
    try {
      writeFileSync(temporary, formatRecord(record), { mode: 0o600 });
      renameSync(temporary, path.join(this.path, 'world.json'));
    } catch (error) {
      throw cannot(`write ${temporary}`, error);
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** `false` when something of that name exists. */
function makeDirectory(directory: string): boolean {
  try {
    mkdirSync(directory, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cannot(`make ${directory}`, error);
  }
}

/** Not by mkdirSync's `recursive`, which tries for ever where a directory that exists says ENOENT, as those of procfs do. */
function makeParents(directory: string): void {
  if (existsSync(directory)) return;
  makeParents(path.dirname(directory));
  makeDirectory(directory);
}

/** Says why a directory cannot be locked that nobody keeps locked. */
function tryToOpen(directory: string): void {
  try {
    closeSync(openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY));
  } catch (error) {
    throw cannot(`open ${directory}`, error);
  }
}

function cannot(deed: string, error: unknown): WorldError {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const fix = full ? 'Make room there, or name another directory' : 'Name a directory that you may write to';
  return new WorldError('state-directory', `Cannot ${deed}: ${code}.`, `${fix}: export ${STATE_VARIABLE}=DIRECTORY`);
}

/** Is there a world that waits for a command? It may be gone a moment later. */
export function hasStandby(root: string): boolean {
  try {
    return readdirSync(root).some((name) => existsSync(new WorldDirectory(root, name).standby));
  } catch {
    return false; // There has been no world yet.
  }
}

/** Every directory that can be a world's, by its name and its content; others are left alone. */
export function worldDirectories(root: string): WorldDirectory[] {
  let names: string[];
  try {
    names = readdirSync(root);
  } catch {
    return [];
  }
  return names
    .filter(isWorldName)
    .map((name) => new WorldDirectory(root, name))
    .filter((world) => world.isOne);
}
