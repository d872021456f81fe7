/** Rule sets in the stream: permission table, automaton, start states, names of transitions (unpack_pdb in policy_unpack.c). */

import type { Dfa } from './dfa.ts';
import { START_STATE } from './dfa.ts';
import { readDfa } from './dfa-tables.ts';
import { isSpace } from './names.ts';
import type { Permissions } from './permissions.ts';
import { CLASS_FILE, type PermissionEntries, PolicyDb } from './policy-db.ts';
import { need, reject } from './reject.ts';
import type { PolicyStream } from './stream.ts';

const PERMISSIONS_VERSION = 1;

export interface UnpackedPolicyDb {
  readonly db: PolicyDb;
  /** The permission table of the stream; absent when permissions are in the accept words. */
  readonly table: readonly Permissions[] | undefined;
}

export interface PolicyDbOptions {
  /** It is an error if there is no automaton. */
  readonly required?: boolean;
  /** It is an error if the names of transitions are malformed; otherwise they stay unread. */
  readonly transitions?: boolean;
  /** Makes permissions of accept words. */
  readonly entriesOf: (dfa: Dfa) => PermissionEntries;
}

/** @returns `undefined` when the stream has none here. Leaves the stream where it was when it rejects. */
export function unpackPolicyDb(stream: PolicyStream, options: PolicyDbOptions): UnpackedPolicyDb | undefined {
  const start = stream.position;
  try {
    return unpack(stream, options);
  } catch (rejection) {
    stream.position = start;
    throw rejection;
  }
}

function unpack(stream: PolicyStream, options: PolicyDbOptions): UnpackedPolicyDb | undefined {
  const table = unpackPermissions(stream);
  const dfa = unpackDfa(stream, table === undefined);
  if (dfa === undefined) {
    if (options.required) reject('missing required dfa');
    // Some compilers write the names all the same.
    const names = unpackTransitions(stream);
    if (names === undefined && options.transitions) reject('failed to unpack profile transition table');
    return undefined;
  }
  const policyStart = stream.u32('start') ?? START_STATE;
  const pathStart = stream.u32('dfa_start') ?? START_STATE;
  if (policyStart >= dfa.states || pathStart >= dfa.states) reject('invalid dfa start state');
  const transitions = unpackTransitions(stream);
  if (transitions === undefined && options.transitions) reject('failed to unpack profile transition table');
  return {
    db: new PolicyDb({
      dfa,
      start: policyStart,
      fileStart: pathStart,
      transitions: transitions ?? [],
      entries: table === undefined ? options.entriesOf(dfa) : tableEntries(dfa, table),
    }),
    table,
  };
}

function tableEntries(dfa: Dfa, table: readonly Permissions[]): PermissionEntries {
  return { size: table.length, indexOf: (state) => dfa.tables.accept[state] ?? 0, at: (index) => table[index] };
}

/** In policy rules, paths are matched after the class byte of files, if there are such rules. */
export function withClassFileStart(db: PolicyDb): PolicyDb {
  const { dfa, start, transitions, entries } = db;
  return new PolicyDb({
    dfa,
    start,
    fileStart: dfa.next(start, CLASS_FILE) || db.fileStart,
    transitions,
    entries,
  });
}

function unpackPermissions(stream: PolicyStream): Permissions[] | undefined {
  const info = 'failed to unpack - perms';
  if (!stream.struct('perms')) return undefined;
  const version = need(stream.u32('version'), info);
  const count = need(stream.array(), info);
  const table: Permissions[] = [];
  for (let i = 0; i < count; i++) {
    if (version !== PERMISSIONS_VERSION) reject(info);
    const word = () => need(stream.u32(), info);
    word(); // reserved
    table.push({
      allow: word(),
      deny: word(),
      subtree: word(),
      cond: word(),
      kill: word(),
      complain: word(),
      prompt: word(),
      audit: word(),
      quiet: word(),
      hide: word(),
      xindex: word(),
      tag: word(),
      label: word(),
    });
  }
  need(stream.arrayEnd(), info);
  need(stream.structEnd(), info);
  return table;
}

/** The automaton begins at a multiple of 8 from the start of the stream its profile was compiled into, wherever that is now. */
function unpackDfa(stream: PolicyStream, withAccept2: boolean): Dfa | undefined {
  const blob = stream.blob('aadfa');
  if (blob === undefined) return undefined;
  const end = stream.position;
  const offset = end - blob.length - (end & 7);
  const padding = Math.ceil(offset / 8) * 8 - offset;
  return need(readDfa(blob.subarray(Math.min(padding, blob.length)), withAccept2), 'failed to unpack - dfa');
}

/** @returns `undefined`, with the stream where it was, when they are malformed. */
function unpackTransitions(stream: PolicyStream): string[] | undefined {
  const start = stream.position;
  if (!stream.struct('xtable')) return [];
  const names = readNames(stream);
  if (names === undefined) stream.position = start;
  return names;
}

function readNames(stream: PolicyStream): string[] | undefined {
  const count = stream.array();
  if (count === undefined) return undefined;
  const names: string[] = [];
  for (let i = 0; i < count; i++) {
    const name = transitionName(stream.rawString());
    if (name === undefined) return undefined;
    names.push(name);
  }
  return stream.arrayEnd() && stream.structEnd() ? names : undefined;
}

/** In the stream, a NUL stands between namespace and name. */
function transitionName(raw: string | undefined): string | undefined {
  if (raw === undefined || isSpace(raw.charCodeAt(0))) return undefined;
  const nuls = raw.split('\0').length - 1;
  if (!raw.startsWith(':')) return nuls === 0 ? raw : undefined;
  if (raw.length < 2 || raw.startsWith(':\0') || nuls > 1) return undefined;
  return raw.replace('\0', ':');
}
