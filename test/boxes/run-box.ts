/** Runs a box, and reads what came of it. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { asUser } from '../rootless/user.ts';
import { type BoxResult, runInBox } from '../support/box.ts';
import { USER } from '../support/users.ts';
import type { Box } from './boxes.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const IMAGES = path.join(ROOT, 'node_modules/.cache/boxes');
const LIMIT_MS = 90_000;
/** Where it is for a user. */
const OF_USER = '/run/image';
const INSIDE = 'run --no-standby -- cat /sys/fs/selinux/enforce';

export type Outcome =
  | { readonly kind: 'works' }
  | { readonly kind: 'told'; readonly cause: string; readonly fix: string }
  /** A defect. */
  | { readonly kind: 'wrong'; readonly what: string }
  | { readonly kind: 'not-tried'; readonly why: string };

export async function runBox(box: Box): Promise<Outcome> {
  const missing = box.needs?.filter((name) => !isInstalled(name)) ?? [];
  if (missing.length > 0) return { kind: 'not-tried', why: `${missing.join(' and ')} is not installed` };
  const image = box.image === undefined ? '' : await imageOf(box.image);
  const result = await runThere(box, image);
  return result.leftovers.processes.length + result.leftovers.mounts.length > 0
    ? { kind: 'wrong', what: `left behind: ${JSON.stringify(result.leftovers)}` }
    : outcomeOf(result);
}

function runThere(box: Box, image: string): Promise<BoxResult> {
  const command = box.command.replaceAll('$IMAGE', box.asUser === true ? OF_USER : image);
  if (box.asUser === true) {
    // The root directory of a user's container is the user's.
    const own = `mount --make-rshared /; cp -a ${image}/. ${OF_USER}; chown -hR "$(stat -c %u /run/home)" ${OF_USER}`;
    return asUser(command.replaceAll('$RUN', `$LSMFS ${INSIDE}`), {
      prepare: `cp ${ROOT}/test/boxes/refuse.py /run/home/refuse.py; chmod a+r /run/home/refuse.py\n${image === '' ? '' : own}`,
      ...(image === '' ? {} : { subordinateIds: `${USER}:100000:65536\n` }),
      timeoutMs: LIMIT_MS,
    });
  }
  const text = command.replaceAll('$RUN', `${ROOT}/bin/lsmfs ${INSIDE}`);
  return runInBox(['bash', '-o', 'pipefail', '-c', text], { timeoutMs: LIMIT_MS, env: { LC_ALL: 'C.UTF-8' } });
}

function isInstalled(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0;
}

/** A root directory, made once. */
async function imageOf({ suite, packages }: NonNullable<Box['image']>): Promise<string> {
  const directory = path.join(IMAGES, suite);
  if (existsSync(path.join(directory, 'usr/bin/node'))) return directory;
  mkdirSync(IMAGES, { recursive: true });
  const made = mkdtempSync(path.join(IMAGES, 'new-'));
  const options = ['--variant=minbase', `--include=${packages.join()}`, suite];
  const { status, stderr } = spawnSync('mmdebstrap', [...options, made], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mmdebstrap: ${stderr.slice(-1000)} ${readdirSync(made).join()}`);
  mkdirSync(path.join(made, 'lsmfs'));
  spawnSync('mv', [made, directory]);
  return directory;
}

/** One cause and one remedy with status 125, and no word of any other, is a failure as it should be. */
export function outcomeOf({ status, stdout, stderr, timedOut }: BoxResult): Outcome {
  if (timedOut) return { kind: 'wrong', what: 'no end' };
  const lines = stderr.trimEnd().split('\n');
  const told = lines.map((line) => /^lsmfs: (\S.*)$/.exec(line)?.[1]);
  if (status === 0 && /^[01]$/.test(stdout.trim() || stderr.trim())) return { kind: 'works' };
  const [cause, fix] = told;
  if (status === 125 && lines.length <= 2 && cause !== undefined && (lines.length === 1 || fix !== undefined))
    return { kind: 'told', cause, fix: fix ?? '' };
  return { kind: 'wrong', what: `status ${status}: ${stdout}${stderr}`.trim() };
}
