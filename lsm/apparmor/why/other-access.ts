/** Questions about everything that is not a file: capabilities, sockets, other processes, mounts, namespaces. */

import type { Profile } from '../policy/namespace.ts';
import { NO_PERMISSIONS, type Permissions } from '../policy/permissions.ts';
import type { PolicyDb } from '../policy/policy-db.ts';
import { type Access, decisionBy, type ExplainedAccess, NOT_MEDIATED, policyPermissions, ruleBits } from './access.ts';
import { matchPeer, type Peer, peerName } from './peer.ts';
import * as words from './words.ts';

const CLASS = { MOUNT: 7, PTRACE: 9, SIGNAL: 10, NETWORK: 14, LABEL: 16, NAMESPACE: 21 } as const;

export function capabilityAccess(capabilities: readonly string[]): Access {
  return {
    class: 'capability',
    object: 'capability',
    permissions: capabilities,
    all: [],
    decide: ({ mode, rules: { capabilities: sets } }) => ({
      mediated: true,
      of: (name) => {
        const bit = BigInt(words.capabilityNames.indexOf(name));
        const has = (set: bigint) => (set >> bit) % 2n === 1n;
        return { allow: has(sets.allow), audit: has(sets.audit), quiet: has(sets.quiet), kill: mode === 'kill' };
      },
    }),
    rule: (names) => `capability ${names.join(' ')},`,
  };
}

export function networkAccess(family: string, type: string, permissions: readonly string[]): Access {
  const bytes = [words.familyNames.indexOf(family), words.SOCKET_TYPES[type] ?? 0];
  const input = String.fromCharCode(...bytes.flatMap((number) => [number >> 8, number & 0xff]));
  return {
    class: 'network',
    object: `${family} ${type}`,
    permissions,
    all: Object.keys(words.NETWORK),
    decide: (profile) =>
      decision(
        policyPermissions(profile, CLASS.NETWORK, (next, start) => next(start, input)),
        words.NETWORK,
      ),
    rule: () => `network ${family} ${type},`,
  };
}

export function signalAccess(signal: string, peer: Peer, permissions: readonly string[]): Access {
  const number = words.signalNumber(signal) ?? 0;
  return {
    class: 'signal',
    object: `${signal} ${peerName(peer)}`,
    permissions,
    all: Object.keys(words.SIGNAL),
    decide: (profile) => {
      const { policy } = profile.rules;
      if (policy?.mediates(CLASS.SIGNAL) !== true) return NOT_MEDIATED;
      return byPeer(profile, policy, peer, [CLASS.SIGNAL, number], words.SIGNAL);
    },
    rule: (names) => `signal (${names.join(', ')}) set=(${signal}) peer=${peerName(peer)},`,
  };
}

export function ptraceAccess(peer: Peer, permissions: readonly string[]): Access {
  return {
    class: 'ptrace',
    object: peerName(peer),
    permissions,
    all: Object.keys(words.PTRACE),
    decide: (profile) => {
      const { policy } = profile.rules;
      if (policy?.mediates(CLASS.PTRACE) !== true) return NOT_MEDIATED;
      return byPeer(profile, policy, peer, [CLASS.LABEL, CLASS.PTRACE], words.PTRACE);
    },
    rule: (names) => `ptrace (${names.join(', ')}) peer=${peerName(peer)},`,
  };
}

function byPeer(
  profile: Profile,
  policy: PolicyDb,
  peer: Peer,
  head: readonly number[],
  bits: words.Bits,
): ExplainedAccess {
  const start = policy.dfa.match(policy.start, Uint8Array.from(head));
  return {
    mediated: true,
    of: (name) => ruleBits(matchPeer(profile, policy, peer, start, bits[name] ?? 0), bits[name] ?? 0),
  };
}

