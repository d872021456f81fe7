/**
 * What a world's directory says about it: `world.json`.
 *
 * Written by the launcher when it claims the name, then by the daemon once it serves. Readers trust nothing in it beyond its types: the
 * file may be half written, from another version, or about processes long gone.
 */
import { PROFILES, type Profile } from '../../lsm/core/config.ts';
import type { ProcessId } from './process-id.ts';

export interface WorldRecord {
  readonly name: string;
  /** Who answers for the world: the launcher while it starts, then the daemon. */
  readonly owner: ProcessId;
  readonly state: 'starting' | 'running';
  /** Seconds since the epoch. */
  readonly started: number;
  readonly lsm: string;
  readonly profile: Profile;
  readonly seccomp: boolean;
  readonly command: readonly string[];
  /** Directories that were made on the host as mount points, to be removed with the world. */
  readonly madeDirectories: readonly string[];
}

const isText = (value: unknown): value is string => typeof value === 'string';
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
  return isNumber(pid) && isNumber(startTime) && pid > 0 ? { pid, startTime } : undefined;
}

function isProfile(value: unknown): value is Profile {
  return PROFILES.some((profile) => profile === value);
}

/** `undefined` for anything that is not a record. */
export function parseRecord(text: string): WorldRecord | undefined {
  const value = parseJson(text);
  if (value === undefined) return undefined;
  const { name, state, started, lsm, profile, seccomp } = value as Record<keyof WorldRecord, unknown>;
  const owner = parseOwner(value.owner);
  const command = texts(value.command);
  const madeDirectories = texts(value.madeDirectories);
  if (!isText(name) || owner === undefined || command === undefined || madeDirectories === undefined) return undefined;
  if ((state !== 'starting' && state !== 'running') || !isNumber(started) || !isText(lsm)) return undefined;
  if (!isProfile(profile) || typeof seccomp !== 'boolean') return undefined;
  return { name, owner, state, started, lsm, profile, seccomp, command, madeDirectories };
}

export function formatRecord(record: WorldRecord): string {
  return `${JSON.stringify(record)}\n`;
}
