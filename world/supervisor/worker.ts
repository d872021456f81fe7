/**
 * Entry point of a supervisor thread (dist/supervisor.js): it supervises one listener after another. Nothing is remembered from one to the
 * next but compiled code, which is most of what the first calls behind a listener wait for.
 */
import { release } from 'node:os';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { NR } from '../../host/libc.ts';
import { RemoteMemory } from '../../host/memory/remote-memory.ts';
import { loopDescriptors, separateDescriptors } from '../../host/process/descriptor-table.ts';
import { ExecTrace } from '../../host/process/exec-trace.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { O_DIRECTORY, O_PATH } from '../../linux/fcntl.ts';
import { type Tid, tidOf } from '../../linux/ids.ts';
import { S_IFDIR, S_IFREG } from '../../linux/stat.ts';
import type { LookUp } from '../../lsm/framework/audit/paths.ts';
import type { InodeClass } from '../../lsm/framework/files/inode.ts';
import { ATTR_ON_BEHALF } from '../kernel-files/on-behalf.ts';
import type { Beginning, Found } from './access/known-paths.ts';
import { Mediator } from './access/mediator.ts';
import { AuditedCalls } from './audit/audited-calls.ts';
import { CallerAuditSockets } from './caller/audit-sockets.ts';
import { CallPlaces } from './caller/call-places.ts';
import { CallerView } from './caller/caller-view.ts';
import { FileInspector } from './caller/file-inspector.ts';
import { Hazards } from './caller/hazards.ts';
import { HostAudit } from './caller/host-audit.ts';
import { NetlinkMessages } from './caller/netlink-messages.ts';
import { PidNamespaces } from './caller/pid-namespaces.ts';
import { RecentSecurity } from './caller/recent-security.ts';
import { SenderAddresses } from './caller/sender-addresses.ts';
import { TaskStamps } from './caller/task-stamps.ts';
import { WaitingMemory } from './caller/waiting-memory.ts';
import { handlerTable } from './calls/index.ts';
import type { WorkerContext } from './context.ts';
import { DaemonDescriptors } from './daemon-descriptors.ts';
import type { FastPath } from './fast-path/fast-path.ts';
import { fastPathFor } from './fast-path/host.ts';
import { LabelOptions } from './labels/label-options.ts';
import { receiveWakesAtEnd, serveCalls } from './loop.ts';
import { MetadataGuard } from './metadata-guard.ts';
import { Notification } from './notification.ts';
import { ChangedData } from './pending/changed-data.ts';
import { DeferredCalls } from './pending/deferred-calls.ts';
import { EmulatedFsContexts } from './pending/emulated-fs-contexts.ts';
import { FailedExecs } from './pending/failed-execs.ts';
import { HostFsContexts } from './pending/host-fs-contexts.ts';
import { LeftCalls } from './pending/left-calls.ts';
import { InodeClock } from './pending/new-inode.ts';
import { NewLabelAnswers } from './pending/new-label-answers.ts';
import { NewLabels } from './pending/new-labels.ts';
import { NewMounts } from './pending/new-mounts.ts';
import { NewPrograms } from './pending/new-programs.ts';
import { PacedSenders } from './pending/paced-senders.ts';
import { SecurePrograms } from './pending/secure-programs.ts';
import { AuditedNumbers } from './protocol/audited-numbers.ts';
import { CallClock, type ClockedCall, isUnderWay } from './protocol/call-clock.ts';
import { Asker } from './protocol/channel.ts';
import { DeviceTable } from './protocol/devices.ts';
import { Epoch } from './protocol/epoch.ts';
import { FileMarks } from './protocol/file-marks.ts';
import { ProgramAnnouncements } from './protocol/program-announcements.ts';
import type { Ask, Dialogue } from './protocol/questions/index.ts';
import { SharedFlag } from './protocol/shared-flag.ts';
import { WaitingCount } from './protocol/waiting-count.ts';
import type { SharedMemory, SupervisorSettings } from './settings.ts';
import type { Left } from './spares.ts';
import { type StageRequest, workOnStage } from './staging.ts';
import { AttrLocator } from './stand-ins/attr-locator.ts';
import { SysctlLocator } from './stand-ins/sysctl-locator.ts';
import { SysfsCovers } from './stand-ins/sysfs-covers.ts';
import { Urgency } from './urgency.ts';
import { ExecAnswers } from './uses/exec-answers.ts';
import { FileReader, type LookOrder, type ReadOrder, type ReadReport } from './uses/file-reader.ts';
import { FileUseReporter } from './uses/report.ts';

