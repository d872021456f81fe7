/**
 * One running world: what it is made of. The booted stack, its filesystems (served/), its members, and what supervises them.
 */

import { type Tgid, type Tid, tgidOf } from '../../linux/ids.ts';
import { auditLabel } from '../../lsm/framework/audit/label.ts';
import { notedIn } from '../../lsm/framework/files/open-files.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { StackOptions } from '../options.ts';
import { AuditedNumbers } from '../supervisor/protocol/audited-numbers.ts';
import type { SupervisorBackend } from '../supervisor/protocol/backend.ts';
import { DeviceTable } from '../supervisor/protocol/devices.ts';
import { Epoch } from '../supervisor/protocol/epoch.ts';
import { FileMarks } from '../supervisor/protocol/file-marks.ts';
import { ProgramAnnouncements } from '../supervisor/protocol/program-announcements.ts';
import { SharedFlag } from '../supervisor/protocol/shared-flag.ts';
import type { SharedFacts } from '../supervisor/settings.ts';
import { Answers } from './answers.ts';
import { AbnormalEnds } from './audit/abnormal-ends.ts';
import { type AuditCallsHost, duringCall } from './audit/audit-calls.ts';
import { auditSubject } from './audit/audit-facts.ts';
import { WorldAuditSenders } from './audit/audit-senders.ts';
import type { ContainerLogs } from './audit/container-logs.ts';
import { containerHost } from './audit/container-logs.ts';
import { bootFromOptions, hasBootRules } from './boot-stack.ts';
import { findEncryptedKey } from './content/encrypted-keys.ts';
import { HostReader } from './content/host-reader.ts';
import { labelRulesIn } from './default-file-labels.ts';
import { kill } from './facts/peers.ts';
import { ProcFacts } from './facts/process-facts.ts';
import { SocketFacts } from './facts/socket-facts.ts';
import { FirstLabels } from './first-labels.ts';
import type { DaemonLog } from './log.ts';
import { Members } from './members.ts';
import { ModeRefusals } from './mode-refusals.ts';
import { ParsedPolicies } from './parsed-policies.ts';
import { Refusals } from './refusals.ts';
import { AttrFiles } from './served/attr-files.ts';
import { Instances } from './served/instances.ts';
import { ReplacedFiles } from './served/replaced-files.ts';
import type { Stage } from './served/stage.ts';
import { KeptLabels, mountedDevices } from './served/superblock-labels.ts';
import { Supervision } from './supervision.ts';
import type { WorldTpm } from './tpm/world-tpm.ts';

/** Events that change decisions for their own task only, but for who is known to have made pipes. */
const OF_ONE_TASK: ReadonlySet<string> = new Set([
  ...['enter', 'fork', 'exec', 'exit', 'sockets', 'descriptors', 'ipc', 'file-use', 'user-namespace'],
]);

export interface WorldInit {
  /** Device name of its mounts. */
  readonly source: string;
  readonly stage: string;
  readonly stateRoot: string;
  readonly options: StackOptions;
  readonly log: DaemonLog;
  readonly containerLogs: ContainerLogs;
  /** The world's TPM, where it is a swtpm process. */
  readonly tpm?: WorldTpm | undefined;
  /** Works on mounts until there is a listener to supervise. */
  readonly hands: Stage;
  superblocksChanged(): void;
  /** The last thread of a process is gone. */
  exited(pid: Tgid, waitStatus: number | undefined): void;
  /** The process is in exit_group(2). Told under a filter made for `exitStatus`. @param waitStatus as of wait(2). */
  exiting(pid: Tgid, waitStatus: number): void;
}

