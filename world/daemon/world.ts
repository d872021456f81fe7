/** One running world: the booted stack, its mounted instances, the processes in it, and what the supervisor's threads may ask. */
import { failed, type Result } from '../../linux/errno.ts';
import { type Tgid, type Tid, tgidOf } from '../../linux/ids.ts';
import { PTRACE_TRACEME } from '../../linux/process.ts';
import type { AuditContainer } from '../../lsm/framework/audit/container.ts';
import { translateRecord } from '../../lsm/framework/audit/translate.ts';
import { inspectStack } from '../../lsm/framework/inspection/inspect-stack.ts';
import { maySyslog } from '../../lsm/framework/syslog.ts';
import type { Task } from '../../lsm/framework/task.ts';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import type { Stack } from '../../lsm/library/index.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { FileNode, Handle } from '../../vfs/tree/node.ts';
import { hostFileLabellers } from '../doctor/file-labellers.ts';
import { WorldError } from '../errors.ts';
import { logFiles } from '../kernel-files/kmsg/files.ts';
import { Syslog } from '../kernel-files/kmsg/syslog.ts';
import type { MountTableFacts } from '../kernel-files/mount-table/emulated.ts';
import { isMountTable, openMountTable } from '../kernel-files/mount-table/file.ts';
import { MountWatch } from '../kernel-files/mount-table/watch.ts';
import type { StandInKind } from '../kernel-files/on-behalf.ts';
import type { Mediation } from '../mediation.ts';
import type { StackOptions } from '../options.ts';
import { sysDirectories } from '../places.ts';
import { ourNumber, type ProcessNumber } from '../registry/pid-namespace.ts';
import { MediationCounts } from '../supervisor/access/counts.ts';
import { neededFeatures } from '../supervisor/features.ts';
import { supervisionFilter } from '../supervisor/filter.ts';
import type { SupervisorBackend } from '../supervisor/protocol/backend.ts';
import { DeviceTable } from '../supervisor/protocol/devices.ts';
import { Epoch } from '../supervisor/protocol/epoch.ts';
import { SharedFlag } from '../supervisor/protocol/shared-flag.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { createTracker } from '../tracking/index.ts';
import type { ProcessTracker } from '../tracking/tracker.ts';
import type { WorldTree } from '../tree.ts';
import { type AuditCallsHost, duringCall } from './audit/audit-calls.ts';
import { auditSubject } from './audit/audit-facts.ts';
import { AuditSockets } from './audit/audit-sockets.ts';
import { isContainerFile, openContainerFile } from './audit/container-files.ts';
import type { ContainerLogs } from './audit/container-logs.ts';
import { containerView } from './audit/container-view.ts';
import { isLoginFile, openLoginFile } from './audit/login-files.ts';
import { bootFromOptions } from './boot-stack.ts';
import { addKey } from './content/added-keys.ts';
import { FileDigests } from './content/digests.ts';
import { FileUseDesk } from './content/file-uses.ts';
import { DefaultFileLabels } from './default-file-labels.ts';
import { AnnouncedPrograms } from './facts/executions.ts';
import { dmesgIsRestricted, hostAttrNames } from './facts/host-kernel.ts';
import { kill } from './facts/peers.ts';
import { ProcFacts } from './facts/process-facts.ts';
import { SocketFacts } from './facts/socket-facts.ts';
import { noteUserNamespaces } from './facts/user-namespaces.ts';
import type { DaemonLog } from './log.ts';
import { missingSysctls } from './served/added-sysctls.ts';
import { AttrFiles, statableAttrNames } from './served/attr-files.ts';
import { Instances } from './served/instances.ts';
import { openKeyList } from './served/key-list.ts';
import type { Stage } from './served/stage.ts';
import { standInTree } from './served/stand-ins.ts';
import { KeptLabels, mountedDevices } from './served/superblock-labels.ts';

/** Events that change decisions for their own task only. */
const OF_ONE_TASK: ReadonlySet<string> = new Set([
  ...['enter', 'fork', 'exec', 'exit', 'sockets', 'ipc', 'file-use', 'user-namespace'],
]);