/** What the main thread passes in. Descriptors are those of its table. */
export interface WorkerInput {
  readonly listener: number;
  readonly attrRoot: number;
  readonly shared: SharedMemory;
  readonly settings: SupervisorSettings;
  /** Questions and answers; separate from the thread's own port, which carries WorkerReport. */
  readonly questions: MessagePort;
  readonly answered: SharedArrayBuffer;
  /** CallClock */
  readonly clock: SharedArrayBuffer;
  /** WaitingCount */
  readonly waiting: SharedArrayBuffer;
  /** Present = it stands in for a thread that this call holds. */
  readonly spare: { readonly left: Left; readonly held: ClockedCall } | undefined;
}

/** Worker data: the port of its orders. */
export interface WorkerBirth {
  readonly orders: MessagePort;
}

/** A thread that has supervised or read files does that alone. */
export type WorkerOrder =
  | StageRequest
  | ReadOrder
  | LookOrder
  /** Closes the file that was read. */
  | { readonly kind: 'release' }
  | { readonly kind: 'end' }
  | { readonly kind: 'supervise'; readonly input: WorkerInput };

export type WorkerReport =
  /** The thread has a descriptor table of its own; these are to be closed in the other one when it has ended. */
  | { readonly kind: 'separate'; readonly loop: readonly number[] }
  | { readonly kind: 'staged'; readonly result: number }
  | { readonly kind: 'read'; readonly result: ReadReport }
  | { readonly kind: 'looked'; readonly result: readonly LookUp[] }
  /** `tid`: FUSE requests from this thread are made on behalf of callers. */
  | { readonly kind: 'serving'; readonly tid: Tid }
  /** It has taken a call (HeldWatch.begin). */
  | { readonly kind: 'begun' }
  /** It supervises no longer, has closed what it had open for that, and waits for orders. */
  | { readonly kind: 'ended'; readonly reason: string };

/** Of new files that the fast path labels, of S_IFMT. */
const FAST_TYPES: Partial<Record<InodeClass, number>> = { file: S_IFREG, dir: S_IFDIR };

const report = (message: WorkerReport): void => parentPort?.postMessage(message);

/** Descriptors of the daemon that a thread supervises with. */
type Supervised = Pick<WorkerInput, 'attrRoot' | 'listener'>;

/** The descriptor table of this thread; one of its own from the first {@link keep} or {@link empty} on. */
class Table {
  readonly #loop: readonly number[];
  #isOwn = false;

  constructor(loop: readonly number[]) {
    this.#loop = loop;
  }

  /** Leaves in it what the thread always needs, and these. @returns their numbers in it. */
  keep(fds: Supervised): Supervised {
    const own = this.#isOwn ? { listener: copied(fds.listener), attrRoot: copied(fds.attrRoot) } : fds;
    this.#leave([own.listener, own.attrRoot]);
    return own;
  }

  empty(): void {
    this.#leave([]);
  }

