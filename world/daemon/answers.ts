/** What a world answers to the questions of its supervisor's threads (supervisor/protocol/backend.ts). */

import { Errno, failed, type Result } from '../../linux/errno.ts';
import type { Tgid } from '../../linux/ids.ts';
import { PTRACE_TRACEME } from '../../linux/process.ts';
import type { Decision } from '../../lsm/framework/waiting-decision.ts';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { AuditedNumbers } from '../supervisor/protocol/audited-numbers.ts';
import type { AccessBackend, SupervisorBackend } from '../supervisor/protocol/backend.ts';
import type { FileMarks } from '../supervisor/protocol/file-marks.ts';
import type { SharedFlag } from '../supervisor/protocol/shared-flag.ts';
import { TextNumbers } from '../text-numbers.ts';
import type { AbnormalEnds } from './audit/abnormal-ends.ts';
import { type AuditCallsHost, duringCall } from './audit/audit-calls.ts';
import type { WorldAuditSenders } from './audit/audit-senders.ts';
import { AuditSockets } from './audit/audit-sockets.ts';
import { DaemonAuditedCalls } from './audit/audited-calls.ts';
import { type SeenCalls, UnseenCalls } from './audit/unseen-calls.ts';
import { addKey } from './content/added-keys.ts';
import { FileDigests } from './content/digests.ts';
import { FileUseDesk } from './content/file-uses.ts';
import { DefaultFileLabels } from './default-file-labels.ts';
import type { ProcFacts } from './facts/process-facts.ts';
import type { SocketFacts } from './facts/socket-facts.ts';
import { noteUserNamespaces } from './facts/user-namespaces.ts';
import type { Members } from './members.ts';
import type { ModeRefusals } from './mode-refusals.ts';
import type { Instances } from './served/instances.ts';
import type { ReplacedFiles } from './served/replaced-files.ts';
import { standInTree } from './served/stand-ins.ts';
import type { KeptLabels } from './served/superblock-labels.ts';

export interface AnswersInit {
  readonly stack: Stack;
  readonly members: Members;
  readonly facts: ProcFacts;
  readonly sockets: SocketFacts;
  readonly instances: Instances;
  readonly superblocks: KeptLabels;
  readonly marks: FileMarks;
  readonly replacedFiles: ReplacedFiles;
  readonly auditHost: AuditCallsHost;
  readonly auditSenders: WorldAuditSenders;
  readonly abnormalEnds: Pick<AbnormalEnds, 'learnAll'>;
  readonly modeRefusals: Pick<ModeRefusals, 'note'>;
  /** To be set when a program has an audit socket. */
  readonly auditing: SharedFlag;
  readonly audited: AuditedNumbers;
  /** file_contexts of the host to go by, `none`, or (absent) what is installed. */
  readonly fileContexts: string | undefined;
  /** As of SupervisorBackend. */
  labelledSince(): number;
  /** The process is in exit_group(2). @param waitStatus as of wait(2). */
  exiting(pid: Tgid, waitStatus: number): void;
  /** Of which calls rules of audit can have records. */
  seenCalls(): SeenCalls;
  trouble(text: string): void;
}

/** Who knows the answers. */
interface Sources extends AnswersInit {
  readonly audit: AuditSockets;
  readonly auditedCalls: DaemonAuditedCalls;
  readonly defaultLabels: DefaultFileLabels;
  readonly fileUses: FileUseDesk;
  readonly standIns: Filesystem;
}

export class Answers {
  /** One for all threads of the world. */
  readonly backend: SupervisorBackend;
  readonly fileUses: FileUseDesk;
  readonly #parts: readonly { close(): void }[];

