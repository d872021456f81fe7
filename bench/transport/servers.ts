/** The servers that the transport bench compares, each a process of its own on a mount of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

const HERE = import.meta.dirname;
const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 5_000;

export interface BenchServer {
  readonly name: string;
  readonly mountpoint: string;
  readonly process: ChildProcess;
}

/** Compiles a C program of this folder. Needs cc, and for the server pkg-config and libfuse 3's headers. */
export function compile(source: string, directory: string, packages: readonly string[] = []): string {
  const program = path.join(directory, path.basename(source, '.c'));
  const options = packages.length === 0 ? [] : pkgConfig(packages);
  execFileSync('cc', ['-O2', '-o', program, path.join(HERE, source), ...options], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  return program;
}

function pkgConfig(packages: readonly string[]): string[] {
  const output = execFileSync('pkg-config', ['--cflags', '--libs', ...packages], { encoding: 'utf8' });
  return output.trim().split(/\s+/);
}

/** Arguments that run a TypeScript file of this folder with this Node. */
export function typescript(file: string): string[] {
  return [process.execPath, '--import', import.meta.resolve('tsx'), path.join(HERE, file)];
}

/** Starts a server that prints `ready` once it has mounted. Rejects with what it said on stderr otherwise. */
export async function startServer(name: string, command: readonly string[], directory: string): Promise<BenchServer> {
  const mountpoint = path.join(directory, name);
  mkdirSync(mountpoint);
  const [program = '', ...args] = command;
  const child = spawn(program, [...args, mountpoint], { stdio: ['pipe', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint = `${complaint}${text}`.slice(-2000);
  });
  const started = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), START_TIMEOUT_MS);
    const settle = (ready: boolean) => {
      clearTimeout(timer);
      resolve(ready);
    };
    createInterface({ input: child.stdout }).on('line', (line) => line === 'ready' && settle(true));
    child.once('error', () => settle(false));
    child.once('exit', () => settle(false));
  });
  const server = { name, mountpoint, process: child };
  if (started) return server;
  await stopServer(server);
  throw new Error(`${name} does not start: ${complaint.trim() || 'no message'}`);
}

export async function stopServer(server: BenchServer): Promise<void> {
  const { process: child, mountpoint } = server;
  // Unmounting ends all of them in order; the programs see their mount go.
  spawnQuietly('umount', ['-l', mountpoint]);
  child.stdin?.end();
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Lets all threads of a server run on these CPUs only (a list as taskset takes it). */
export function pin(server: BenchServer, cpus: string): void {
  execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', cpus, String(server.process.pid)], {
    stdio: 'ignore',
  });
}

function spawnQuietly(program: string, args: readonly string[]): void {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
  } catch {
    // Not mounted (any more).
  }
}
