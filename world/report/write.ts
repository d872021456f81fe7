/** Writes the files of a report, and what GitHub Actions shows of it. */
import { appendFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { asciiJson } from '../log/json-record.ts';
import type { FailOn } from '../options.ts';
import { annotationsOf } from './annotations.ts';
import { junitOf } from './junit.ts';
import { type CountedRefusal, type RefusalCounts, titleOf } from './refusal.ts';
import { type RunResult, recordsOf, shownInLine, times } from './run-result.ts';
import { sarifOf } from './sarif.ts';
import { summaryOf } from './summary.ts';

/** What a report of a run consists of; the daemon writes the last one while the command runs. */
export const REPORT_FILES = ['summary.md', 'junit.xml', 'denials.sarif', 'log.jsonl'] as const;
const [SUMMARY, JUNIT, SARIF] = REPORT_FILES;
export const LOG = REPORT_FILES[3];

/** GitHub refuses a larger summary of a step. */
const STEP_SUMMARY_SIZE = 1 << 20;
/** Refusals that standard error names. */
const NAMED = 10;

/** Those that `--fail-on` does not accept. */
export function unacceptedOf({ refusals }: RefusalCounts, failOn: FailOn | undefined): readonly CountedRefusal[] {
  return failOn === undefined ? [] : refusals.filter(({ accepted }) => accepted !== true);
}

export function writeFiles(directory: string, result: RunResult): void {
  const write = (name: string, text: string): void => writeFileSync(path.join(directory, name), text);
  write(SUMMARY, summaryOf(result));
  write(JUNIT, junitOf(result));
  write(SARIF, `${asciiJson(sarifOf(result), 2)}\n`);
}

/** @param stepSummary the file that GITHUB_STEP_SUMMARY names, to which all of a step is added. Nothing when nothing was refused. */
export function tellGithub(result: RunResult, stepSummary: string | undefined): void {
  if (recordsOf(result) === 0) return;
  writeSync(2, annotationsOf(result));
  if (stepSummary === undefined || stepSummary === '') return;
  const used = statSync(stepSummary, { throwIfNoEntry: false })?.size ?? 0;
  appendFileSync(stepSummary, `${summaryOf(result, STEP_SUMMARY_SIZE - used - 1000)}\n`);
}

/** A line or some for standard error; empty when nothing was refused. @param directory of the report; absent = there is none. */
export function remarkOn(result: RunResult, failOn: FailOn | undefined, directory: string | undefined): string {
  const { refusals, others, unaccepted } = result;
  const records = recordsOf(result);
  if (records === 0) return '';
  const where = directory === undefined ? '' : `: ${path.join(directory, SUMMARY)}`;
  const kinds = refusals.length === 1 ? '1 refusal was' : `${refusals.length} refusals were`;
  const head = `lsmfs: ${kinds} recorded, ${times(records)} in all${where}\n`;
  if (failOn === undefined || unaccepted.length + others === 0) return head;
  const named = unaccepted
    .slice(0, NAMED)
    .map((refusal) => `lsmfs:   ${shownInLine(titleOf(refusal))}, ${times(refusal.count)}\n`);
  const more = unaccepted.length > NAMED ? `lsmfs:   and ${unaccepted.length - NAMED} more\n` : '';
  return `${head}lsmfs: --fail-on=${failOn.kind} does not accept:\n${named.join('')}${more}`;
}