export class DaemonWorld {
  readonly stack: Stack;
  readonly facts: ProcFacts;
  /** How the main thread looks at processes. */
  readonly members: Members;
  readonly abnormalEnds: Pick<AbnormalEnds, 'any'>;
  readonly instances: Instances;
  readonly attrFiles: AttrFiles;
  readonly replacedFiles: ReplacedFiles;
  readonly supervision: Supervision;
  readonly refusals: Refusals;
  readonly modeRefusals: ModeRefusals;
  readonly firstLabels: FirstLabels;
  /** What the threads of supervisors see without asking. */
  readonly #shared: SharedFacts = {
    devices: new DeviceTable(),
    ruling: new SharedFlag(),
    epoch: new Epoch(),
    marks: new FileMarks(),
    watching: new SharedFlag(),
    guarding: new SharedFlag(),
    auditing: new SharedFlag(),
    announcements: new ProgramAnnouncements(),
    audited: new AuditedNumbers(),
  };
  /** ms since the epoch: since then modules may have labelled new files. */
  #labelledSince = Number.POSITIVE_INFINITY;
  readonly #options: StackOptions;
  /** What {@link reset} does beside the stack. */
  #bringBack: () => void = () => {};
  readonly #forgetKept: () => void;
  readonly #log: DaemonLog;
  readonly #backend: SupervisorBackend;
  /** What is to be closed with it. */
  readonly #parts: readonly { close(): void }[];

  constructor(init: WorldInit) {
    const { log, options, source, hands } = init;
    this.#options = options;
    this.#log = log;
    const trouble = (text: string): void => log.trouble(text);
    const shared = this.#shared;
    const moved = (): void => shared.epoch.move();
    const ratelimit = options.parameters?.['sysctl.kernel.printk_ratelimit'];
    if (ratelimit !== undefined && /^[0-9]{1,6}$/.test(ratelimit)) log.kernel.limitAudit(Number(ratelimit));

    const sockets = new SocketFacts();
    const facts = new ProcFacts(sockets);
    // The host's kernel gives us the keys of our own user only, and none of another user namespace.
    facts.encryptedKey = (description, tid) => {
      const isOurs = facts.status(tid)?.standsForRoot === true && facts.userNamespace(tid) === undefined;
      return isOurs ? findEncryptedKey(description) : undefined;
    };
    const { tpm } = init;
    const booted = (): Stack => this.stack;
    const auditHost: AuditCallsHost = {
      get stack() {
        return booted();
      },
      subject: (task, program) => auditSubject(booted(), facts, task, program),
      label: (task) => auditLabel(booted().hooks, task),
    };
    const auditSenders = new WorldAuditSenders(auditHost);
    const policies = new ParsedPolicies(init.stateRoot);
    const environment = {
      facts,
      log,
      now: () => Date.now(),
      kill: (tid: Tid) => kill(tid, 'SIGKILL'),
      auditSenders,
      containers: containerHost(init.containerLogs, () => this.stack),
      shared: policies,
      ...(tpm && { extended: tpm.extend.bind(tpm) }),
    };
    const stack = bootFromOptions(options, environment, tpm?.config);
    stack.tasks.bystander = tgidOf(process.pid);
    tpm?.attach({ stack, trouble });
    this.stack = stack;
    const refusals = new Refusals(stack.modules.map(({ definition }) => definition));
    this.refusals = refusals;
    log.onRecord = (type, body) => refusals.recorded(type, body);
    this.firstLabels = new FirstLabels(stack, options);
    this.facts = facts;
    const abnormalEnds = new AbnormalEnds(auditHost, () => this.members.tracker.hearChanges?.());
    this.abnormalEnds = abnormalEnds;
    this.members = new Members({
      stack,
      facts,
      announcements: shared.announcements,
      abnormalEnds,
      unexpected: moved,
      exited: (...end) => init.exited(...end),
      trouble,
    });
    const { members } = this;

    this.attrFiles = new AttrFiles(stack, facts);
    const superblocks = new KeptLabels(() => mountedDevices(members.processes()), moved);
    this.#forgetKept = () => superblocks.forgetAll();
    this.replacedFiles = new ReplacedFiles({ auditHost, kernelLog: log.kernel, superblocks, source });
    this.instances = this.#instances(init, auditHost);
    const { instances } = this;

    const { attrFiles, replacedFiles } = this;
    this.modeRefusals = new ModeRefusals(stack, facts);
    const answers = new Answers({
      modeRefusals: this.modeRefusals,
      stack,
      members,
      facts,
      sockets,
      instances,
      superblocks,
      marks: shared.marks,
      replacedFiles,
      auditHost,
      auditSenders,
      abnormalEnds,
      auditing: shared.auditing,
      audited: shared.audited,
      fileContexts: options.fileContexts ?? labelRulesIn(options.policy),
      labelledSince: () => this.#labelledSince,
      exiting: (pid, waitStatus) => init.exiting(pid, waitStatus),
      seenCalls: () => this.supervision.seenCalls,
      trouble,
    });
    const { backend } = answers;
    this.#backend = backend;
    const { mediation } = options;
    this.supervision = new Supervision({
      stack,
      members,
      instances,
      attrFiles,
      hands,
      backend,
      shared,
      source,
      mediation,
      auditCalls: options.auditCalls === true,
    });
    const reader = new HostReader({
      settings: {
        devices: shared.devices.shared,
        xattrNames: stack.declared.xattrNames,
        hostXattrNames: this.supervision.hostXattrNames,
      },
      fileUses: answers.fileUses,
      answer: (event) => stack.apply(event),
    });
    stack.reads.reader = (read) => reader.read(read);
    auditSenders.looker = (tid, paths) => reader.look(tid, paths);
    this.#parts = [answers, reader, members.tracker, instances, sockets, policies];

    if (hasBootRules(stack, options) || stack.declared.labelsFilesFromBoot) this.#rule();
    stack.uses.watch.whenActive(() => shared.watching.set());
    stack.metadata.watch.whenActive(() => shared.guarding.set());
    stack.observe((event) => {
      if (!OF_ONE_TASK.has(event.kind) || stack.openFiles.tellsMaker(notedIn(event))) moved();
    });
    stack.filesystems.onUnused((filesystem) => instances.letGo(filesystem));
  }

  /** What the first decisions need, where a policy is in force that labels files by path: some 10 ms. */
  makeReady(): void {
    const { stack } = this;
    const labels = stack.modules.some(({ definition }) => definition.host?.defaultLabels !== undefined);
    if (labels && this.#options.policy !== undefined) this.#backend.fileContexts();
  }

  /** Notes the state that {@link reset} brings back: to be called when the boot is over. */
  remember(): void {
    this.stack.remember();
    this.#bringBack = this.#log.remember();
  }

  /** @returns names of the modules that are again as they were, and `audit`. */
  reset(): readonly string[] {
    this.members.refresh();
    this.stack.apply({ kind: 'reset' });
    this.#forgetKept();
    this.refusals.forget();
    this.#bringBack();
    return this.stack.remembers;
  }

  #rule(): void {
    if (this.#shared.ruling.isSet) return;
    this.#labelledSince = Date.now();
    this.#shared.ruling.set();
  }

  close(): void {
    for (const part of this.#parts) part.close();
  }

  #instances({ stage, hands, source, log, superblocksChanged }: WorldInit, auditHost: AuditCallsHost): Instances {
    const { stack, facts, members, attrFiles } = this;
    const { devices, epoch } = this.#shared;
    return new Instances({
      stage,
      hands,
      source,
      devices,
      identify: (tid, uid, gid) => {
        members.acting(tid);
        return facts.requester(tid, uid, gid);
      },
      beforeRequest: (filesystem, tid, writes, opensFound) => {
        const isAttr = filesystem === attrFiles;
        // A supervisor finds and opens an attr file in one call, on behalf of a thread that waits.
        if (isAttr && opensFound && members.isOwn(tid)) members.catchUp();
        else members.refresh();
        if (!writes) return;
        epoch.move();
        if (isAttr || stack.filesystems.relabelsWriter(filesystem)) members.beforeRelabel(tid);
        // A policy may be loaded now, by which files are labelled and calls decided about.
        if (!isAttr) this.#rule();
      },
      duringChange: (tid, work, exit) => duringCall(auditHost, tid, work, exit),
      onTrace: (text) => log.trouble(text),
      changed: superblocksChanged,
      ended: (filesystem) => stack.filesystems.released(filesystem),
    });
  }
}
