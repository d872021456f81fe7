/**
 * Text of AppArmor's audit records. All are of type 1400 (AVC).
 *
 * Format and order of fields: audit_pre() and the callbacks of security/apparmor/{audit,policy,policy_unpack,file,lsm}.c, Linux 6.12.
 */

import * as MOUNT from '../../../linux/mount.ts';
import { AF_DECNET } from '../../../linux/socket.ts';
import type { AccessedSocket, SocketKind } from '../../framework/access/socket-access.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import { type ActingTask, actingFields, socketFields } from '../../framework/audit/lsm-audit.ts';
import { ADDRESS_FAMILIES, CAPABILITIES, RESOURCES } from '../policy/features.ts';
import { type FileRecord, formatLabel, type Label, type PolicyAudit, type Profile } from '../policy/index.ts';
import type { CheckRecord, MountRecord } from './index.ts';

function profileFields(profile: Profile): string {
  const namespace = profile.ns.parent === undefined ? '' : ` namespace=${untrusted(profile.ns.hname)}`;
  return `${namespace} profile=${untrusted(profile.hname)}`;
}

function labelText(label: Label): string {
  const [first] = label.profiles;
  let root = first.ns;
  while (root.parent !== undefined) root = root.parent;
  return formatLabel(root, label, { mode: false, hidden: '---' });
}

/** ` profile=` of one profile, ` label=` of a stack. */
export function subjectFields(label: Label): string {
  return label.stacked ? ` label=${untrusted(labelText(label))}` : profileFields(label.profiles[0]);
}

const field = (name: string, value: string | undefined): string => (value === undefined ? '' : ` ${name}=${value}`);

/** aa_info_message(): of no profile. */
export function statusRecord(info: string, task: ActingTask): string {
  return `apparmor="STATUS" info="${info}"${actingFields(task)}`;
}

export function policyRecord(record: PolicyAudit, label: Label, task: ActingTask): string {
  const { operation, info, error, name, ns, unpack } = record;
  return [
    'apparmor="STATUS"',
    field('operation', operation && `"${operation}"`),
    field('info', info && `"${info}"`),
    info === undefined || error === undefined ? '' : ` error=${-error.number}`,
    subjectFields(label),
    field('name', name === undefined ? undefined : untrusted(name)),
    actingFields(task),
    field('ns', ns === undefined ? undefined : untrusted(ns)),
    unpack === undefined || name === undefined ? '' : ` name=${untrusted(name)}`,
    unpack === undefined || unpack.offset === 0 ? '' : ` offset=${unpack.offset}`,
  ].join('');
}

export function fileRecord(record: FileRecord, task: ActingTask): string {
  const { type, operation, info, error, profile, name, access, target } = record;
  return [
    `apparmor="${type}" operation="${operation}" class="file"`,
    field('info', info && `"${info}"`),
    info === undefined || error === undefined ? '' : ` error=${-error.number}`,
    profileFields(profile),
    field('name', name === undefined ? undefined : untrusted(name)),
    actingFields(task),
    access === undefined ? '' : accessFields(access),
    field('target', target === undefined ? undefined : untrusted(target)),
  ].join('');
}

function accessFields({ requested, denied, fsuid, ouid }: NonNullable<FileRecord['access']>): string {
  return ` requested_mask="${requested}"${denied === '' ? '' : ` denied_mask="${denied}"`} fsuid=${fsuid} ouid=${ouid}`;
}

/** A command in an attr file that means nothing; `info` is the file's name. */
export function commandRecord(info: string, label: Label, task: ActingTask): string {
  return `apparmor="DENIED" operation="setprocattr" info="${info}" error=-22${subjectFields(label)}${actingFields(task)}`;
}

/** A profile that does not let its task choose its default module. */
export function setDefaultRecord(profile: Profile, task: ActingTask): string {
  const type = profile.mode === 'complain' ? 'ALLOWED' : 'DENIED';
  return `apparmor="${type}" operation="setprocattr" info="set interface lsm" error=-13${profileFields(profile)}${actingFields(task)}`;
}

