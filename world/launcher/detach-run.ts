/**
 * `lsmfs run --detach`: starts a `run` in a session of its own, which has no terminal and outlives this process, and waits until it is its
 * command.
 *
 * That one has three pipes to here: standard error, for what is said until then; the status lines, the first of which names the world; and
 * one that ends with the execve(2) of the command, and before that tells why there is none.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { WorldError } from '../errors.ts';
import type { DetachOptions } from '../options.ts';
import { waitForWorld } from '../registry/wait.ts';
import { environmentOfChild } from './inherited.ts';

const STANDARD_ERROR = 2;
const STATUS_FD = 3;
const DETACHED_FD = 4;
const EXIT_OURS = 125;

export interface Detached {
  /** Of the world. */
  readonly name: string;
}

/** @returns the world once its command was executed; else the exit status, when what failed was said. @throws WorldError */
export async function detachRun({ args, output }: DetachOptions): Promise<Detached | number> {
  const file = output === undefined ? undefined : openOutput(output);
  const child = start(args, file);
  if (file !== undefined) closeSync(file);
  const ended = new Promise<number>((resolve) => {
    child.on('exit', (code) => resolve(code ?? EXIT_OURS));
    child.on('error', () => resolve(EXIT_OURS));
  });
  pipeOf(child, STANDARD_ERROR).on('data', (text: Buffer) => writeSync(STANDARD_ERROR, text));
  const [name, failure] = await Promise.all([worldIn(pipeOf(child, STATUS_FD)), textOf(pipeOf(child, DETACHED_FD))]);
  if (name === undefined || failure !== '') {
    writeSync(STANDARD_ERROR, failure);
    // Nobody else knows of the world.
    if (name !== undefined) await waitForWorld(name).catch(() => undefined);
    return ended;
  }
  child.unref();
  for (const fd of [STANDARD_ERROR, STATUS_FD]) pipeOf(child, fd).destroy();
  return { name };
}

function start(args: readonly string[], file: number | undefined): ChildProcess {
  const program = [...process.execArgv, process.argv[1] ?? ''];
  const ours = [`--detached=${DETACHED_FD}`, `--json-status-fd=${STATUS_FD}`];
  return spawn(process.execPath, [...program, 'run', ...ours, ...args], {
    detached: true,
    stdio: ['ignore', file ?? 'ignore', 'pipe', 'pipe', 'pipe'],
    env: environmentOfChild(),
  });
}

function openOutput(output: string): number {
  try {
    return openSync(output, 'a', 0o666);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('bad-option', `The output cannot be written to ${output}: ${reason}.`, 'Check --output.');
  }
}

function pipeOf(child: ChildProcess, fd: number): Readable {
  return child.stdio[fd] as Readable;
}

/** The pipe is in the daemon's hands as long as the command runs. */
function worldIn(status: Readable): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    status.setEncoding('utf8');
    status.on('data', (part: string) => {
      text += part;
      const [line, ...rest] = text.split('\n');
      if (rest.length > 0) resolve((JSON.parse(line ?? '') as { readonly world?: string }).world);
    });
    status.on('close', () => resolve(undefined));
  });
}

function textOf(pipe: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    pipe.setEncoding('utf8');
    pipe.on('data', (part: string) => (text += part));
    pipe.on('close', () => resolve(text));
  });
}
