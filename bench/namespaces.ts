/**
 * What SELinux namespaces cost in a world, with one and with many: making and ending one, requests inside, memory of
 * the daemon. The bounds: the same latency however many there are; at most 1 MB each without a policy.
 */
import { execFileSync } from 'node:child_process';
import path from 'node:path';

export interface NamespaceRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly against?: string;
  readonly ratio?: number;
}

const root = path.resolve(import.meta.dirname, '..');

/** @param count how many are "many". */
export function runNamespaceBench(count = 1000): NamespaceRow[] {
  const client = ['python3', path.join(root, 'bench/inside/namespaces.py'), String(count)];
  const argv = [path.join(root, 'dist/lsmfs.js'), 'run', '--lsm=selinux', '--no-mediation', '--', ...client];
  const text = execFileSync(process.execPath, argv, { encoding: 'utf8', timeout: 300_000 });
  const found = new Map(
    text
      .trim()
      .split('\n')
      .map((line): [string, number] => {
        const [name = '', value = ''] = line.split('\t');
        return [name, Number(value)];
      }),
  );
  const value = (name: string): number => found.get(name) ?? Number.NaN;
  const us = (what: string, name: string, base?: string, against?: string): NamespaceRow => ({
    what,
    value: value(name),
    unit: 'us median',
    ...(base !== undefined && against !== undefined ? { ratio: value(name) / value(base), against } : {}),
  });
  const among = `among ${count} namespaces`;
  return [
    us('fork, unshare, umount, mount, exit', 'round trip'),
    us(`the same ${among}`, 'round trip many', 'round trip', 'no others'),
    us('transaction (access) in a namespace', 'access 1', 'access initial', 'initial one'),
    us(`the same ${among}`, 'access many', 'access 1', 'no others'),
    us('open, read, close of enforce', 'read 1'),
    us(`the same ${among}`, 'read many', 'read 1', 'no others'),
    us('open, close of an unrelated file', 'open 1'),
    us(`the same ${among}`, 'open many', 'open 1', 'no others'),
    { what: 'memory of a namespace, mounted, no policy', value: value('memory bare'), unit: 'KiB' },
    { what: "the same with Debian's policy, which they share", value: value('memory policy'), unit: 'KiB' },
  ];
}
