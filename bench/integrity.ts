/**
 * What IMA costs: opens of files that a rule is about and of others, in a world under a policy; many files, and the
 * list that is made of them.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median } from './statistics.ts';

export interface IntegrityRow {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** To that of an open that no rule is about, or of the first files. */
  readonly ratio?: number;
  readonly against?: string;
}

/** Owner of the files that the rule is about. */
const OWNER = 4711;
const OPENS = 2000;
const root = path.resolve(import.meta.dirname, '..');

const LISTS = ['binary', 'ascii'] as const;
const READS = 5;

/** @param files measured, one after the other. @param entries of the list that is read. */
export function runIntegrityBench(rounds: number, files: number, entries: number): IntegrityRow[] {
  const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-bench-'));
  try {
    const client = path.join(directory, 'client');
    execFileSync('gcc', ['-O2', '-o', client, path.join(root, 'bench/integrity/client.c')]);
    chmodSync(directory, 0o755);
    mkdirSync(path.join(directory, 'many'));
    for (let i = 0; i < files; i++) ownedFile(path.join(directory, 'many', String(i)), `content of ${i}`);
    ownedFile(path.join(directory, 'known'), 'content');
    writeFileSync(path.join(directory, 'other'), 'content');
    ownedFile(path.join(directory, 'grown'), 'content');
    const opens = Array.from(
      { length: rounds },
      () => `./client open other other ${OPENS}; ./client open known known ${OPENS}`,
    );
    const ima = '/sys/kernel/security/ima';
    const commands = [
      `./client open idle other ${OPENS}`,
      `echo 'measure func=FILE_CHECK mask=MAY_READ fowner=${OWNER}' > ${ima}/policy`,
      ...opens,
      `./client files many ${files}`,
      `./client grow grown ${entries - files}`,
      ...LISTS.map((list) => `./client read ${list} ${ima}/${list}_runtime_measurements ${READS}`),
    ].join('\n');
    const argv = [path.join(root, 'dist/lsmfs.js'), 'run', '--lsm=', '--', 'sh', '-c', commands];
    const text = execFileSync(process.execPath, argv, { cwd: directory, encoding: 'utf8', timeout: 900_000 });
    return rowsOf(text, files, entries);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function ownedFile(file: string, content: string): void {
  writeFileSync(file, content);
  chownSync(file, OWNER, OWNER);
}

function rowsOf(text: string, files: number, entries: number): IntegrityRow[] {
  const results = text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const microseconds = (name: string): number => median(numbers(results, name)) / 1000;
  const [other, known, first, last] = [
    microseconds('other'),
    microseconds('known'),
    microseconds('first'),
    microseconds('last'),
  ];
  const unit = 'us';
  return [
    { what: 'open, no policy', value: microseconds('idle'), unit },
    { what: 'open of a file that no rule is about', value: other, unit },
    { what: 'open of a measured file', value: known, unit, ratio: known / other, against: 'no rule' },
    { what: 'open of a measured file, added', value: known - other, unit },
    { what: `first open of a file, last of ${files}`, value: last, unit, ratio: last / first, against: 'the first' },
    ...LISTS.flatMap((list) => {
      const [once = Number.NaN, ...again] = numbers(results, list).map((bytes) => bytes / 1e6);
      const what = `${list} list of ${entries} read`;
      return [
        { what: `${what}, the first time`, value: once, unit: 'MB/s' },
        { what: `${what} again`, value: median(again), unit: 'MB/s' },
      ];
    }),
  ];
}

function numbers(results: readonly (readonly string[])[], name: string): number[] {
  return results.filter(([found]) => found === name).map(([, number]) => Number(number));
}

if (import.meta.url === `file://${process.argv[1]}`) console.table(runIntegrityBench(3, 10_000, 100_000));
