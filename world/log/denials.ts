/** Refusals in a world's log, each with what it is about and, if asked for, the module's present answer to the same question. */
import { MODULES } from '../../lsm/modules.ts';
import { WorldError } from '../errors.ts';
import { refusalIn } from '../report/counting.ts';
import { keyOf, type ModuleRefusal } from '../report/refusal.ts';
import { explainByWorld } from '../why/explain.ts';
import { type LogRecord, parseLine, recordType } from './line.ts';

export interface Denial {
  /** The record as it is in the log. */
  readonly line: string;
  readonly record: LogRecord;
  readonly about: ModuleRefusal;
  /** Whole lines, or a sentence; absent = nobody asked. */
  readonly why?: string;
}

export interface DenialsWanted {
  /** Seconds since 1970. Absent = all. */
  readonly since?: number;
  readonly why: boolean;
}

/** @param lines of the log of `world`. */
export async function* denialsIn(
  lines: AsyncIterable<string>,
  world: string,
  wanted: DenialsWanted,
): AsyncGenerator<Denial> {
  const denialIn = denialReader(world, wanted);
  for await (const line of lines) {
    const denial = denialIn(line);
    if (denial !== undefined) yield denial;
  }
}

/** @returns what reads a line of the log of `world`; each different question is asked once. */
export function denialReader(world: string, { since = 0, why }: DenialsWanted): (line: string) => Denial | undefined {
  const answers = new Map<string, string>();
  return (line) => {
    const record = parseLine(line);
    const about = refusalIn(record);
    if (about === undefined || timeOf(record) < since) return undefined;
    const key = keyOf(about);
    if (why && !answers.has(key)) answers.set(key, whyOf(record, about, world));
    const answer = answers.get(key);
    return { line, record, about, ...(answer !== undefined && { why: answer }) };
  };
}

/** Those that modules keep themselves begin with `#2026/12/02 20:40:00#`, in UTC. */
const OWN_TIME = /^#(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d)# /;

function timeOf(record: LogRecord): number {
  if (record.kind === 'audit') return record.time;
  const [, year, month, day, time] = OWN_TIME.exec(record.text) ?? [];
  // The second in which it was: it may be after `since`.
  return year === undefined ? 0 : Date.parse(`${year}-${month}-${day}T${time}Z`) / 1000 + 0.999;
}

function whyOf(record: LogRecord, { module, hint = '' }: ModuleRefusal, world: string): string {
  const asked = MODULES.find(({ name }) => name === module)?.refusal?.(recordType(record) ?? '', record.text);
  if (asked === undefined) return hint;
  if ('problem' in asked) return `${asked.problem} ${asked.fix}`;
  try {
    return explainByWorld(module, world, asked).text.trimEnd();
  } catch (error) {
    // The policy may be another one by now.
    if (error instanceof WorldError) return `${error.message} ${error.fix ?? ''}`.trim();
    throw error;
  }
}
