/**
 * A policy to ask questions about: that of a file, or the one that a running world decides by.
 */
import { readFileSync, rmSync } from 'node:fs';
import type { PolicyBound } from '../lsm/core/module.ts';
import { PolicyState } from '../lsm/selinux/decide/index.ts';
import { parsePolicy, whyRejected } from '../lsm/selinux/policy/index.ts';
import { failed } from '../vfs/errno.ts';
import { WorldError } from './errors.ts';
import { WORLD_VARIABLE } from './launch/requirements.ts';
import { chooseWorld } from './state/choose.ts';
import { numbered } from './state/pid-namespace.ts';
import { connectToWorld } from './state/worlds.ts';

/** The newest version that the parser knows; a file need not be one that the emulated kernel would load. */
const NEWEST_VERSION = 35;
const PATIENCE_MS = 5000;

export interface PolicyInForce {
  readonly state: PolicyState;
  /** The mode of the world; a file has none. */
  readonly enforcing: boolean | undefined;
  /** SELinux namespaces around, innermost first, that decide besides. */
  readonly bounds: readonly PolicyBound[];
}

/** @throws WorldError */
export function policyOfFile(file: string): PolicyInForce {
  return { state: parse(read(file), file), enforcing: undefined, bounds: [] };
}

/**
 * @param name absent: the world that is meant when there is no choice.
 * @param given of a process whose SELinux namespace is asked; absent: our own, from inside that world, else the initial one.
 * @throws WorldError
 */
export function policyOfWorld(name: string | undefined, given: number | undefined): PolicyInForce {
  const world = chooseWorld(name, { fix: 'Name one with --world, or a policy with --policy=FILE.' });
  const pid = given ?? (world === process.env[WORLD_VARIABLE] ? process.pid : undefined);
  const channel = connectToWorld(world, PATIENCE_MS);
  try {
    channel.send({ kind: 'policy', ...(pid !== undefined && { process: numbered(pid) }) });
    const { file, enforcing, bounds } = channel.receive('policy');
    const image = read(file);
    rmSync(file, { force: true });
    return { state: parse(image, `The policy of ${world}`), enforcing, bounds };
  } finally {
    channel.close();
  }
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('unreadable-policy', `The policy ${file} cannot be read: ${reason}.`, 'Check --policy.');
  }
}

function parse(image: Uint8Array, what: string): PolicyState {
  const db = parsePolicy(image, NEWEST_VERSION);
  if (!failed(db)) return new PolicyState(db);
  throw new WorldError(
    'bad-policy',
    `${what} is not a binary SELinux policy: ${whyRejected(image, NEWEST_VERSION) ?? db.code}.`,
    'Name one such as /etc/selinux/default/policy/policy.34.',
  );
}
