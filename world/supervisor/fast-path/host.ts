/** Joins the fast path and the handlers' part of a worker: what it asks them, and what they tell it. */
import { NR } from '../../../host/libc.ts';
import { CAP, hasCapability } from '../../../linux/capability.ts';
import type { Tid } from '../../../linux/ids.ts';
import type { InodeClass } from '../../../lsm/framework/files/inode.ts';
import { inodeOf } from '../../../lsm/framework/files/open-descriptor.ts';
import { deciding } from '../access/deciding.ts';
import { asksMore } from '../access/ioctl-commands.ts';
import { giveBytes } from '../caller/caller-buffer.ts';
import type { WorkerContext } from '../context.ts';
import { storeLabel } from '../labels/label-store.ts';
import type { ProgramAnnouncements } from '../protocol/program-announcements.ts';
import type { KnownCaller } from './callers.ts';
import { FastPath } from './fast-path.ts';
import type { FastPathHost } from './fast-path-host.ts';

const DELETED = ' (deleted)';

/** @param context of the worker, which need not be complete yet. */
export function fastPathFor(
  context: WorkerContext,
  announcements: Pick<ProgramAnnouncements, 'announce' | 'generation'>,
): FastPath {
  const host: FastPathHost = {
    call: context.call,
    tasks: context.tasks,
    epoch: context.epoch,
    get changes() {
      return (context.mediator?.subjects.changes ?? 0) + (deciding(context) === undefined ? 0 : 0.5);
    },
    get isSteady() {
      return context.mediator?.known.isSteady ?? true;
    },
    get decides() {
      return deciding(context) !== undefined;
    },
    get labels() {
      return context.labelsFiles && context.newLabels.labels;
    },
    get generation() {
      return announcements.generation;
    },
    programs: {
      get areAlike() {
        const { announces, checksExec, files, wantsExecDetails } = context;
        // Without `files` renames and mounts are not notified: a known path may lead to another name of the program.
        const seesNames = deciding(context)?.families.has('files') === true;
        return seesNames && checksExec && !announces && !wantsExecDetails && !files.keepsLabels;
      },
      executes: (tid, tgid) => context.tasks.executes(tid, tgid),
      announce: (tgid, program) => announcements.announce(tgid, program),
    },
    mayBeOurs: context.sysctlLocator.mayBeOurs,
    asksMore: (command) => asksMore(command),
    isIdle: (tid, number) => isIdle(context, tid, number),
    know: (tid) => {
      // What was read of the caller before the one of this call.
      context.view.forget(tid);
      context.memory.forget();
      return know(context, tid);
    },
    isOfPipes: (device) => context.mediator?.isOfPipes(device) === true,
    filesystemOf: (mount, fd, tid) => deciding(context)?.filesystemOf(mount, fd, tid),
    isServed: (major, minor) => context.devices.magic(major, minor) !== 0,
    removes: (tid, place) => context.mediator?.known.removes(tid, place),
    pathOf: (fd) => context.files.pathOf(fd),
    keepsAny: (type) => context.files.keepsAny(type),
    defaultLabel: (fd, objectClass) => {
      const path = context.files.pathOf(fd);
      return path.startsWith('/') && !path.endsWith(DELETED) ? labelAt(context, path, objectClass) : undefined;
    },
    automaton: (number) => context.mediator?.pathStates.automaton(number),
    defaultLabelAt: (path, objectClass) => labelAt(context, path, objectClass),
    store: (fd, tid, { name, value }) => {
      const file = context.files.look(fd, tid, { answers: true });
      if (file !== undefined) storeLabel(context.files, context.ask, fd, file, name, value, 0);
    },
    // Nobody has seen a new file without its label.
    labelled: (isDirectory) => {
      if (isDirectory) context.labelled();
    },
    isWaiting: () => context.call.waiting,
    succeed: () => context.call.succeed(0),
    give: (data, low, high, size) => {
      const result = giveBytes(context, data, { low, high, size });
      if (result < 0) context.call.fail(-result);
      else context.call.succeed(result);
      return true;
    },
    isAlive: (tid) => context.view.credentials(tid) !== undefined,
  };
  return new FastPath(host);
}

/** Pending work of the handlers that other calls need not wait for is done; the rest is theirs. */
function isIdle(context: WorkerContext, tid: Tid, number: number): boolean {
  const { auditedCalls, changedData, emulatedFsContexts, mediator, newLabels, newMounts, newPrograms } = context;
  if (newPrograms.concerns(tid) || newMounts.any || changedData.any || emulatedFsContexts.any) return false;
  // To map for reading may be to map for execution, too (personality(2)).
  if (number === NR.mmap && mediator?.counts.mayImplyExec === true) return false;
  if (context.fileUses !== undefined || context.guard !== undefined || auditedCalls.concerns(number)) return false;
  if (newLabels.waits) newLabels.complete(tid);
  mediator?.known.returned(tid);
  return true;
}

function know(context: WorkerContext, tid: Tid): KnownCaller | undefined {
  const mediator = deciding(context);
  if (mediator === undefined) return UNDECIDED;
  const subject = mediator.subjects.of(tid);
  const credentials = subject?.inOurUserNamespace === true ? mediator.credentials(tid) : undefined;
  if (subject === undefined || credentials === undefined) return undefined;
  const { capabilities, fsuid } = credentials;
  let isJudgedAlike = true;
  mediator.byRealIds(tid, (others) => {
    isJudgedAlike = !others;
  });
  const noted = subject.noted.map(inodeOf);
  if (noted.some(Number.isNaN)) return undefined;
  const isExempt = mediator.isExempt(tid);
  return {
    scope: subject.scope === 'nothing' && !isExempt ? undefined : subject.scope,
    text: `${subject.number} ${mediator.idsOf(tid)}`,
    kept: subject.kept,
    fsuid,
    passesAll: mediator.families.has('capabilities') && hasCapability(capabilities, CAP.DAC_READ_SEARCH),
    isJudgedAlike,
    noted,
    alike: mediator.subjects.isLikeAll(tid) ? context.view.credentialsText(tid) : undefined,
  };
}

/** As long as no policy can have been loaded. */
const UNDECIDED: KnownCaller = {
  scope: 'nothing',
  text: '',
  kept: [],
  fsuid: 0,
  passesAll: false,
  isJudgedAlike: true,
  noted: [],
};

function labelAt(context: WorkerContext, path: string, objectClass: InodeClass): string | undefined {
  return context.mediator?.defaults.of(path, objectClass);
}
