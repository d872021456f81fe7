/**
 * The cost of the transport: our FUSE server, a C program on libfuse's low-level interface and fuse-native serve the same small tree, all
 * mounted at once, and a C client measures them in random order, round by round. Other load on the machine hits all alike, so only the
 * ratios inside one run mean something.
 *
 * One client runs on the same CPU as its server: that is the pure cost of an operation. (Free to choose, the scheduler's wake-ups across
 * CPUs dominate, for C as well.) Eight clients run where they want.
 * fuse-native has one cache timeout for a whole mount, which must be 0; the others may remember the entries of the root.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type BenchServer, compile, pin, startServer, stopServer, typescript } from './servers.ts';

export const OPERATIONS = ['open-read-close', 'stat', 'readdir-stat'] as const;
export type Operation = (typeof OPERATIONS)[number];
const BASELINE = 'c-libfuse3';
const SERVERS = [BASELINE, 'lsmfs', 'fuse-native'] as const;
const CLIENTS = [1, 8] as const;
const CLIENT_TIMEOUT_MS = 60_000;

export interface BenchOptions {
  /** Default 5. */
  readonly rounds?: number;
  /** Length of one measurement. Default 0.5. */
  readonly seconds?: number;
  /** Progress, one line each. */
  readonly onProgress?: (line: string) => void;
}

/** Medians over the rounds. */
export interface BenchRow {
  readonly operation: Operation;
  readonly clients: number;
  readonly server: string;
  readonly operationsPerSecond: number;
  readonly medianMicroseconds: number;
  readonly p99Microseconds: number;
  /**
   * Time per operation relative to the C program, the median of the ratios inside each round: of the median latency for one client, of the
   * throughput for more.
   */
  readonly ratio: number;
}

interface Sample {
  readonly operation: Operation;
  readonly clients: number;
  readonly server: string;
  readonly round: number;
  readonly perSecond: number;
  readonly median: number;
  readonly p99: number;
}

export async function runTransportBench(options: BenchOptions = {}): Promise<BenchRow[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-bench-'));
  const servers: BenchServer[] = [];
  try {
    const client = compile('client.c', directory);
    const commands: readonly (readonly [string, readonly string[]])[] = [
      [BASELINE, [compile('server.c', directory, ['fuse3'])]],
      ['lsmfs', typescript('lsmfs-server.ts')],
      ['fuse-native', typescript('fuse-native-server.ts')],
    ];
    for (const [name, command] of commands) {
      try {
        servers.push(await startServer(name, command, directory));
      } catch (error) {
        // fuse-native is optional; the others are the point.
        if (name !== 'fuse-native') throw error;
        options.onProgress?.(`left out: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return summarise(await measure(client, servers, options));
  } finally {
    for (const server of servers) await stopServer(server);
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function measure(client: string, servers: readonly BenchServer[], options: BenchOptions): Promise<Sample[]> {
  const { rounds = 5, seconds = 0.5, onProgress } = options;
  const samples: Sample[] = [];
  for (const clients of CLIENTS) {
    const cpus = clients === 1 ? '0' : `0-${availableParallelism() - 1}`;
    for (const server of servers) pin(server, cpus);
    for (let round = 0; round < rounds; round++) {
      onProgress?.(`${clients} client${clients > 1 ? 's' : ''}, round ${round + 1} of ${rounds}`);
      for (const operation of OPERATIONS) {
        for (const server of shuffled(servers)) {
          const command = [client, server.mountpoint, operation, String(clients), String(seconds)];
          const [perSecond = 0, median = 0, p99 = 0] = await runClient(['taskset', '--cpu-list', cpus, ...command]);
          samples.push({ operation, clients, server: server.name, round, perSecond, median, p99 });
        }
      }
    }
  }
  return samples;
}

async function runClient(command: readonly string[]): Promise<number[]> {
  const [program = '', ...args] = command;
  const { stdout } = await promisify(execFile)(program, args, { timeout: CLIENT_TIMEOUT_MS, killSignal: 'SIGKILL' });
  return stdout.trim().split(' ').map(Number);
}

function summarise(samples: readonly Sample[]): BenchRow[] {
  const rows: BenchRow[] = [];
  for (const clients of CLIENTS) {
    for (const operation of OPERATIONS) {
      const here = samples.filter((sample) => sample.clients === clients && sample.operation === operation);
      for (const server of SERVERS) {
        const own = here.filter((sample) => sample.server === server);
        if (own.length === 0) continue;
        const ratios = own.map((sample) => {
          const base = here.find((other) => other.server === BASELINE && other.round === sample.round) ?? sample;
          return clients === 1 ? sample.median / base.median : base.perSecond / sample.perSecond;
        });
        rows.push({
          operation,
          clients,
          server,
          operationsPerSecond: middle(own.map((sample) => sample.perSecond)),
          medianMicroseconds: middle(own.map((sample) => sample.median)),
          p99Microseconds: middle(own.map((sample) => sample.p99)),
          ratio: middle(ratios),
        });
      }
    }
  }
  return rows;
}

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
