/**
 * What a daemon takes over from the process that starts it, as text: a world on standby goes only to a command that would
 * start an equal one. Beside the options these are the program itself, files that options name, who we are, namespaces,
 * mounts, limits and what a user may have changed since.
 */
import { readlinkSync, statSync } from 'node:fs';
import { getPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { fileText } from '../../host/files/file-text.ts';
import { statusField } from '../../host/procfs/status.ts';
import type { StackOptions } from '../options.ts';
import { ownStatus } from './process-status.ts';

const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'];
const STATUS = [
  ...['Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp'],
  ...['Cpus_allowed', 'Mems_allowed'],
];
/** Of /proc/self. */
const FILES = ['mountinfo', 'cgroup', 'limits', 'attr/current', 'loginuid', 'oom_score_adj'];
/** Variables that the programs of a daemon or its loader read. */
const VARIABLE = /^(?:PATH$|LD_|GLIBC_)/;

function stamp(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined
    ? `${file} -`
    : `${file} ${stat.dev}:${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return ''; // a kernel without that kind of namespace
  }
}

/** Files whose content is part of a world from its boot on. */
function filesOf({ policy, fileContexts, keys = {}, encryptedKeys = {}, tpm }: StackOptions): string[] {
  const { files = [], store } = policy ?? {};
  const named = [...files, store, fileContexts, ...Object.values(keys).flat(), ...Object.values(encryptedKeys)];
  return [...named, ...Object.values(tpm?.registers ?? {})].filter((file) => file !== undefined);
}

/** @param options as they are sent to the daemon. @returns the same text exactly for those that may stand for one another. */
export function circumstances(options: StackOptions): string {
  const status = ownStatus();
  return [
    process.version,
    process.execPath,
    stamp(fileURLToPath(new URL('./daemon.js', import.meta.url))),
    JSON.stringify(options),
    ...filesOf(options).map(stamp),
    ...STATUS.map((name) => `${name} ${statusField(status, name) ?? ''}`),
    ...NAMESPACES.map((name) => link(`/proc/self/ns/${name}`)),
    `root ${stamp('/')}`,
    `nice ${getPriority()}`,
    ...Object.entries(process.env).flatMap(([name, value]) => (VARIABLE.test(name) ? [`${name}=${value}`] : [])),
    ...FILES.map((name) => `${name} ${fileText(`/proc/self/${name}`) ?? ''}`),
  ].join('\n');
}