/** Where the number stands between two spaces: what the kernel prints. */
export function capabilityRecord(
  type: CheckRecord['type'],
  profile: Profile,
  capability: number,
  task: ActingTask,
  optional = false,
): string {
  const name = CAPABILITIES.split(' ')[capability] ?? '';
  const error = type === 'AUDIT' ? '' : ' error=-1';
  const info = optional ? ` info="optional: no audit"${error}` : '';
  const head = `apparmor="${type}" operation="capable" class="cap"${info}${profileFields(profile)}${actingFields(task)}`;
  return `${head} capability=${capability}  capname="${name}"`;
}

/** audit_mnt_flags(); those that MS_REC makes recursive have another name then. */
const MOUNT_FLAGS: readonly (readonly [flag: number, name: string, recursive?: true])[] = [
  [MOUNT.MS_NOSUID, 'nosuid'],
  [MOUNT.MS_NODEV, 'nodev'],
  [MOUNT.MS_NOEXEC, 'noexec'],
  [MOUNT.MS_SYNCHRONOUS, 'sync'],
  [MOUNT.MS_REMOUNT, 'remount'],
  [MOUNT.MS_MANDLOCK, 'mand'],
  [MOUNT.MS_DIRSYNC, 'dirsync'],
  [MOUNT.MS_NOSYMFOLLOW, 'nosymfollow'],
  [MOUNT.MS_NOATIME, 'noatime'],
  [MOUNT.MS_NODIRATIME, 'nodiratime'],
  [MOUNT.MS_BIND, 'bind', true],
  [MOUNT.MS_MOVE, 'move'],
  [MOUNT.MS_SILENT, 'silent'],
  [MOUNT.MS_POSIXACL, 'acl'],
  [MOUNT.MS_UNBINDABLE, 'unbindable', true],
  [MOUNT.MS_PRIVATE, 'private', true],
  [MOUNT.MS_SLAVE, 'slave', true],
  [MOUNT.MS_SHARED, 'shared', true],
  [MOUNT.MS_RELATIME, 'relatime'],
  [MOUNT.MS_I_VERSION, 'iversion'],
  [MOUNT.MS_STRICTATIME, 'strictatime'],
  [MOUNT.MS_NOUSER, 'nouser'],
];

export function mountRecord(record: MountRecord, task: ActingTask): string {
  const { type, operation, info, error, profile, name, fstype, source, flags, options } = record;
  const text = (value: string | undefined): string | undefined => (value === undefined ? undefined : untrusted(value));
  return [
    `apparmor="${type}" operation="${operation}" class="mount"`,
    field('info', info && `"${info}"`),
    info === undefined || error === undefined ? '' : ` error=${-error.number}`,
    profileFields(profile),
    field('name', text(name)),
    actingFields(task),
    field('fstype', text(fstype)),
    field('srcname', text(source)),
    field('flags', flags === undefined ? undefined : `"${mountFlags(flags)}"`),
    field('options', text(options)),
  ].join('');
}

function mountFlags(flags: number): string {
  const recursive = (flags & MOUNT.MS_REC) !== 0;
  const names = MOUNT_FLAGS.filter(([flag]) => (flags & flag) !== 0);
  const shown = names.map(([, name, repeats]) => (recursive && repeats === true ? `r${name}` : name));
  return [(flags & MOUNT.MS_RDONLY) === 0 ? 'rw' : 'ro', ...shown].join(', ');
}

const PTRACE_WORDS: ReadonlyMap<number, string> = new Map([
  [0x2, 'trace'],
  [0x4, 'read'],
  [0x8, 'tracedby'],
  [0x10, 'readby'],
]);