  #leave(fds: readonly number[]): void {
    const separated = separateDescriptors([...this.#loop, ...fds]);
    if (separated < 0) throw new Error(`no descriptor table of our own: errno ${-separated}`);
    if (!this.#isOwn) report({ kind: 'separate', loop: this.#loop });
    this.#isOwn = true;
  }
}

/** @returns a copy of a descriptor of the daemon. */
function copied(fd: number): number {
  const daemon = new DaemonDescriptors();
  const copy = daemon.copy(fd);
  if (copy < 0) throw new Error(`a descriptor of the daemon cannot be copied: errno ${-copy}`);
  return copy;
}

/** @param own its descriptors of the input. @returns why it ended. */
function run(input: WorkerInput, own: Supervised): string {
  const { shared, settings, spare } = input;
  const asker = new Asker<Dialogue>(input.questions, input.answered);
  const devices = new DeviceTable(shared.devices);
  const clock = new CallClock(input.clock);
  const audit = new HostAudit();
  const hazards = new Hazards(devices, audit);
  const view = new CallerView(hazards);
  const namespaces = new PidNamespaces(view, process.pid);
  const failedExecs = new FailedExecs(view, (exec) => asker.tell({ kind: 'failed-exec', ...exec }));
  const files = new FileInspector(view, devices, namespaces, settings.xattrNames, settings.hostXattrNames);
  const answered: Ask = (question) => {
    clock.asking = true;
    try {
      return asker.ask(question);
    } finally {
      clock.asking = false;
    }
  };
  const ask: Ask = (question) => {
    const answer = answered(question);
    if (answer !== undefined && 'inDoubt' in answer) failedExecs.look(answer);
    return answer;
  };
  const call = new Notification(own.listener);
  const memory = new RemoteMemory(() => call.waiting, new WaitingMemory(hazards));
  const watching = new SharedFlag(shared.watching);
  const guarding = new SharedFlag(shared.guarding);
  const ruling = new SharedFlag(shared.ruling);
  let reporter: FileUseReporter | undefined;
  let guard: MetadataGuard | undefined;
  const epoch = new Epoch(shared.epoch);
  const tasks = new TaskStamps();
  const announcements = new ProgramAnnouncements(shared.announcements);
  const security = new RecentSecurity(files, epoch);
  const places = new CallPlaces(view, security);
  const answers = new NewLabelAnswers(view, files, tasks, epoch, places);
  const log = (text: string): void => void asker.tell({ kind: 'log', text });
  const netlinkMessages = new NetlinkMessages(memory);
  const pacedSenders = new PacedSenders(() => performance.now());
  const remembered = ({ to, argument }: Beginning, found: Found): void => {
    if (to === 'file') fastPath?.learned.reached(found, call.tid);
    else if ('file' in found) fastPath?.learned.led(found.file, argument);
  };
  let fastPath: FastPath | undefined;
  const context: WorkerContext = {
    ...settings,
    get fastPath() {
      return fastPath;
    },
    get fileUses() {
      if (reporter === undefined && watching.isSet) reporter = new FileUseReporter(context);
      return reporter;
    },
    get guard() {
      if (guard === undefined && guarding.isSet)
        guard = new MetadataGuard({ view, files, ask }, settings.guardedXattrs);
      return guard;
    },
    call,
    memory,
    view,
    auditSockets: new CallerAuditSockets(new SharedFlag(shared.auditing), view, ask),
    senderAddresses: new SenderAddresses(memory),
    netlinkMessages,
    epoch,
    marks: new FileMarks(shared.marks),
    tasks,
    places,
    mounts: hazards.mountQuery,
    locator: new AttrLocator(view, namespaces),
    devices,
    files,
    execAnswers: new ExecAnswers(view, announcements, epoch),
    namespaces,
    mediator:
      settings.mediation &&
      new Mediator(settings.mediation, {
        view,
        files,
        namespaces,
        tasks,
        epoch,
        announcements,
        ask,
        call,
        ruling,
        remembered,
      }),
    newLabels: new NewLabels(
      view,
      new InodeClock(view),
      files,
      ask,
      ruling,
      answers,
      (fd, tid, before, name) => {
        context.labelled();
        context.guard?.follow(fd, tid, before, name);
      },
      {
        get isWanted() {
          return fastPath?.learned.wantsLabel === true;
        },
        learn: (directory, made, label) => {
          const type = FAST_TYPES[made.class];
          if (type !== undefined && !directory.inode.filesystem.type.startsWith('cgroup'))
            fastPath?.learned.labelled(directory, { ...made, type }, label);
        },
      },
    ),
    labelled: () => {
      security.forget();
      context.mediator?.labelled();
      context.fastPath?.relabelled();
    },
    newMounts: new NewMounts(view, files, ask),
    newPrograms: new NewPrograms(ask),
    securePrograms: new SecurePrograms(() => context.mediator?.unseen(), new ExecTrace()),
    leftCalls:
      spare?.left === 'everybody'
        ? undefined
        : new LeftCalls(call, ask, new WaitingCount(input.waiting), spare === undefined),
    pacedSenders,
    deferredCalls: new DeferredCalls(call, pacedSenders, spare === undefined),
    auditedCalls: new AuditedCalls(
      { call, memory, view, files, namespaces, ask, log, labelNew: (tid) => context.newLabels.complete(tid) },
      new AuditedNumbers(shared.audited),
    ),
    sysPlaces: settings.sysDirectories.map((directory) => `/sys/${directory}`),
    sysfsCovers: new SysfsCovers(view, settings.source, settings.sysDirectories),
    changedData: new ChangedData(memory),
    emulatedFsContexts: new EmulatedFsContexts(view),
    hostFsContexts: new HostFsContexts(),
    attrRoot: view.openAt(own.attrRoot, ATTR_ON_BEHALF, O_PATH | O_DIRECTORY),
    standIns: undefined,
    labelOptions: new LabelOptions(settings.mountOptions),
    sysctlLocator: new SysctlLocator(view, settings.missingSysctls),
    ask,
    daemon: new DaemonDescriptors((question) => void asker.tell(question)),
    log,
  };
  // A host whose audit is known to watch files is looked at with more care.
  if (settings.fastPathMode !== 'off' && audit.looks !== 'yes') fastPath = fastPathFor(context, announcements);
  context.call.preferSynchronousWakeUp();
  report({ kind: 'serving', tid: tidOf(rawSyscall(NR.gettid)) });
  void audit.looks; // with our own credentials, and while nobody waits
  const urgency = spare === undefined ? new Urgency() : undefined;
  call.beforeAnswer = () => urgency?.raise();
  const reason = serveCalls(context, {
    urgency,
    table: handlerTable(process.arch, settings.mediation?.families ?? []),
    wakesAtEnd: receiveWakesAtEnd(release()),
    clock,
    begun: () => report({ kind: 'begun' }),
    spare: spare && { left: spare.left, isNeeded: () => isUnderWay(spare.held) },
  });
  urgency?.lower();
  context.auditedCalls.close();
  fastPath?.close();
  context.newLabels.close();
  tasks.close();
  reporter?.close();
  guard?.close();
  context.newMounts.close();
  context.emulatedFsContexts.close();
  view.close(context.attrRoot);
  input.questions.close();
  return reason;
}

function obey({ orders }: WorkerBirth, loop: readonly number[]): void {
  let reader: FileReader | undefined;
  const table = new Table(loop);
  const readerFor = (order: ReadOrder | LookOrder): FileReader => {
    if (reader === undefined) table.empty();
    reader ??= new FileReader(order.settings);
    return reader;
  };
  orders.on('message', (order: WorkerOrder) => {
    if (order.kind === 'supervise') {
      const reason = run(order.input, table.keep(order.input));
      table.empty();
      report({ kind: 'ended', reason });
    } else if (order.kind === 'end') orders.close();
    else if (order.kind === 'release') reader?.release();
    else if (order.kind === 'read') report({ kind: 'read', result: readerFor(order).read(order) });
    else if (order.kind === 'look') report({ kind: 'looked', result: readerFor(order).look(order) });
    else report({ kind: 'staged', result: workOnStage(order) });
  });
}

void loopDescriptors().then((loop) => obey(workerData as WorkerBirth, loop));
