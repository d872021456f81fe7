/**
 * What a daemon takes over from the process that starts it, as text: a world on standby goes only to a process that would start an equal
 * one. Beside the options (StandbyKeys) these are files that options name, who the process is, namespaces, mounts, limits and what a user
 * may have changed since. The daemon looks, so launchers in two languages need not agree.
 */
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileText } from '../../host/files/file-text.ts';
import { processFile, processLink } from '../../host/process/process-files.ts';
import { STAT, statField } from '../../host/procfs/stat.ts';
import { statusField } from '../../host/procfs/status.ts';
import type { Tgid } from '../../linux/ids.ts';
import type { StackOptions } from '../options.ts';

const NAMESPACES = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'];
const STATUS = [
  ...['Umask', 'Uid', 'Gid', 'Groups', 'CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp'],
  ...['Cpus_allowed', 'Mems_allowed'],
];
const FILES = ['mountinfo', 'cgroup', 'attr/current', 'loginuid', 'sessionid', 'oom_score_adj'];
/** Files of the host that the mount namespace has changed copies of. */
const COPIED = ['/proc/filesystems', '/proc/cmdline'];
/** Variables that a daemon, its programs or its loader read. */
const VARIABLE = /^(?:PATH|LSMFS_FAST_PATH|LD_\w*|GLIBC_\w*)=/;
/** Node raises the soft one of each of its processes. */
const SOFT_OPEN_FILES = /^(Max open files +)\S+/m;
/** The program is not looked at in itself. */
const OWN_PROGRAM = [process.execPath, fileURLToPath(new URL('./daemon.js', import.meta.url))];

function stamp(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined
    ? `${file} -`
    : `${file} ${stat.dev}:${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
}

/** A directory and what is in it. */
function below(directory: string): string[] {
  try {
    const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    return [directory, ...names.map((name) => path.join(directory, name))];
  } catch {
    return [directory];
  }
}

/** Files whose content is part of a world from its boot on. */
function filesOf({ policy, fileContexts, keys = {}, encryptedKeys = {}, tpm }: StackOptions): string[] {
  const { files = [], store, looked = [] } = policy ?? {};
  const named = [fileContexts, ...Object.values(keys).flat(), ...Object.values(encryptedKeys)];
  const all = [...files, ...looked, ...named, ...Object.values(tpm?.registers ?? {})];
  return [...all.filter((file) => file !== undefined), ...(store === undefined ? [] : below(store))];
}

/** @returns the same text exactly for those that may stand for one another; `undefined`: that cannot be told. */
export function circumstances(pid: Tgid, options: StackOptions): string | undefined {
  const [status, stat, limits, environment] = ['status', 'stat', 'limits', 'environ'].map((name) =>
    processFile(pid, name),
  );
  if (status === undefined || stat === undefined || limits === undefined || environment === undefined) return undefined;
  return [
    ...[...OWN_PROGRAM, ...filesOf(options)].map(stamp),
    ...STATUS.map((name) => `${name} ${statusField(status, name) ?? ''}`),
    ...NAMESPACES.map((name) => processLink(pid, `ns/${name}`) ?? ''),
    ...[STAT.nice, STAT.policy].map((field) => statField(stat, field) ?? ''),
    limits.replace(SOFT_OPEN_FILES, '$1'),
    ...environment
      .split('\0')
      .filter((variable) => VARIABLE.test(variable))
      .sort(),
    root(pid),
    ...FILES.map((name) => `${name} ${processFile(pid, name) ?? ''}`),
    ...COPIED.map((name) => fileText(name) ?? ''),
  ].join('\n');
}

function root(pid: Tgid): string {
  const { dev, ino } = statSync(`/proc/${pid}/root/.`, { bigint: true });
  return `root ${dev}:${ino}`;
}
