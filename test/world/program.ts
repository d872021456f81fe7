/** Runs the built program in a box. */
import path from 'node:path';
import { expect } from 'vitest';
import { type BoxOptions, type BoxResult, isClean, runInBox } from '../support/box.ts';

export const PROGRAM = path.resolve('dist/lsmfs.js');

/** Bounds every test; a run takes a fraction of a second. */
const TIMEOUT_MS = 30_000;

let serial = 0;

/**
 * The same output wherever tests run: picocolors colours where the environment has CI, Python keeps what it prints until it forks or ends
 * where nothing forbids it, and programs draw lines of what the locale has.
 */
const ENVIRONMENT = { NO_COLOR: '1', PYTHONUNBUFFERED: '1', LC_ALL: 'C.UTF-8' };

/** A name that no other world has. */
export function worldName(label: string): string {
  serial += 1;
  return `t-${label}-${process.pid}-${serial}`;
}

export function lsmfs(args: readonly string[], options: Partial<BoxOptions> = {}): Promise<BoxResult> {
  return runInBox([process.execPath, PROGRAM, ...args], {
    timeoutMs: TIMEOUT_MS,
    ...options,
    env: { ...ENVIRONMENT, ...options.env },
  });
}

/** A bash script in which `$LSMFS` is the program; no function, so that `$!` is its process. */
export function script(text: string, options: Partial<BoxOptions> = {}): Promise<BoxResult> {
  const env = { ...ENVIRONMENT, ...options.env, LSMFS: `${process.execPath} ${PROGRAM}` };
  return runInBox(['bash', '-c', text], { timeoutMs: TIMEOUT_MS, ...options, env });
}

/** Shell, in mounts and a /run of its own: an empty /tmp, without what others have there, but with a checkout that is in it. */
export const EMPTY_TMP = `mkdir /run/checkout; mount --bind "${process.cwd()}" /run/checkout; mount -t tmpfs -o mode=1777 none /tmp
  mkdir -p "${process.cwd()}"; mount --bind /run/checkout "${process.cwd()}"`;

/** Shell: waits until a command succeeds; says so when it does not within a minute. */
export const UNTIL =
  'until_true() { for i in $(seq 1200); do if "$@"; then return 0; fi; sleep 0.05; done; echo "never: $*"; return 1; }\n';

/** What a client printed that succeeded and left nothing behind: JSON lines of steps, by their names. */
export function stepsOf(result: BoxResult): Map<string, unknown> {
  expect(result.stderr).toBe('');
  expect(result.status).toBe(0);
  expect(result.leftovers).toSatisfy(isClean);
  const lines = result.stdout.trim().split('\n');
  return new Map(
    lines.map((line) => JSON.parse(line) as { step: string; value: unknown }).map((s) => [s.step, s.value]),
  );
}
