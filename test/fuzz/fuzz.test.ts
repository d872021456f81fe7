/**
 * A few seconds of each target, always the same ones: new seeds and long runs are for people. Each has a process of its own, as with
 * `npm run fuzz`.
 */
import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { FUZZES } from './fuzz.ts';

const SECONDS = 5;
const SEED = 1;
/** Targets at a time: nobody waits for a processor most of the time, on a machine with two. */
const TOGETHER = 3;
/** For what comes before and after that on a busy machine. */
const PATIENCE_MS = 240_000;

/** @returns what it printed, with `exit status N` when that is not 0. */
function fuzz(name: string): Promise<string> {
  const args = ['--import', 'tsx', 'test/fuzz/main.ts', `--only=${name}`, `--seconds=${SECONDS}`, `--seed=${SEED}`];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: SECONDS * 1000 + PATIENCE_MS }, (error, stdout, stderr) =>
      resolve(stdout + stderr + (error === null ? '' : `exit status ${error.code ?? error.signal}\n`)),
    );
  });
}

const names = Object.keys(FUZZES);
/** Every so-manieth, so that targets of one kind are not together. */
const rounds = Math.ceil(names.length / TOGETHER);
const batches = Array.from({ length: rounds }, (_, round) => names.filter((_name, index) => index % rounds === round));

it.each(batches.map((batch) => ({ batch, title: batch.join(', ') })))(
  'whatever they get is answered: $title',
  async ({ batch }) => {
    const outputs = await Promise.all(batch.map(fuzz));
    const good = batch.map((name) => expect.stringMatching(new RegExp(`^seed ${SEED}\n[1-9][0-9]* steps: ${name}\n$`)));
    expect(outputs).toEqual(good);
  },
  SECONDS * 1000 + PATIENCE_MS + 30_000,
);
