/**
 * Starts the test server in a process of its own and runs clients in others: the test process itself never touches a mount, so a hanging
 * server costs a time-out and not the run.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const CLIENT_TIMEOUT_MS = 20_000;
const START_TIMEOUT_MS = 20_000;
const HERE = import.meta.dirname;

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit status; undefined = killed, by the time-out or a signal. */
  readonly status: number | undefined;
}

export interface ServerOptions {
  /** How many mounts. Default 1. */
  readonly mounts?: number;
  readonly pages?: number;
  /** File name of the server program. Default server.ts. */
  readonly program?: string;
}

/** Runs a command with a time-out that kills it for certain. */
export function run(command: string, args: readonly string[], cwd?: string): Promise<Answer> {
  return new Promise((resolve) => {
    const options = { cwd, timeout: CLIENT_TIMEOUT_MS, killSignal: 'SIGKILL', encoding: 'utf8' } as const;
    execFile(command, args, options, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
      resolve({ stdout, stderr, status });
    });
  });
}

export class TestServer {
  readonly directories: readonly string[];
  readonly process: ChildProcess;
  readonly lines: string[] = [];
  readonly #exited: Promise<unknown>;

  private constructor(directories: readonly string[], child: ChildProcess) {
    this.directories = directories;
    this.process = child;
    this.#exited = new Promise((resolve) => child.once('exit', resolve));
  }

  static async start(options: ServerOptions = {}): Promise<TestServer> {
    const directories = Array.from({ length: options.mounts ?? 1 }, () =>
      mkdtempSync(path.join(tmpdir(), 'lsmfs-fuse-')),
    );
    const program = path.join(HERE, options.program ?? 'server.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', program, ...directories], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...(options.pages !== undefined && { LSMFS_TEST_PAGES: String(options.pages) }) },
    });
    const server = new TestServer(directories, child);
    createInterface({ input: child.stdout }).on('line', (line) => server.lines.push(line));
    if (!(await server.line('ready', START_TIMEOUT_MS))) {
      await server.stop();
      throw new Error(`server did not start: ${server.lines.join('; ')}`);
    }
    return server;
  }

  /** The first mount. */
  get directory(): string {
    return this.directories[0] ?? '';
  }

  /** Waits until the server has printed a line that starts with `prefix`. */
  async line(prefix: string, timeoutMs = CLIENT_TIMEOUT_MS): Promise<string | undefined> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const found = this.lines.find((line) => line.startsWith(prefix));
      if (found !== undefined || Date.now() > end || this.process.exitCode !== null) return found;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** Asks the server something through its standard input; the answer is a line that starts with the question. */
  async ask(question: string): Promise<string | undefined> {
    this.process.stdin?.write(`${question}\n`);
    return this.line(question);
  }

  /** Runs an action of client.ts on the mount and gives what it returned. */
  async client(action: string, ...args: readonly string[]): Promise<unknown> {
    const program = path.join(HERE, 'client.ts');
    const answer = await run(process.execPath, ['--import', 'tsx', program, this.directory, action, ...args]);
    if (answer.status !== 0) throw new Error(`client ${action}: status ${answer.status}: ${answer.stderr}`);
    return JSON.parse(answer.stdout);
  }

  /** A shell command inside the mount. */
  shell(command: string): Promise<Answer> {
    return run('sh', ['-c', command], this.directory);
  }

  async stop(): Promise<void> {
    this.process.stdin?.end();
    const killer = setTimeout(() => this.process.kill('SIGKILL'), 5000);
    await this.#exited;
    clearTimeout(killer);
    for (const directory of this.directories) {
      while (mounted(directory)) await run('umount', ['-l', directory]);
      rmdirSync(directory);
    }
  }
}

export function mounted(directory: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === directory);
}