export interface WorldInit {
  /** Device name of its mounts. */
  readonly source: string;
  readonly stage: string;
  readonly options: StackOptions;
  readonly log: DaemonLog;
  readonly containerLogs: ContainerLogs;
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
  readonly instances: Instances;
  readonly tracker: ProcessTracker;
  readonly #sockets = new SocketFacts();
  readonly #facts = new ProcFacts(this.#sockets);
  readonly #devices = new DeviceTable();
  /** A module's filesystem was written: a policy may be loaded now, by which files are labelled. */
  readonly #labelling = new SharedFlag();
  readonly #epoch = new Epoch();
  /** A module asks for uses of files. */
  readonly #watching = new SharedFlag();
  /** A module guards metadata of files. */
  readonly #guarding = new SharedFlag();
  /** Absent = no mediation of system calls. */
  readonly #mediation: Mediation | undefined;
  readonly #mediationCounts = new MediationCounts();
  /** Numbers of subjects. */
  readonly #subjects = new Map<string, number>();
  readonly #digests = new FileDigests();
  readonly #fileUses: FileUseDesk;
  readonly #log: DaemonLog;
  readonly #exiting: WorldInit['exiting'];
  readonly #executions = new AnnouncedPrograms();
  /** Threads of ours that make requests for others. */
  readonly #ownThreads = new Set<Tid>();
  readonly #superblocks = new KeptLabels(
    () => mountedDevices(this.processes()),
    () => this.#epoch.move(),
  );
  readonly #defaultContexts: DefaultFileLabels;
  /** A policy is in force: files have labels. */
  #labelled = false;
  readonly #hostAttrNames = hostAttrNames();
  readonly #missingSysctls: readonly string[];
  /** Security attributes of ordinary files that are the host's. */
  readonly #hostXattrNames: readonly string[];
  readonly syslog: Syslog;
  readonly #logFiles: ReadonlyMap<string, FileNode>;
  readonly #standIns = standInTree({
    caller: (tid) => {
      this.tracker.refresh(tid);
      return this.#facts.caller(tid);
    },
    open: (kind, file, flags, opener) => this.#openStandIn(kind, file, flags, opener),
    sysctls: () => this.stack.sysctlTree.root,
  });
  readonly attrFiles: AttrFiles;
  readonly #mountWatch = new MountWatch();
  readonly #mountTableFacts: MountTableFacts;
  readonly #auditHost: AuditCallsHost;
  readonly #audit: AuditSockets;
  readonly #hands: Stage;

  constructor(init: WorldInit) {
    this.#log = init.log;
    this.#hands = init.hands;
    this.#exiting = (pid, waitStatus) => init.exiting(pid, waitStatus);
    const { kernel } = init.log;
    this.syslog = new Syslog(kernel.ring, {
      now: kernel.now,
      restricted: dmesgIsRestricted,
      allowed: (action, caller) => maySyslog(this.stack, action, caller),
    });
    this.#logFiles = logFiles(this.syslog);
    const ratelimit = init.options.parameters?.['sysctl.kernel.printk_ratelimit'];
    if (ratelimit !== undefined && /^[0-9]{1,6}$/.test(ratelimit)) init.log.kernel.limitAudit(Number(ratelimit));
    this.stack = bootFromOptions(init.options, {
      facts: this.#facts,
      log: init.log,
      now: () => Date.now(),
      kill: (tid) => kill(tid, 'SIGKILL'),
      containers: {
        log: (container) => init.containerLogs.of(container),
        ended: (container) => init.containerLogs.ended(container),
        translate: (body, container) =>
          translateRecord(
            body,
            containerView(container, () => this.#tasksIn(container)),
          ),
      },
    });
    this.attrFiles = new AttrFiles(this.stack, this.#facts);
    this.#mediation = this.stack.access.exist ? init.options.mediation : undefined;
    this.#missingSysctls = missingSysctls(this.stack.sysctls.keys());
    this.#hostXattrNames = this.stack.fileLabelNames(hostFileLabellers());
    this.#auditHost = {
      stack: this.stack,
      subject: (task) => auditSubject(this.stack, this.#facts, task),
    };
    this.#audit = new AuditSockets({
      ...this.#auditHost,
      caller: (tid) => {
        this.#refresh();
        this.tracker.refresh(tid);
        return this.#facts.caller(tid);
      },
    });
    if (init.options.policy !== undefined || this.stack.labelsFilesFromBoot) this.#labelling.set();
    const { defaultLabels } = HOST_SIDES.find((side) => side.defaultLabels !== undefined) ?? {};
    this.#defaultContexts = new DefaultFileLabels(defaultLabels, init.options.fileContexts, (text) =>
      init.log.trouble(text),
    );
    this.#fileUses = new FileUseDesk({
      stack: this.stack,
      digests: this.#digests,
      superblocks: this.#superblocks,
      status: (tid) => this.#facts.status(tid),
      ownerFor: (uid, tid) => this.#facts.ownerFor(uid, tid),
    });
    this.stack.uses.watch.whenActive(() => this.#watching.set());
    this.stack.metadata.watch.whenActive(() => this.#guarding.set());
    this.tracker = createTracker({
      event: (event) => {
        this.#facts.forget();
        if (event.kind === 'exec' && !this.#executions.expects(event.tid)) this.#epoch.move();
        this.stack.apply(this.#executions.complete(event));
      },
      exited: (pid, status) => init.exited(pid, status),
      log: (text) => init.log.trouble(text),
    });
    this.#facts.beforeLook = (tid) => this.tracker.look?.(tid);
    // A thread that was announced belongs to the process that it was announced with.
    this.#facts.processOf = (tid) => {
      if (this.#ownThreads.has(tid)) return tgidOf(process.pid);
      return this.tracker.has(tid) ? this.stack.tasks.find(tid)?.process.tgid : undefined;
    };
    this.#mountTableFacts = {
      source: init.source,
      types: this.stack.filesystemTypes,
      securityOptions: (type, device, reader) => {
        const labels = this.#superblocks.options(device);
        return this.stack.files.showOptions({ type, id: type, ...(labels && { labels }) }, reader);
      },
    };
    this.instances = new Instances({
      stage: init.stage,
      hands: init.hands,
      source: init.source,
      devices: this.#devices,
      identify: (tid, uid, gid) => {
        this.#refreshActing(tid);
        return this.#facts.requester(tid, uid, gid);
      },
      beforeRequest: (filesystem, tid, writes) => {
        this.#refresh();
        if (!writes) return;
        this.#epoch.move();
        const isAttr = filesystem === this.attrFiles;
        if (isAttr || this.stack.relabelsWriter(filesystem)) this.#beforeRelabel(tid);
        if (!isAttr) this.#labelling.set();
      },
      duringChange: (tid, work, exit) => duringCall(this.#auditHost, tid, work, exit),
      onTrace: (text) => init.log.trouble(text),
      changed: () => init.superblocksChanged(),
      ended: (filesystem) => this.stack.released(filesystem),
    });
    this.stack.observe(({ kind }) => {
      if (!OF_ONE_TASK.has(kind)) this.#epoch.move();
    });
    this.stack.onUnused((filesystem) => this.instances.letGo(filesystem));
  }

  /** seccomp program for a process that joins, and its descendants. @param exitStatus its exit status is to be reported. */
  filter(exitStatus: boolean): Uint8Array {
    const features = neededFeatures({
      hostAttrNames: this.#hostAttrNames,
      addedSysctls: this.#missingSysctls.length > 0,
      attrNames: statableAttrNames(this.stack),
      exactAttr: this.stack.config.profile === 'mainline',
      processCalls: this.tracker.method === 'notifications',
      exitStatus,
      lsmUnshare: this.stack.syscalls.hasUnshare,
      compoundLabels: this.stack.defaultModule.candidates.length > 0,
      tracers: this.stack.hooks.has('taskPrctl'),
      fileLabels: this.stack.hooks.has('inodeInitSecurity'),
      fileAttributes: this.stack.xattrNames.length > 0,
      fileMetadata: this.stack.guardsMetadata,
      execChecks: this.stack.decidesExec,
      fileUses: this.stack.hooks.has('fileUse'),
      mediated: this.#mediation?.families ?? [],
    });
    this.attrFiles.listed = features.includes('attr-stat') ? undefined : new Set(this.#hostAttrNames);
    return supervisionFilter(features);
  }

  /** Supervises the processes behind a listener. */
  async supervise(listener: number): Promise<Supervisor> {
    const attrRoot = await this.instances.root(this.attrFiles);
    const supervisor = new Supervisor({
      thread: this.#hands.take(),
      listener,
      backend: this.#backend(),
      attrRoot,
      shared: {
        devices: this.#devices,
        labelling: this.#labelling,
        epoch: this.#epoch,
        watching: this.#watching,
        guarding: this.#guarding,
      },
      settings: {
        types: new Set(this.stack.filesystemTypes),
        namespacedTypes: new Set(this.stack.namespacedTypes),
        source: this.#mountTableFacts.source,
        sysDirectories: sysDirectories(this.stack.filesystemTypes),
        mountOptions: this.stack.mountOptions,
        hostAttrNames: new Set(this.#hostAttrNames),
        missingSysctls: this.#missingSysctls,
        announces: this.tracker.method === 'notifications',
        xattrNames: this.stack.xattrNames,
        guardedXattrs: this.stack.guardedXattrs,
        contentXattrs: new Set(this.stack.contentXattrs),
        labelsFiles: this.stack.hooks.has('inodeInitSecurity'),
        hostXattrNames: this.#hostXattrNames,
        checksExec: this.stack.decidesExec,
        wantsExecDetails: this.stack.wantsExecDetails,
        ...(this.#mediation && { mediation: { ...this.#mediation, counts: this.#mediationCounts.shared } }),
      },
    });
    void this.#knowThread(supervisor);
    return supervisor;
  }

  async #knowThread({ serving, ended }: Supervisor): Promise<void> {
    const tid = await serving.catch(() => undefined);
    if (tid === undefined) return;
    this.#ownThreads.add(tid);
    await ended;
    this.#ownThreads.delete(tid);
  }

  /** Process ids of the members, ascending. */
  processes(): Tgid[] {
    this.#refresh();
    this.tracker.sweep();
    return [...this.tracker.processes()].sort((a, b) => a - b);
  }

  /** The tree that `lsmfs tree` prints. */
  tree(name: string): WorldTree {
    this.#refresh();
    const { tasks, ...stack } = inspectStack(this.stack, ({ tid }) => this.tracker.has(tid));
    return {
      name,
      ...(this.#mediation && {
        mediation: { families: this.#mediation.families, unseenCalls: this.#mediationCounts.unseenCalls },
      }),
      profile: this.stack.config.profile,
      ...stack,
      tasks: tasks.map((task) => ({ ...task, comm: this.#facts.status(task.tid)?.comm ?? '' })),
    };
  }

  /** @throws WorldError when it is none of ours. */
  task(process: ProcessNumber): Task {
    this.#refresh();
    const task = this.stack.tasks.find(ourNumber(process) ?? tgidOf(0));
    if (task === undefined)
      throw new WorldError('unknown-process', `There is no process ${process.pid} in that world.`);
    return task;
  }

  *#tasksIn(container: AuditContainer): Generator<Tid> {
    const { audit, tasks } = this.stack;
    for (const task of tasks.all()) if (audit.stateOf(task).container === container) yield task.tid;
  }

  /** Before every decision. */
  #refresh(): void {
    this.#facts.forget();
    this.tracker.drain();
  }

  /** To be called before a thread changes its label: its siblings and children must be tracked with the old one. */
  #beforeRelabel(tid: Tid): void {
    if (this.tracker.method === 'notifications') this.tracker.processCall('relabel', tid);
    this.#endThreads(tid);
  }

  /**
   * The kernel does not count a joined thread any more, but its exit event comes a moment later. A process that changes its label right
   * after joining its threads must count as single-threaded.
   */
  #endThreads(tid: Tid): void {
    const threads = this.stack.tasks.find(tid)?.process.threads;
    if (threads === undefined || threads.size === 1) return;
    for (const other of [...threads.keys()]) {
      if (other !== tid && this.#facts.isEnding(other)) this.stack.apply({ kind: 'exit', tid: other });
    }
  }

  /** Brings the tracker up to date for the thread whose request is handled now. */
  #refreshActing(tid: Tid): void {
    this.tracker.refresh(tid);
    this.stack.audit.acting(this.stack.tasks.find(tid));
  }

  /** Makes the process tracker look this thread up. */
  refreshTask(tid: Tid): void {
    this.#refresh();
    this.tracker.refresh(tid);
  }

  close(): void {
    this.#audit.close();
    this.tracker.close();
    this.instances.close();
    this.#defaultContexts.close();
    this.#sockets.close();
    this.#digests.close();
  }

  #backend(): SupervisorBackend {
    return {
      drain: () => this.#refresh(),
      identify: (tid) => {
        this.#refreshActing(tid);
        return this.#facts.caller(tid);
      },
      task: (tid) => {
        this.tracker.refresh(tid);
        const known = this.stack.tasks.find(tid);
        return known === undefined ? this.#facts.caller(tid) : { tid, tgid: known.process.tgid };
      },
      detachedMount: (type, caller) => this.#detachedMount(type, caller),
      syscalls: this.stack.syscalls,
      setSelfAttr: (input, caller) => {
        this.#beforeRelabel(caller.tid);
        return this.stack.syscalls.setSelfAttr(input, caller);
      },
      unshare: (input, caller) => {
        this.#beforeRelabel(caller.tid);
        return this.stack.syscalls.unshare(input, caller);
      },
      prctl: (option, argument, caller) => this.stack.apply({ kind: 'prctl', option, argument, caller }),
      keys: this.stack.keys,
      addKey: (key, caller) => addKey(this.stack, key, caller),
      controlKey: (change, caller) => this.stack.apply({ kind: 'key', change, caller }),
      ptrace: (request, target, caller) =>
        request === PTRACE_TRACEME ? this.stack.mayBeTraced(caller) : this.stack.mayAttach(target, caller),
      ownerFor: (uid, tid) => this.#facts.ownerFor(uid, tid),
      peer: (question, caller) => this.#sockets.peer(this.stack.peers, question, caller),
      files: this.stack.files,
      metadata: this.stack.metadata,
      superblocks: this.#superblocks,
      defaultContext: (path, objectClass, caller) => {
        this.#labelled ||= this.stack.files.listXattr(caller).length > 0;
        return this.#labelled ? this.#defaultContexts.of(path, objectClass) : undefined;
      },
      execution: (file, caller) => {
        this.tracker.processCall('execve', caller.tid);
        const asking = () => this.stack.files.mayExec(file, caller);
        const refused = duringCall(this.#auditHost, caller.tid, asking, (error) => error && -error.number);
        if (refused !== undefined) return refused;
        this.stack.noteSockets(caller);
        this.#executions.expect(caller.tgid, file);
        return undefined;
      },
      access: {
        decide: (checks, caller) =>
          duringCall(
            this.#auditHost,
            caller.tid,
            () => this.stack.access.decide(checks, caller),
            ({ refused }) => refused && -refused.number,
          ),
        subjectNumber: (subject) => {
          const number = this.#subjects.get(subject) ?? this.#subjects.size + 1;
          this.#subjects.set(subject, number);
          return number;
        },
      },
      ipc: (event) => {
        this.stack.apply(event);
      },
      fileUse: (question, caller) => {
        // A policy takes effect at close(2), which does not wait for its RELEASE request: handle it first.
        this.instances.serveWaiting(this.stack.securityfs.type);
        return this.#fileUses.decide(question, caller);
      },
      fileMade: (question) => this.#fileUses.made(question),
      processCall: (call, tid, code) => {
        this.tracker.processCall(call, tid, code);
        const pid = this.stack.tasks.find(tid)?.process.tgid;
        if (call === 'exit_group' && pid !== undefined && code !== undefined) this.#exiting(pid, (code & 0xff) << 8);
      },
      syslog: (request, caller) => this.syslog.call(request, caller),
      whenLogged: (wake) => this.syslog.ring.whenMore(wake),
      standIns: () => this.instances.root(this.#standIns),
      audit: this.#audit,
      log: (text) => this.#log.trouble(text),
    };
  }

  #openStandIn(kind: StandInKind, file: string, flags: number, opener: Caller): Result<Handle> | undefined {
    if (kind === 'keys') return openKeyList(this.stack.keys, opener);
    if (isLoginFile(kind)) return openLoginFile(this.#auditHost, kind, file);
    if (isContainerFile(kind)) {
      return this.stack.audit.status.hasContainers ? openContainerFile(this.#auditHost, kind, file) : undefined;
    }
    if (!isMountTable(kind)) return this.#logFiles.get(kind)?.open(flags, opener);
    return openMountTable(kind, file, this.#mountTableFacts, this.#mountWatch);
  }

  async #detachedMount(type: string, caller: Caller): Promise<Result<number>> {
    if (this.stack.namespacedTypes.includes(type)) noteUserNamespaces(this.stack, this.#facts);
    const filesystem = this.stack.mount(type, caller);
    return failed(filesystem) ? filesystem : await this.instances.detachedMount(filesystem);
  }
}