  constructor(init: AnswersInit) {
    const { stack, members, facts, superblocks, replacedFiles, auditHost } = init;
    const auditedCalls = new DaemonAuditedCalls(auditHost, init.audited);
    const unseenCalls = new UnseenCalls((text) => init.trouble(text));
    const audit = new AuditSockets({
      ...auditHost,
      opened: () => init.auditing.set(),
      senders: init.auditSenders,
      caller: (tid) => {
        members.refresh();
        return members.caller(tid);
      },
    });
    stack.auditRequests.rulesChanged = () => {
      auditedCalls.publish();
      unseenCalls.check(auditedCalls.rules(), init.seenCalls());
      init.abnormalEnds.learnAll();
    };
    const { defaultLabels: labels } = HOST_SIDES.find((side) => side.defaultLabels !== undefined) ?? {};
    const defaultLabels = new DefaultFileLabels(labels, init.fileContexts, (text) => init.trouble(text));
    const digests = new FileDigests();
    const fileUses = new FileUseDesk({
      stack,
      digests,
      superblocks,
      marks: init.marks,
      status: (tid) => facts.status(tid),
      during: (tid, work, exit) => duringCall(auditHost, tid, work, exit),
      ownerFor: (uid, tid) => facts.ownerFor(uid, tid),
    });
    this.fileUses = fileUses;
    const standIns = standInTree({
      caller: (tid) => members.caller(tid),
      open: (kind, file, flags, opener) => replacedFiles.open(kind, file, flags, opener),
      sysctls: () => stack.sysctlTree.root,
    });
    this.backend = answersFrom({ ...init, audit, auditedCalls, defaultLabels, fileUses, standIns });
    this.#parts = [audit, digests];
  }