export interface Mounting {
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

export function mountAccess(mounting: Mounting): Access {
  const { source, target, type, options } = mounting;
  return {
    class: 'mount',
    object: `${source} ${target} ${type}${options.length > 0 ? ` ${options.join(',')}` : ''}`,
    permissions: ['mount'],
    all: [],
    decide: (profile) => decideMount(profile, mounting),
    rule: () => mountRule(mounting),
  };
}

function mountRule({ source, target, type, options }: Mounting): string {
  const { changes, moves } = kindOf(options);
  const parts = [
    ...(changes || moves ? [] : [`fstype=${type}`]),
    ...(options.length === 0 ? [] : [`options=(${options.join(', ')})`]),
    ...(changes || source === '' ? [] : [moves ? directory(source) : source]),
  ];
  return `mount ${parts.join(' ')} -> ${directory(target)},`;
}

function kindOf(options: readonly string[]): {
  readonly flags: number;
  readonly changes: boolean;
  readonly moves: boolean;
} {
  const flags = options.reduce((all, option) => all | (words.MOUNT_FLAGS[option] ?? 0), 0);
  return { flags, changes: (flags & words.CHANGES_MOUNT) !== 0, moves: (flags & words.MOVES_TREE) !== 0 };
}

/** Mount points end with a slash in rules. */
const directory = (path: string): string => (path.endsWith('/') ? path : `${path}/`);

/** do_match_mnt() without mount data. Binding and moving have no type; changing a mount has no source either. */
function decideMount({ rules: { policy } }: Profile, { source, target, type, options }: Mounting): ExplainedAccess {
  if (policy?.mediates(CLASS.MOUNT) !== true) return NOT_MEDIATED;
  const { dfa } = policy;
  const { flags, changes, moves } = kindOf(options);
  let state = dfa.next(policy.start, CLASS.MOUNT);
  for (const [what, text] of [
    ['mount point', directory(target)],
    ['source', changes || source === '' ? '' : moves ? directory(source) : source],
    ['type', changes || moves ? '' : type],
  ] as const) {
    state = dfa.next(dfa.matchText(state, text), 0);
    if (state === 0) return { ...decisionBy(NO_PERMISSIONS, MOUNT_BITS), note: `no mount rule has this ${what}` };
  }
  for (let bit = 0; bit < 32; bit++) if (((flags >>> bit) & 1) === 1) state = dfa.next(state, bit + 1);
  if (state === 0) return { ...decisionBy(NO_PERMISSIONS, MOUNT_BITS), note: 'no mount rule has these options' };
  return decisionBy(policy.permissions(state), MOUNT_BITS);
}

const MOUNT_BITS = { mount: words.MOUNT, umount: words.UMOUNT, pivot_root: words.PIVOT_ROOT };

export function umountAccess(path: string): Access {
  const target = directory(path);
  return {
    class: 'umount',
    object: target,
    permissions: ['umount'],
    all: [],
    decide: (profile) =>
      decision(
        policyPermissions(profile, CLASS.MOUNT, (next, start) => next(start, target)),
        MOUNT_BITS,
      ),
    rule: () => `umount ${target},`,
  };
}

export function pivotRootAccess(newRoot: string, oldRoot: string): Access {
  const [to, from] = [directory(newRoot), directory(oldRoot)];
  return {
    class: 'pivot_root',
    object: `${to} ${from}`,
    permissions: ['pivot_root'],
    all: [],
    decide: (profile) =>
      decision(
        policyPermissions(profile, CLASS.MOUNT, (next, start) => next(start, `${to}\0${from}`)),
        MOUNT_BITS,
      ),
    rule: () => `pivot_root oldroot=${from} ${to},`,
  };
}

export function usernsAccess(): Access {
  const bits = { create: words.USERNS_CREATE };
  return {
    class: 'userns',
    object: 'userns',
    permissions: ['create'],
    all: [],
    decide: (profile) =>
      decision(
        policyPermissions(profile, CLASS.NAMESPACE, (_next, start) => start),
        bits,
      ),
    rule: () => 'userns create,',
  };
}

function decision(permissions: Permissions | undefined, bits: words.Bits): ExplainedAccess {
  return permissions === undefined ? NOT_MEDIATED : decisionBy(permissions, bits);
}
