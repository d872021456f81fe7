/**
 * `lsmfs run --report`: who outlives the command writes the report, so here the launcher stays as the parent of a `run` without it.
 *
 * As sudo(8) and podman(1) do, it passes on signals and descriptors, stays in the terminal's foreground group beside the command, and ends
 * as the command ended, by the same signal if by one. The daemon counts (daemon/run-report.ts); when the command has ended it writes the
 * counts to a file and closes a pipe.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, rmSync, writeFileSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { constants as numbers } from 'node:os';
import path from 'node:path';
import { fileText } from '../../host/files/file-text.ts';
import { setLimit, setSignalIgnored } from '../../host/process/process.ts';
import { RLIMIT_CORE } from '../../linux/process.ts';
import { makeDirectories, scratchDirectory } from '../directories.ts';
import { WorldError } from '../errors.ts';
import type { ReportOptions, ReportTerms } from '../options.ts';
import type { RefusalCounts } from '../report/refusal.ts';
import type { RunResult } from '../report/run-result.ts';
import { LOG, REPORT_FILES, remarkOn, tellGithub, unacceptedOf, writeFiles } from '../report/write.ts';
import { environmentOfChild, passedOn } from './inherited.ts';

/** The command succeeded, and something was refused that `--fail-on` does not accept. */
export const EXIT_REFUSED = 123;
const EXIT_OURS = 125;
const SIGNALLED = 128;
const STANDARD_ERROR = 2;
const { signals } = numbers;

/** Passed on whoever sends them. */
const PASSED_ON: readonly NodeJS.Signals[] = ['SIGHUP', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'];
/** Those that a terminal sends to the command, too. */
const OF_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Ends this process. @throws WorldError when there can be no report. */
export async function reportRun(options: ReportOptions): Promise<never> {
  const directory = options.directory === undefined ? undefined : prepareDirectory(options.directory);
  const scratch = scratchDirectory('report');
  let ending: Ending;
  try {
    ending = await reported(options, directory, path.join(scratch, 'refusals.json'));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  // Not before: process.exit() runs no `finally`.
  return endAs(ending);
}

/** Runs the command and writes its report. @param refusals the file that the daemon writes. @returns how to end. */
async function reported(options: ReportOptions, directory: string | undefined, refusals: string): Promise<Ending> {
  const { failOn, github, version, argv } = options;
  const ending = await run(options.args, {
    refusals,
    ...(directory === undefined ? {} : { log: path.resolve(directory, LOG) }),
    ...(failOn?.kind === 'new-denials' ? { accepted: path.resolve(failOn.file) } : {}),
  });
  const status = statusOf(ending);
  const counts = countsIn(refusals);
  if (counts === undefined) return withoutReport(ending);
  const result: RunResult = { ...counts, version, command: argv, status, unaccepted: unacceptedOf(counts, failOn) };
  if (directory !== undefined) writeFiles(directory, result);
  if (github !== undefined) tellGithub(result, github.stepSummary);
  writeSync(STANDARD_ERROR, remarkOn(result, failOn, directory));
  const refused = failOn !== undefined && result.unaccepted.length + counts.others > 0;
  return status === 0 && refused ? { code: EXIT_REFUSED, signal: null } : ending;
}

/** Made where it is missing, without the files of a former report. */
function prepareDirectory(directory: string): string {
  try {
    makeDirectories(directory);
    accessSync(directory, constants.W_OK | constants.X_OK);
    for (const name of REPORT_FILES) rmSync(path.join(directory, name), { force: true });
    // With the mode that the user's umask gives: the daemon has one of its own.
    writeFileSync(path.join(directory, LOG), '');
    return directory;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('bad-option', `The report cannot be written to ${directory}: ${reason}.`, 'Check --report.');
  }
}

/** @param args of `lsmfs run`. @returns how the command ended, once the daemon has told what it knows, or is gone. */
async function run(args: readonly string[], terms: Omit<ReportTerms, 'fd'>): Promise<Ending> {
  const descriptors = passedOn().filter((fd) => fd > STANDARD_ERROR);
  const fd = Math.max(STANDARD_ERROR, ...descriptors) + 1;
  const stdio = Array.from({ length: fd + 1 }, (_, n) => {
    if (n === fd) return 'pipe' as const;
    return n <= STANDARD_ERROR || descriptors.includes(n) ? n : ('ignore' as const);
  });
  const program = [...process.execArgv, process.argv[1] ?? ''];
  const reporter = `--reporter=${JSON.stringify({ ...terms, fd })}`;
  const child = spawn(process.execPath, [...program, 'run', reporter, ...args], { stdio, env: environmentOfChild() });
  passSignals(child);
  const told = child.stdio[fd] as Socket;
  told.resume();
  const [[code, signal]] = await Promise.all([once(child, 'exit'), once(told, 'close')]);
  return { code, signal };
}

function passSignals(child: ChildProcess): void {
  for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal));
  for (const signal of OF_TERMINAL) {
    process.on(signal, () => {
      if (!isInForeground()) child.kill(signal);
    });
  }
}

/** A terminal sends its signals to all of the group, so the command has them already. */
function isInForeground(): boolean {
  const fields = (fileText('/proc/self/stat') ?? '').replace(/^.*\) /s, '').split(' ');
  const [, , group, , , foreground] = fields;
  return group !== undefined && group === foreground;
}

function countsIn(file: string): RefusalCounts | undefined {
  const text = fileText(file);
  return text === undefined ? undefined : (JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as RefusalCounts);
}

/** The world was never made, which the other process has told; or the daemon was killed. */
function withoutReport(ending: Ending): Ending {
  const { code, signal } = ending;
  if (code !== null && code >= EXIT_OURS) return ending;
  const cause =
    signal === null
      ? 'the daemon of the world ended before the command'
      : `${signal} ended the run, or its daemon, too early`;
  writeSync(STANDARD_ERROR, `lsmfs: There is no report: ${cause}.\n`);
  return code === 0 ? { code: EXIT_OURS, signal: null } : ending;
}

function statusOf({ code, signal }: Ending): number {
  return code ?? SIGNALLED + (signal === null ? 0 : signals[signal]);
}

/** By the same signal, so that who waits sees it; the core that it dumped is the command's. */
function endAs(ending: Ending): never {
  const { signal } = ending;
  if (signal !== null) {
    setLimit(RLIMIT_CORE, { soft: 0n, hard: 0n });
    process.removeAllListeners(signal);
    setSignalIgnored(signals[signal], false);
    process.kill(process.pid, signal);
  }
  process.exit(statusOf(ending));
}