  close(): void {
    for (const part of this.#parts) part.close();
  }
}

function answersFrom(sources: Sources): SupervisorBackend {
  const { stack, members, facts, sockets, instances, superblocks, fileUses, auditHost } = sources;
  const { syslog } = sources.replacedFiles;
  const { tracker } = members;
  /** Audit records before the last decision about an execve(2). */
  let recordedBefore = 0;
  return {
    drain: () => members.refresh(),
    identify: (tid, known) => {
      members.acting(tid);
      if (known !== undefined) facts.know(tid, known);
      return facts.caller(tid);
    },
    task: (tid) => {
      tracker.refresh(tid);
      const known = stack.tasks.find(tid);
      return known === undefined ? facts.caller(tid) : { tid, tgid: known.process.tgid };
    },
    detachedMount: (type, caller) => detachedMount(sources, type, caller),
    syscalls: stack.syscalls,
    setSelfAttr: (input, caller) => {
      members.beforeRelabel(caller.tid);
      return stack.syscalls.setSelfAttr(input, caller);
    },
    unshare: (input, caller) => {
      members.beforeRelabel(caller.tid);
      return stack.syscalls.unshare(input, caller);
    },
    prctl: (option, argument, caller) => stack.apply({ kind: 'prctl', option, argument, caller }),
    keys: stack.keys,
    addKey: (key, caller) => addKey(stack, key, caller),
    controlKey: (change, caller) => stack.apply({ kind: 'key', change, caller }),
    ptrace: (request, target, caller) =>
      request === PTRACE_TRACEME ? stack.mayBeTraced(caller) : stack.mayAttach(target, caller),
    ownerFor: (uid, tid) => facts.ownerFor(uid, tid),
    userFor: ({ tid, uid }) => facts.userFor(tid, uid),
    peer: (question, caller) => sockets.peer(stack.peers, question, caller),
    files: stack.files,
    superblocks,
    defaultContext: defaultContexts(sources),
    labelledSince: () => sources.labelledSince(),
    fileContexts: () => sources.defaultLabels.opened,
    execution: (file, caller, waited) => {
      recordedBefore = stack.files.recorded;
      tracker.processCall('execve', caller.tid);
      const asking = () => (waited === undefined ? stack.files.mayExecOrWait(file, caller) : waited.resume());
      const exit = (given: Decision) => (given instanceof Errno ? -given.number : undefined);
      const decision = duringCall(auditHost, caller.tid, asking, exit);
      if (decision !== undefined) return decision;
      if (stack.files.execMayRelabel(file, caller)) stack.noteSockets(caller);
      members.expectExec(caller, file);
      return undefined;
    },
    repeatable: (file, caller, changes) => {
      const number = members.repeatable(caller, file, changes);
      // Each time that is recorded is.
      return stack.files.recorded === recordedBefore ? number : undefined;
    },
    execsInDoubt: () => members.execsInDoubt,
    execFailed: (exec) => members.execFailed(exec),
    modeRefused: (file, caller) => sources.modeRefusals.note(file, caller),
    executionAgain: ({ tgid }) => members.expectAgain(tgid),
    access: accessDecisions(sources),
    ipc: (event) => {
      stack.apply(event);
    },
    noteMaker: (event) => {
      stack.apply(event);
    },
    noteKey: (noted) => {
      stack.apply({ kind: 'key-note', ...noted });
    },
    shownCapabilities(target) {
      const task = stack.find(target);
      const shown = task === undefined ? [] : stack.hooks.collect('capgetShown', task);
      return shown.reduce((all, one) => (all === undefined || one === undefined ? (all ?? one) : all & one), undefined);
    },
    keyLabel: (key, caller) => stack.keyMakers.label(key, stack.taskOf(caller), stack.hooks),
    inherits: (open, caller) => {
      const file = members.expectInherited(caller.tgid, open);
      return file === undefined ? [] : stack.files.closedAtExec(file, caller);
    },
    takeRefused(tgid) {
      if (members.expectsExec(tgid)) return 'pending';
      const task = stack.find(tgid);
      return task && stack.openFiles.takeRefused(task);
    },
    noteDescriptors: (noted) => {
      stack.apply({ kind: 'descriptors', ...noted });
    },
    fileUse: (question, caller) => {
      // A policy takes effect at close(2), which does not wait for its RELEASE request: handle it first.
      instances.serveWaiting(stack.securityfs.type);
      return fileUses.decide(question, caller);
    },
    fileMade: (question) => fileUses.made(question),
    metadata: stack.metadata,
    processCall: (call, tid, code) => {
      tracker.processCall(call, tid, code);
      const pid = stack.tasks.find(tid)?.process.tgid;
      if (call === 'exit_group' && pid !== undefined && code !== undefined) sources.exiting(pid, (code & 0xff) << 8);
    },
    syslog: (request, caller) => syslog.call(request, caller),
    whenLogged: (wake) => syslog.ring.whenMore(wake),
    standIns: () => instances.root(sources.standIns),
    audit: sources.audit,
    auditedCalls: sources.auditedCalls,
    log: (text) => sources.trouble(text),
  };
}

async function detachedMount(
  { stack, facts, instances }: Sources,
  type: string,
  caller: Caller,
): Promise<Result<number>> {
  if (stack.filesystems.namespacedTypes.includes(type)) noteUserNamespaces(stack, facts);
  const filesystem = stack.filesystems.mount(type, caller);
  return failed(filesystem) ? filesystem : await instances.detachedMount(filesystem);
}

/** The host's labels, once a policy is in force: files have labels then. */
function defaultContexts({ stack, defaultLabels }: Sources): SupervisorBackend['defaultContext'] {
  let labelled = false;
  return (path, objectClass, caller) => {
    labelled ||= stack.files.listXattr(caller).length > 0;
    return labelled ? defaultLabels.of(path, objectClass) : undefined;
  };
}

function accessDecisions({ stack, members, auditHost }: Sources): AccessBackend {
  const numbers = new TextNumbers();
  const objects = new TextNumbers();
  return {
    decide: (checks, caller) =>
      duringCall(
        auditHost,
        caller.tid,
        () => stack.access.decide(checks, caller),
        ({ refused }) => refused && -refused.number,
      ),
    subject: (caller) => {
      const { text, scope } = stack.access.subject(caller);
      if (text === undefined) return undefined;
      const noted = stack.openFiles.noted(stack.taskOf(caller));
      const alike =
        members.keepLabels && stack.access.areAlike(text, caller) && stack.openFiles.areOwn(stack.tasks.all());
      return { number: numbers.of(text), scope, noted, ...(alike && { alike: true }) };
    },
    automaton: (number) => stack.access.automaton(number)?.tables,
    object: (target) => {
      const text = members.hearsInTime ? stack.access.object(stack.tasks.find(target)) : undefined;
      return text === undefined ? undefined : { number: objects.of(text), ...(members.keepLabels && { lasts: true }) };
    },
  };
}
