/**
 * Cheap checks at the start, which turn later failures into one message with its fix.
 */
import { closeSync, constants, existsSync, openSync, readFileSync } from 'node:fs';
import { getLimit } from '../../host/process/process.ts';
import { statusMask } from '../../host/procfs/status.ts';
import { CAP, hasCapability } from '../../linux/capability.ts';
import { RLIMIT_NOFILE } from '../../linux/process.ts';
import { supportedMachine } from '../../linux/syscall-numbers.ts';
import { WorldError } from '../errors.ts';
import { lookAt } from '../look-at.ts';
import type { RunOptions } from '../options.ts';
import { FAST_PATH_MODES } from '../supervisor/settings.ts';
import { fuseProblem } from './fuse-device.ts';
import type { InheritedState } from './inherited.ts';
import { callProblem } from './needed-calls.ts';
import { isNested } from './nested.ts';
import { hasSysAdmin, ownStatus } from './process-status.ts';
import { taskProblem } from './task-limits.ts';
import { type Problem, userNamespaceProblem } from './user-namespace-problem.ts';

/** Descriptors of a daemon: some forty for a world with one process that joined, four more for each further one. */
const DESCRIPTORS = 128n;
/** Of a server of a directory: some ninety with all of its threads, and open files. */
export const SERVER_DESCRIPTORS = 256n;

export function nestedError(): WorldError {
  return new WorldError(
    'nested',
    'Worlds cannot be nested yet: this process is in one already.',
    'Leave it first; `lsmfs exec NAME -- CMD` enters an existing world from outside.',
  );
}

export function requireFuseDevice(): void {
  const problem = fuseProblem();
  if (problem !== undefined) throw new WorldError('no-fuse', `${problem.cause}.`, problem.fix);
}

function requirePrivileges(): void {
  if (hasSysAdmin(ownStatus())) return;
  const { cause, fix } = userNamespaceProblem();
  throw new WorldError('no-privileges', `Making mounts needs CAP_SYS_ADMIN, or a user namespace, and ${cause}.`, fix);
}

/** A daemon that runs out of descriptors while a process joins cannot serve it. */
export function requireDescriptors(needed = DESCRIPTORS): void {
  const hard = getLimit(0, RLIMIT_NOFILE)?.hard;
  if (hard === undefined || hard >= needed) return;
  throw new WorldError(
    'unsupported-host',
    `At most ${hard} files may be open, but the daemon needs ${needed}.`,
    'Raise the hard limit (ulimit -Hn); the command itself can have a lower one: ulimit -Sn.',
  );
}

/** The descriptor must have been inherited: a number that is open may be one of Node's own. */
export function requireInherited(fd: number | undefined, { descriptors }: InheritedState): void {
  if (fd === undefined || descriptors.includes(fd)) return;
  throw new WorldError('bad-option', `Descriptor ${fd} is not open.`, `Open it: lsmfs run ... ${fd}>FILE`);
}

export function requireOwnTransport(transport: RunOptions['transport']): void {
  if (transport === 'kernel') return;
  throw new WorldError(
    'bad-option',
    'A world cannot use --transport=fuse-native: it does not tell which process makes a request.',
    'Leave --transport away; only `lsmfs mount` can use fuse-native.',
  );
}

/** A store of another policy is shown in the place of the machine's, and its modules stand beside those of the machine. */
export function requireMachinePolicy({ hostPolicy, policy }: Pick<RunOptions, 'hostPolicy' | 'policy'>): void {
  if (hostPolicy !== true || policy?.shown !== true) return;
  throw new WorldError(
    'bad-option',
    "--host-policy is for worlds with the machine's own policy, and --policy names another one.",
    'Leave one of them away.',
  );
}

/** Read as libselinux reads it, whose errors would come too late. */
export function requireFileContexts(file: string | undefined): void {
  if (file === undefined || file === 'none') return;
  const problem = lookAt(file)?.isFile() === true ? fileContextsProblem(contentOf(file)) : '';
  if (problem === undefined) return;
  throw new WorldError('bad-option', `${file} is not a file_contexts file${problem}.`, 'Check --file-contexts.');
}

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('bad-option', `${file} cannot be read: ${reason}.`, 'Check --file-contexts.');
  }
}

/** SELINUX_MAGIC_COMPILED_FCONTEXT, what sefcontext_compile(8) makes: of libselinux 3.8, and earlier. */
const COMPILED: readonly string[] = ['f97cff8a', '8aff7cf9'];

/** Each line has a path, a kind of file that may be left out, and a label. @returns the end of a sentence. */
function fileContextsProblem(content: Buffer): string | undefined {
  if (COMPILED.includes(content.toString('hex', 0, 4))) return undefined;
  const bad = content
    .toString('latin1')
    .split('\n')
    .findIndex((line) => !/^\s*(?:#.*|\S+\s+(?:-[-bcdpls]\s+)?[^\s\0]+\s*)?$/.test(line));
  return bad < 0 ? undefined : `: see line ${bad + 1}`;
}

/** @throws WorldError */
export function requireFastPathMode(): void {
  const mode = process.env.LSMFS_FAST_PATH ?? '';
  if (mode === '' || FAST_PATH_MODES.some((known) => known === mode)) return;
  const fix = `Set it to ${FAST_PATH_MODES.join(', ')}, or to nothing.`;
  throw new WorldError('bad-option', `LSMFS_FAST_PATH is '${mode}', which is no mode.`, fix);
}

/** Opened here once, so that the message has the path as the user gave it. */
export function requireLogFile(file: string | undefined): void {
  if (file === undefined) return;
  try {
    closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK, 0o644));
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw new WorldError('bad-option', `The log file ${file} cannot be written: ${reason}.`, 'Check --log-file.');
  }
}

/** @param supervised the world has a supervisor. */
export function requireHost(supervised = true): void {
  if (!supportedMachine(process.arch)) {
    throw new WorldError(
      'unsupported-host',
      `lsmfs does not know the system calls of ${process.arch}.`,
      'Use an x86-64 or arm64 machine.',
    );
  }
  if (!existsSync('/proc/self/status')) {
    throw new WorldError('unsupported-host', '/proc is not mounted.', 'Mount it: mount -t proc proc /proc');
  }
  if (isNested()) throw nestedError();
  requirePrivileges();
  if (supervised) requireTracer();
  requireFuseDevice();
  requireTasks();
  requireCalls();
}

function requireTasks(): void {
  const problem = taskProblem();
  if (problem === undefined) return;
  const cause = problem.cause.replace(/^a/, 'A');
  throw new WorldError('unsupported-host', `${cause}.`, problem.fix);
}

/** The daemon has fewer capabilities than its launcher, and takes the listener and memory of processes that have more. */
export function tracerProblem(): Problem | undefined {
  if (hasCapability(statusMask(ownStatus(), 'CapEff') ?? 0n, CAP.SYS_PTRACE)) return undefined;
  return {
    cause: 'no CAP_SYS_PTRACE',
    fix: 'In a container add `--cap-add SYS_PTRACE`; or use `lsmfs run --no-seccomp`, files alone.',
  };
}

function requireTracer(): void {
  const problem = tracerProblem();
  if (problem === undefined) return;
  throw new WorldError('no-privileges', `Supervising processes needs what is missing: ${problem.cause}.`, problem.fix);
}

/** Once more in the mount namespace of the world, where mounting is up to us. */
export function requireCalls(): void {
  const problem = callProblem();
  if (problem !== undefined) throw new WorldError('unsupported-host', `${problem.cause}.`, problem.fix);
}
