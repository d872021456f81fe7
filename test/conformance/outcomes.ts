/**
 * Outcome files: one JSON object per line, paired by its key "k". A golden is such a file recorded from a real kernel, plain or gzipped;
 * which kernel it was stands in golden-kernels.json, so that goldens of the same answers stay the same bytes.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as v from 'valibot';

export type Outcome = Readonly<Record<string, unknown>>;
/** In the order they were printed. */
export type Outcomes = ReadonlyMap<string, Outcome>;

/** Larger goldens are kept compressed. */
const PLAIN_LIMIT = 60_000;

export class GoldenError extends Error {
  override readonly name = 'GoldenError';
}

const OutcomeLine = v.record(v.string(), v.unknown());

function parseLine(line: string, number: number): Outcome {
  const broken: Outcome = { k: `?line${number}`, raw: line };
  try {
    const parsed = v.safeParse(OutcomeLine, JSON.parse(line));
    return parsed.success && typeof parsed.output.k === 'string' ? parsed.output : broken;
  } catch {
    return broken;
  }
}

/** A line that is no outcome stays visible under a key of its own; a repeated key gets a plus sign. */
export function parseOutcomes(text: string): Outcomes {
  const outcomes = new Map<string, Outcome>();
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    const outcome = parseLine(line, index);
    let key = String(outcome.k);
    while (outcomes.has(key)) key += '+';
    outcomes.set(key, outcome);
  });
  return outcomes;
}

function goldenFiles(folder: string, name: string): { plain: string; zipped: string } {
  const plain = path.join(folder, `${name}.golden.jsonl`);
  return { plain, zipped: `${plain}.gz` };
}

export function readGolden(folder: string, name: string): string {
  const { plain, zipped } = goldenFiles(folder, name);
  if (existsSync(zipped)) return gunzipSync(readFileSync(zipped)).toString('utf8');
  if (existsSync(plain)) return readFileSync(plain, 'utf8');
  throw new GoldenError(`${name}: no golden in ${folder}; record one with npm run oracle:record`);
}

/** Writes a golden unless the stored one already says the same; answers whether it changed. */
export function writeGolden(folder: string, name: string, text: string): boolean {
  const { plain, zipped } = goldenFiles(folder, name);
  if ((existsSync(plain) || existsSync(zipped)) && readGolden(folder, name) === text) return false;
  rmSync(plain, { force: true });
  rmSync(zipped, { force: true });
  if (Buffer.byteLength(text) > PLAIN_LIMIT) writeFileSync(zipped, gzipSync(text, { level: 9 }));
  else writeFileSync(plain, text);
  return true;
}

const KernelVersions = v.record(v.string(), v.string());

/** Scenario name -> release of the kernel that its golden was recorded from. */
export function readKernelVersions(file: string): Readonly<Record<string, string>> {
  return existsSync(file) ? v.parse(KernelVersions, JSON.parse(readFileSync(file, 'utf8'))) : {};
}

export function writeKernelVersions(file: string, versions: Readonly<Record<string, string>>): void {
  const sorted = Object.fromEntries(Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(file, `${JSON.stringify(sorted, null, 2)}\n`);
}
