/**
 * What `lsmfs run` says on its terminal at the end: refusals of the world, and that the world goes on without its command.
 *
 * Model: by then `lsmfs run` is the command, so the daemon writes, to an opening of the terminal of its own that never blocks. It is closed
 * when the lines are written: a reader of the other side of the terminal waits until no process has it open. The daemon of a world that
 * ends with its command writes at once. With processes left it waits first: a pipeline or a shell's children end a little later.
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import type { Tgid } from '../../linux/ids.ts';
import { descriptorOf } from './facts/peers.ts';

/** Milliseconds in which others may end after the command. */
const GRACE_MS = 300;
/** Processes that are named. */
const MOST_NAMES = 3;

export interface LastLinesHost {
  /** Accesses that the modules have refused. */
  refusals(): number;
  /** Names of the processes that are left. */
  left(): readonly string[];
}

export class LastLines {
  readonly #host: LastLinesHost;
  #command: { readonly pid: Tgid; readonly world: string; readonly terminal: number } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(host: LastLinesHost) {
    this.#host = host;
  }

  /** @param terminal descriptor of the launcher; absent = it has none. */
  introduce(launcher: Tgid, world: string, terminal: number | undefined): void {
    if (terminal === undefined) return;
    const opened = openOwn(launcher, terminal);
    if (opened !== undefined) this.#command = { pid: launcher, world, terminal: opened };
  }

  exited(pid: Tgid): void {
    if (pid !== this.#command?.pid || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#say(this.#host.left()), GRACE_MS);
  }

  /** The world ends, with its command or soon after. */
  end(): void {
    clearTimeout(this.#timer);
    this.#say([]);
  }

  #say(left: readonly string[]): void {
    const command = this.#command;
    if (command === undefined) return;
    this.#command = undefined;
    const text = [
      ...refusalLine(this.#host.refusals(), command.world, left.length > 0),
      ...goesOnLine(command.world, left),
    ];
    try {
      if (text.length > 0) writeSync(command.terminal, text.map((line) => `lsmfs: ${line}\n`).join(''));
    } catch {
      // It is closed, or takes nothing now.
    }
    closeSync(command.terminal);
  }
}

function openOwn(launcher: Tgid, terminal: number): number | undefined {
  try {
    const taken = descriptorOf(launcher, terminal);
    try {
      const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
      return openSync(`/proc/self/fd/${taken}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
    } finally {
      closeSync(taken);
    }
  } catch {
    return undefined; // Somebody else's terminal, as after su(1).
  }
}

function refusalLine(count: number, world: string, goesOn: boolean): string[] {
  if (count === 0) return [];
  const refused = count === 1 ? '1 access was refused' : `${count} accesses were refused`;
  const why = `lsmfs why --last ${world}`;
  return [
    goesOn
      ? `${refused}: ${why}`
      : `${refused}. While a world runs, \`${why}\` says why: lsmfs run ... -- sh -c 'COMMAND; lsmfs why --last'`,
  ];
}

function goesOnLine(world: string, left: readonly string[]): string[] {
  if (left.length === 0) return [];
  const names = [...left.slice(0, MOST_NAMES), ...(left.length > MOST_NAMES ? ['...'] : [])].join(', ');
  const processes = left.length === 1 ? '1 process is' : `${left.length} processes are`;
  return [`${processes} left in world ${world}, which goes on (${names}); to end it: lsmfs stop ${world}`];
}
