/**
 * The record of a world, `world.json` in its directory.
 *
 * Written by the launcher when it claims the name, then by the daemon once it serves. Readers check its types and trust nothing else: the
 * file may be incomplete, of another version, or about processes that have ended.
 */

import { closeSync, openSync, readSync } from 'node:fs';
import { tgidOf } from '../../linux/ids.ts';
import { type KernelProfile, PROFILES } from '../../lsm/framework/config.ts';
import type { ProcessId } from './process-id.ts';

const STATES = ['starting', 'standby', 'running'] as const;
export type WorldState = (typeof STATES)[number];

export interface WorldRecord {
  readonly name: string;
  /** Random, 16 hexadecimal digits. */
  readonly id: string;
  /** The launcher while the world starts, then the daemon. */
  readonly owner: ProcessId;
  /** `standby`: it serves, and waits for its first process. */
  readonly state: WorldState;
  /** Seconds since the epoch. */
  readonly started: number;
  readonly lsm: string;
  readonly profile: KernelProfile;
  readonly seccomp: boolean;
  readonly command: readonly string[];
  /** Directories that were made on the host as mount points, to be removed with the world. */
  readonly madeDirectories: readonly string[];
  /** Superblocks of its own, `major:minor`. */
  readonly devices: readonly string[];
}

const isText = (value: unknown): value is string => typeof value === 'string';
const ID = /^[0-9a-f]{16}$/;
const DEVICE = /^\d{1,4}:\d{1,7}$/;
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const texts = (value: unknown): string[] | undefined =>
  Array.isArray(value) && value.every(isText) ? value : undefined;

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function parseOwner(value: unknown): ProcessId | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startTime' in value)) return undefined;
  const { pid, startTime } = value;
  return isNumber(pid) && isNumber(startTime) && pid > 0 ? { pid: tgidOf(pid), startTime } : undefined;
}

function isState(value: unknown): value is WorldState {
  return STATES.some((state) => state === value);
}

function isProfile(value: unknown): value is KernelProfile {
  return PROFILES.some((profile) => profile === value);
}

/** `undefined` for anything that is not a record. */
export function parseRecord(text: string): WorldRecord | undefined {
  const value = parseJson(text);
  if (value === undefined) return undefined;
  const { name, id, state, started, lsm, profile, seccomp } = value as Record<keyof WorldRecord, unknown>;
  const owner = parseOwner(value.owner);
  const command = texts(value.command);
  const madeDirectories = texts(value.madeDirectories);
  const devices =
    texts(value.devices)?.every((device) => DEVICE.test(device)) === true ? texts(value.devices) : undefined;
  if (!isText(name) || !isText(id) || !ID.test(id) || devices === undefined) return undefined;
  if (owner === undefined || command === undefined || madeDirectories === undefined) return undefined;
  if (!isState(state) || !isNumber(started) || !isText(lsm)) return undefined;
  if (!isProfile(profile) || typeof seccomp !== 'boolean') return undefined;
  return { name, id, owner, state, started, lsm, profile, seccomp, command, madeDirectories, devices };
}

/** Not by node:crypto, which takes longer to load than all else that a launcher does with a record. */
export function newWorldId(): string {
  const bytes = Buffer.alloc(8);
  const fd = openSync('/dev/urandom', 'r');
  readSync(fd, bytes);
  closeSync(fd);
  return bytes.toString('hex');
}

export function formatRecord(record: WorldRecord): string {
  return `${JSON.stringify(record)}\n`;
}
