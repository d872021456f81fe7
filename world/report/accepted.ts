/** The refusals that `--fail-on=new-denials=FILE` accepts: those that FILE has. */
import { readFileSync, statSync } from 'node:fs';
import { WorldError } from '../errors.ts';
import { type LogRecord, parseLine } from '../log/line.ts';
import { refusalIn } from './counting.ts';
import { keyOf } from './refusal.ts';
import { FINGERPRINT } from './sarif.ts';

/**
 * @param file `log.jsonl` or `denials.sarif` of a former run, a log of a world, or what `ausearch --raw` prints.
 * @returns their keys (`keyOf`). @throws WorldError when it cannot be read, or is nothing of these.
 */
export function acceptedRefusals(file: string): ReadonlySet<string> {
  const text = textOf(file);
  const fingerprints = ofSarif(text);
  if (fingerprints !== undefined) return new Set(fingerprints);
  const lines = text.split('\n').filter((line) => line !== '');
  const records = lines.map(recordOf).filter((record) => record !== undefined);
  if (lines.length > 0 && records.length === 0) {
    throw new WorldError(
      'bad-option',
      `${file} has no record of a log.`,
      'Give log.jsonl or denials.sarif of a former run with --report, or a log of --log-file.',
    );
  }
  return new Set(
    records.flatMap((record) => {
      const refusal = refusalIn(record);
      return refusal === undefined ? [] : [keyOf(refusal)];
    }),
  );
}

function textOf(file: string): string {
  try {
    if (!statSync(file).isFile()) throw Object.assign(new Error(), { code: 'it is not a regular file' });
    return readFileSync(file, 'latin1');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('bad-option', `${file} cannot be read: ${reason}.`, 'Check --fail-on=new-denials=FILE.');
  }
}

function ofSarif(text: string): string[] | undefined {
  const parsed = json(text) as { runs?: readonly { results?: readonly SarifResult[] }[] } | undefined;
  if (!Array.isArray(parsed?.runs)) return undefined;
  const results = parsed.runs.flatMap(({ results: found }) => found ?? []);
  return results.flatMap(({ partialFingerprints }) => partialFingerprints?.[FINGERPRINT] ?? []);
}

interface SarifResult {
  readonly partialFingerprints?: Readonly<Record<string, string>>;
}

/** `undefined`: the line is no record. */
function recordOf(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) {
    const record = parseLine(line);
    return record.kind === 'unknown' ? undefined : record;
  }
  const value = json(line) as Partial<LogRecord> | undefined;
  return typeof value?.kind === 'string' && typeof value.text === 'string' ? (value as LogRecord) : undefined;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
