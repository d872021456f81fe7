/**
 * Real nodes in a real world beside a C libfuse program: what a client waits for. Both free to run anywhere and both on
 * one CPU with the client; the scheduler's wake-ups across CPUs cost more than the rest, so the two differ much.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { BenchLine } from './line.ts';
import { median } from './statistics.ts';
import { compile, pin, startServer, stopServer } from './transport/servers.ts';

const root = path.resolve(import.meta.dirname, '..');
const LSMFS = path.join(root, 'bin/lsmfs');
const LIMIT_MS = 120_000;
const CONTEXTS = 'system_u:system_r:init_t:s0 system_u:object_r:etc_t:s0 6';

/** What is measured in a world with Debian's policy: arguments of the client. */
const NODES: readonly { readonly what: string; readonly argv: readonly string[] }[] = [
  { what: 'open+read+close of enforce', argv: ['read', '/sys/fs/selinux/enforce'] },
  { what: 'open+read+close of class/file/perms/read', argv: ['read', '/sys/fs/selinux/class/file/perms/read'] },
  { what: 'transaction on access', argv: ['write', '/sys/fs/selinux/access', CONTEXTS] },
  { what: 'open+read+close of attr/current', argv: ['read', '/proc/thread-self/attr/current'] },
  { what: 'statfs of selinuxfs', argv: ['statfs', '/sys/fs/selinux'] },
  { what: 'getxattr security.selinux', argv: ['getxattr', '/etc/passwd', 'security.selinux'] },
];

const LISTING = 'ls -lR /sys/fs/selinux';
const LISTED = `a=$(date +%s%N); ${LISTING} >/dev/null; b=$(date +%s%N); echo $((b-a))`;

/** Microseconds of one operation, medians of the rounds; ratios of a transaction are to the open, read and close of a C program's file. */
export async function runNodeBench(rounds: number, iterations = 1000): Promise<BenchLine[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-nodes-'));
  const client = compile('../nodes/client.c', directory);
  const yardstick = await startServer('c-libfuse3', [compile('server.c', directory, ['fuse3'])], directory);
  const count = String(iterations);
  try {
    const rows: BenchLine[] = [];
    for (const pinned of [false, true]) {
      pin(yardstick, pinned ? '0' : '0-1023');
      const taskset = pinned ? ['taskset', '--cpu-list', '0'] : [];
      const hello = [...taskset, client, count, 'read', path.join(yardstick.mountpoint, 'hello')];
      const times = new Map<string, number[]>();
      const base: number[] = [];
      const listings: number[] = [];
      for (let round = 0; round < rounds; round++) {
        base.push(Number(output(hello)) / 1000);
        const all = NODES.map(({ argv }) => `"$0" ${count} ${argv.map((word) => `'${word}'`).join(' ')}`).join('; ');
        const text = output([
          ...taskset,
          LSMFS,
          'run',
          '--lsm=selinux',
          '--no-mediation',
          '--',
          'sh',
          '-c',
          `load_policy; ${all}; ${LISTED}`,
          client,
        ]);
        const values = text
          .trim()
          .split('\n')
          .map((line) => Number(line) / 1000);
        for (const [i, { what }] of NODES.entries()) {
          times.set(what, [...(times.get(what) ?? []), values[i] ?? Number.NaN]);
        }
        listings.push((values[NODES.length] ?? Number.NaN) / 1e6);
      }
      const where = pinned ? ', one CPU' : '';
      const line = (what: string, value: number): BenchLine => ({
        area: 'nodes',
        what: `${what}${where}`,
        value,
        unit: 'us',
      });
      rows.push(line('open+read+close of a file of C libfuse', median(base)));
      for (const [what, values] of times) {
        const ratios = values.map((value, round) => value / (base[round] ?? Number.NaN));
        const spread = [Math.min(...ratios), Math.max(...ratios)] satisfies [number, number];
        rows.push({ ...line(what, median(values)), against: 'C libfuse3', ratio: median(ratios), spread });
      }
      rows.push({ ...line(LISTING, median(listings)), unit: 's' });
    }
    return rows;
  } finally {
    await stopServer(yardstick);
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

function output(argv: readonly string[]): string {
  const [program = '', ...rest] = argv;
  return execFileSync(program, rest, { encoding: 'utf8', timeout: LIMIT_MS, stdio: ['ignore', 'pipe', 'inherit'] });
}