export function ptraceRecord(record: CheckRecord, profile: Profile, peer: Label, task: ActingTask): string {
  const { type, requested, denied } = record;
  const head = `apparmor="${type}" operation="ptrace" class="ptrace"${profileFields(profile)}${actingFields(task)}`;
  const view = formatLabel(profile.ns, peer, { mode: false, subtree: false, hidden: '---' });
  return `${head}${masks(PTRACE_WORDS.get(requested), PTRACE_WORDS.get(denied))} peer=${untrusted(view)}`;
}

export function limitRecord(
  type: CheckRecord['type'],
  profile: Profile,
  { resource, limit }: { readonly resource: number; readonly limit: bigint },
  peer: Label | undefined,
  task: ActingTask,
): string {
  const info = peer === undefined ? '' : ' info="cap_sys_resource" error=-13';
  const head = `apparmor="${type}" operation="setrlimit" class="rlimits"${info}${profileFields(profile)}${actingFields(task)}`;
  const view = peer && formatLabel(profile.ns, peer, { mode: false, subtree: false, hidden: '---' });
  const shown = view === undefined ? '' : ` peer=${untrusted(view)}`;
  return `${head} rlimit=${RESOURCES.split(' ')[resource] ?? ''} value=${limit}${shown}`;
}

const SIGNAL_WORDS: ReadonlyMap<number, string> = new Map([
  [0x2, 'send'],
  [0x4, 'receive'],
]);

export function signalRecord(
  record: CheckRecord,
  profile: Profile,
  signal: string,
  peer: Label,
  task: ActingTask,
): string {
  const { type, requested, denied } = record;
  const head = `apparmor="${type}" operation="signal" class="signal"${profileFields(profile)}${actingFields(task)}`;
  const view = formatLabel(profile.ns, peer, { mode: false, subtree: false, hidden: '---' });
  return `${head}${masks(SIGNAL_WORDS.get(requested), SIGNAL_WORDS.get(denied))} signal=${signal} peer=${untrusted(view)}`;
}

/** What a task makes, in words of records. */
export interface KernelObject {
  readonly operation: string;
  readonly class: string;
  readonly permission: string;
}

export function objectRecord(
  { type, denied }: CheckRecord,
  profile: Profile,
  { operation, permission, ...object }: KernelObject,
  task: ActingTask,
  target?: Label,
): string {
  const head = `apparmor="${type}" operation="${operation}" class="${object.class}"${profileFields(profile)}${actingFields(task)}`;
  const view = target && formatLabel(profile.ns, target, { mode: false, subtree: false, hidden: '---' });
  const shown = view === undefined ? '' : ` tcontext=${untrusted(view)}`;
  return `${head} requested="${permission}"${denied === 0 ? '' : ` denied="${permission}"`}${shown}`;
}

const SOCKET_TYPES = ['unknown(0)', 'stream', 'dgram', 'raw', 'rdm', 'seqpacket'];

export function socketRecord(
  record: CheckRecord,
  profile: Profile,
  operation: string,
  permission: string,
  socket: SocketKind & Partial<AccessedSocket>,
  task: ActingTask,
): string {
  const family = familyName(socket.family) ?? `unknown(${socket.family})`;
  const type = SOCKET_TYPES[socket.type] ?? `unknown(${socket.type})`;
  return [
    `apparmor="${record.type}" operation="${operation}" class="net"${profileFields(profile)}${actingFields(task)}`,
    socketFields({ ...socket, name: undefined }),
    ` family="${family}" sock_type="${type}" protocol=${socket.protocol ?? 0}`,
    masks(permission, record.denied === 0 ? undefined : permission),
  ].join('');
}

/** The kernel's table has no name for DECnet, and its list of names no gap there. */
function familyName(family: number): string | undefined {
  const names = ADDRESS_FAMILIES.split(' ');
  return family === AF_DECNET ? undefined : names[family < AF_DECNET ? family : family - 1];
}

function masks(requested: string | undefined, denied: string | undefined): string {
  if (requested === undefined) return '';
  return ` requested_mask="${requested}"${denied === undefined ? '' : ` denied_mask="${denied}"`}`;
}
