/**
 * A world for tests: `lsmfs run`, with a command that waits for the end of a pipe. Its other end is in the hands of this process alone, so
 * that the world ends with it, be it killed.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { LogRecord } from '../world/log/line.ts';
import type { WorldsForTests } from '../world/told-to-tests.ts';
import { type Denial, summaryOf } from './denials.ts';
import { loadWorlds, START_SCRIPT } from './program.ts';

/** As of `lsmfs run`. */
export interface TestWorldOptions {
  /** Modules: `selinux` (default), `apparmor`, `smack`, `selinux,yama`, ... */
  readonly lsm?: string;
  /** SELinux policy: `small`, a name below /etc/selinux, a file. */
  readonly policy?: string;
  readonly enforcing?: boolean;
  /** AppArmor profiles: a directory or a file. */
  readonly profiles?: string;
  /** Label of commands: `login`, `kernel`, or a label. */
  readonly context?: string;
  /** Name of the world; absent = a made-up one. */
  readonly name?: string;
  /** Further options of `lsmfs run`. */
  readonly options?: readonly string[];
}

export interface ExecOptions {
  /** Standard input; absent = there is none. */
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ExecResult {
  /** Exit status; that of a command which a signal ended is 128 and the signal's number. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Running {
  readonly name: string;
  readonly child: ChildProcess;
  readonly worlds: WorldsForTests;
}

/** Limit of a start where a runner has one: a loaded machine takes seconds. */
export const START_MS = 60_000;

const STANDARD_ERROR = 2;
const STATUS_FD = 3;
const EXIT_OURS = 125;
const SIGNALLED = 128;
const GRACE_MS = 1000;
const MOST_OUTPUT = 1 << 28;

export class TestWorld implements AsyncDisposable {
  readonly #options: TestWorldOptions;
  #running: Running | undefined;

  /** Not started yet. */
  constructor(options: TestWorldOptions = {}) {
    this.#options = options;
  }

  /** @throws Error with what lsmfs says. */
  async start(): Promise<void> {
    if (this.#running !== undefined) throw new Error('The world was started already.');
    const words = [
      'run',
      '--end-with-command',
      `--json-status-fd=${STATUS_FD}`,
      ...wordsOf(this.#options),
      '--',
      'cat',
    ];
    const child = spawn(START_SCRIPT, words, { stdio: ['pipe', 'ignore', 'pipe', 'pipe'], detached: true });
    const [name, worlds] = await Promise.all([worldOf(child), loadWorlds()]);
    // A test that forgets the world is not kept alive by it.
    child.unref();
    for (const stream of child.stdio) unref(stream);
    this.#running = { name, child, worlds };
  }

  get name(): string {
    return this.#get().name;
  }

  /**
   * Runs a program, or a line of the shell, in the world. Whatever its exit status, the promise is kept, once nobody has its output open
   * any more: what goes on in the background has another one.
   */
  async exec(command: string | readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const words = typeof command === 'string' ? ['sh', '-c', command] : command;
    const { input, cwd, env } = options;
    const settings = { cwd, env: { ...process.env, ...env }, maxBuffer: MOST_OUTPUT };
    const child = execFile(START_SCRIPT, ['exec', this.name, '--', ...words], settings);
    const texts = { stdout: '', stderr: '' };
    child.stdout?.on('data', (text: string) => (texts.stdout += text));
    child.stderr?.on('data', (text: string) => (texts.stderr += text));
    child.stdin?.on('error', () => undefined); // It does not read.
    child.stdin?.end(input ?? '');
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    const status = code ?? SIGNALLED + constants.signals[signal ?? 'SIGKILL'];
    if (status === EXIT_OURS && texts.stderr.startsWith('lsmfs: ')) throw new Error(texts.stderr.trimEnd());
    return { status, ...texts };
  }

  /** What was refused since the world was started, or reset. */
  denials(): readonly Denial[] {
    const { worlds, name } = this.#get();
    return worlds.denialsNow(name);
  }

  /** The log since then: kernel messages and audit records. */
  log(): readonly LogRecord[] {
    const { worlds, name } = this.#get();
    return worlds.logNow(name);
  }

  /**
   * Why an access is allowed or denied, in the words of `lsmfs why`: source, target, class, permissions. Without words: why what was
   * refused was, each refusal once.
   */
  why(...words: readonly string[]): string {
    return words.length === 0 ? summaryOf(this.denials()) : this.#ask(words).text;
  }

  /** Is all of it allowed? */
  allowed(...words: readonly string[]): boolean {
    return this.#ask(words).allowed;
  }

  /** Brings policy, booleans, mode, profiles, rules and log back to what they were after the boot, in a millisecond. */
  reset(): void {
    const { worlds, name } = this.#get();
    worlds.resetWorld(name);
  }

  /** Ends the world and its processes. */
  async dispose(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    if (running === undefined) return;
    running.child.stdin?.destroy();
    try {
      await running.worlds.stopWorld(running.name, GRACE_MS);
    } catch (error) {
      // It has ended by itself.
      if ((error as { readonly code?: unknown }).code !== 'unknown-world') throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #ask(words: readonly string[]): ReturnType<WorldsForTests['whyNow']> {
    const { worlds, name } = this.#get();
    const module = (this.#options.lsm ?? 'selinux').split(',').find((one) => EXPLAINING.includes(one)) ?? 'selinux';
    return worlds.whyNow(name, module, words);
  }

  #get(): Running {
    if (this.#running === undefined)
      throw new Error('The world is not running: it was not started, or is disposed of.');
    return this.#running;
  }
}

/** Modules that answer `why`. */
const EXPLAINING: readonly string[] = ['selinux', 'apparmor', 'smack', 'tomoyo'];

/** A world that runs. `await using world = await startWorld(...)` ends it with the block; elsewhere `world.dispose()` does. */
export async function startWorld(options: TestWorldOptions = {}): Promise<TestWorld> {
  const world = new TestWorld(options);
  await world.start();
  return world;
}

function wordsOf({ enforcing, options = [], ...valued }: TestWorldOptions): string[] {
  const { lsm, policy, profiles, context, name, ...unknown } = valued;
  const [wrong] = Object.keys(unknown);
  if (wrong !== undefined) throw new TypeError(`A world has no option '${wrong}'; see TestWorldOptions.`);
  const words = Object.entries({ lsm, policy, profiles, context, name });
  return [
    ...words.flatMap(([option, value]) => (value === undefined ? [] : [`--${option}=${value}`])),
    ...(enforcing === true ? ['--enforcing'] : []),
    ...options,
  ];
}

/** @returns its name, once its first command is there. @throws Error with what was said instead. */
async function worldOf(child: ChildProcess): Promise<string> {
  const [status, errors] = [child.stdio[STATUS_FD], child.stdio[STANDARD_ERROR]] as [Readable, Readable];
  let [line, said] = ['', ''];
  errors.on('data', (text: Buffer) => (said += text));
  const started = new Promise<string | undefined>((resolve) => {
    status.on('data', (text: Buffer) => {
      line += text;
      if (line.includes('\n')) resolve(line.slice(0, line.indexOf('\n')));
    });
    child.on('close', () => resolve(undefined));
    child.on('error', (error) => {
      said += `lsmfs: ${error.message}`;
      resolve(undefined);
    });
  });
  const first = await started;
  if (first === undefined) throw new Error(said.trim());
  return (JSON.parse(first) as { readonly world: string }).world;
}

function unref(stream: unknown): void {
  const { unref: release } = (stream ?? {}) as { readonly unref?: () => void };
  release?.call(stream);
}
