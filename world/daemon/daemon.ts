/**
 * The daemon of a world: boots it, lets processes join, and ends when the last of them has (life.ts).
 */

import { closeSync, openSync } from 'node:fs';
import { type Tgid, type Tid, tidOf } from '../../linux/ids.ts';
import { WorldError } from '../errors.ts';
import type {
  BootedReply,
  BootRequest,
  ControlReply,
  ControlRequest,
  EnterRequest,
  FurnishedReply,
  FurnishRequest,
  JoinedReply,
  JoinRequest,
  StopRequest,
  TakeRequest,
} from '../protocol/messages.ts';
import { WorldDirectory } from '../registry/directory.ts';
import { removeMadeDirectories } from '../registry/reap.ts';
import { mountSource } from '../registry/source.ts';
import type { SupervisorThread } from '../supervisor/thread.ts';
import { type AttrLinksThread, startAttrLinks } from './attr-links/attr-links-thread.ts';
import { ContainerLogs } from './audit/container-logs.ts';
import { Bookkeeping } from './bookkeeping.ts';
import { bootRemarks } from './boot-stack.ts';
import { circumstances } from './circumstances.ts';
import { CommandEnd } from './command-end.ts';
import { type Conversation, type ConversationHandler, listen, newLauncher } from './control-server.ts';
import { atEnd, descriptorOf } from './facts/peers.ts';
import { IdleWork } from './idle-work.ts';
import { LastLines } from './last-lines.ts';
import { launcherFacts } from './launcher-facts.ts';
import { Life } from './life.ts';
import { DaemonLog } from './log.ts';
import { Reports } from './reports.ts';
import { RunReport } from './run-report.ts';
import { isInhabited, type Running } from './running.ts';
import { offerInPlaceOfOpens, offerMounts } from './served/offers.ts';
import { Stage } from './served/stage.ts';
import { requestOfTaker, Standby } from './standby.ts';
import { StatusLines } from './status-lines.ts';
import { Stopping } from './stopping.ts';
import { startWorldTpm, type WorldTpm } from './tpm/world-tpm.ts';
import { DaemonWorld } from './world.ts';

export interface DaemonInit {
  /** The bundle that runs, to start threads from. */
  readonly program: URL;
  /** For the first listener; it loads while the daemon does. */
  readonly thread: SupervisorThread;
  exit(status: number): void;
  /** There is a world to be ended in order. Before, a signal ends the daemon at once, also where its boot waits for a file. */
  booted(): void;
}

export class Daemon implements ConversationHandler {
  readonly #status = new StatusLines();
  /** Descriptor of the mount namespace that the first launcher made. */
  readonly #namespace: Promise<number>;
  /** To be called with who is in it. */
  #firstJoined: (launcher: Tgid) => void = () => {};
  readonly #hands: Stage;
  /** Processes join one after another: the thread for the next one is kept. */
  #keepsSpare = false;
  /** Descriptors that the first launcher fetches; closed when it has joined. */
  readonly #offered: number[] = [];
  readonly #init: DaemonInit;
  readonly #life = new Life<Running>({
    isInhabited: (running) => !running.request.seccomp && isInhabited(running),
    end: (running) => {
      if (running === undefined) this.#init.exit(0);
      else void this.#end(running);
    },
  });
  readonly #hurries = (): boolean => this.#life.world?.world.abnormalEnds.any === true;
  readonly #idle = new IdleWork(() => this.#lookAfter(), this.#hurries);
  readonly #lastLines = new LastLines({
    refusals: () => {
      const { refusals, supervision } = this.#life.get().world;
      return supervision.mediation?.logOnly === true ? 0 : refusals.count;
    },
    left: () => {
      const { facts, members } = this.#life.get().world;
      return members.processes().map((pid) => facts.status(tidOf(pid))?.comm ?? String(pid));
    },
  });
  readonly #stopping = new Stopping();
  readonly #commandEnd = new CommandEnd((graceMs) => this.stop({ graceMs }));
  readonly #reports = new Reports();
  /** Of a run that is reported. */
  #report: RunReport | undefined;
  /** Of a world that waits for its first process. */
  #standby: Standby | undefined;
  /** The world's TPM, where it is a swtpm process. */
  #tpm: WorldTpm | undefined;

  constructor(init: DaemonInit) {
    this.#init = init;
    this.#hands = new Stage(init.thread);
    this.#namespace = new Promise((resolve, reject) => {
      this.#firstJoined = (launcher) => {
        this.#firstJoined = () => {};
        try {
          resolve(openSync(`/proc/${launcher}/ns/mnt`, 'r'));
        } catch {
          reject(new WorldError('unknown-world', 'That world is ending.')); // killed at the last moment
        }
      };
    });
    this.#namespace.catch(() => undefined);
  }

  answer(
    request: ControlRequest,
    conversation: Conversation,
  ): Promise<ControlReply | undefined> | ControlReply | undefined {
    switch (request.kind) {
      case 'boot':
        return this.#boot(request, conversation);
      case 'take':
        return this.#take(request, conversation);
      case 'enter':
        return this.#enter(request, conversation);
      case 'furnish':
        return this.#furnish(request, conversation);
      case 'join':
        return this.#join(request, conversation);
      case 'status':
        return { kind: 'status', processes: this.#life.get().world.members.processes() };
      case 'explain':
      case 'measurements':
      case 'tree':
      case 'labels':
        return this.#reports.answer(this.#life.get(), request);
      case 'reset':
        return { kind: 'reset', modules: this.#life.get().world.reset() };
      case 'wait':
        return this.#commandEnd.wait();
      case 'stop':
        this.stop(request);
        return undefined;
    }
  }

  ended(conversation: Conversation): void {
    const { launcher, joined } = conversation;
    // No world yet: the launcher that started us failed or needs no daemon.
    if (launcher === undefined && this.#life.world !== undefined) return;
    if (joined === true) return;
    if (launcher !== undefined) {
      this.#life.launcherDone();
      this.#exited(launcher, undefined);
    }
    // Who started it was killed meanwhile.
    if (this.#standby?.hasBegun === false) this.#life.expire();
    this.#life.endWhenEmpty();
  }

  trouble(text: string): void {
    this.#life.world?.log.trouble(text);
  }

  stop({ graceMs }: Pick<StopRequest, 'graceMs'>): void {
    const running = this.#life.world;
    if (running === undefined) this.#init.exit(0);
    else if (this.#life.state === 'standby') this.#life.expire();
    else this.#stopping.begin(running.world.members, graceMs, this.#life);
  }

  async #boot(request: BootRequest, conversation: Conversation): Promise<BootedReply> {
    const launcher = newLauncher(conversation);
    this.#life.boot();
    let isStandby = false;
    try {
      process.title = `lsmfs ${request.name}`;
      const directory = new WorldDirectory(request.stateRoot, request.name);
      conversation.launcher = launcher;
      const log = DaemonLog.ofWorld(directory, request.logFile);
      this.#report = request.report && new RunReport(request.report, launcher);
      log.copy = this.#report?.line;
      this.#tpm = await startWorldTpm(directory, request.stack);
      const world = new DaemonWorld({
        source: mountSource(request),
        stage: directory.stage,
        stateRoot: directory.root,
        options: request.stack,
        log,
        containerLogs: new ContainerLogs(directory),
        tpm: this.#tpm,
        hands: this.#hands,
        superblocksChanged: () => this.#idle.soon(),
        exited: (pid, waitStatus) => this.#exited(pid, waitStatus),
        exiting: (pid, waitStatus) => {
          this.#status.exiting(pid, waitStatus);
          this.#commandEnd.exiting(pid, waitStatus);
        },
      });
      this.#report?.explainBy(world);
      const server = await listen(directory.control, this);
      const attrLinks = request.seccomp ? undefined : await this.#startAttrLinks(world, mountSource(request));
      const books = new Bookkeeping(directory, request, {
        modules: world.stack.active,
        devices: () => world.instances.devices(),
        processes: () => world.members.processes(),
        trouble: (text) => log.trouble(text),
      });
      this.#life.made({ world, directory, log, server, request, books, attrLinks });
      if (request.standby === undefined) this.#admitFirst(launcher, request);
      const { tracker } = world.members;
      // Without a supervisor nobody tells that the last process is gone.
      this.#idle.begin(request.seccomp ? (ring) => tracker.alarm?.(ring) : undefined);
      const mounts = await offerMounts(world);
      if (attrLinks !== undefined) mounts.push(...(await offerInPlaceOfOpens(world, attrLinks.mountFd)));
      this.#offered.push(...mounts.map(({ fd }) => fd));
      world.remember();
      const reply = { mounts, remarks: bootRemarks(request.stack, world.stack) };
      // When the launcher has its answer.
      setImmediate(() => world.makeReady());
      if (request.standby !== undefined) {
        this.#standby = new Standby({
          directory,
          terms: request.standby,
          reply,
          circumstances: circumstances(launcher, request.stack) ?? '',
        });
        isStandby = true;
      }
      return { ...this.#bootedReply(request.statusFd), ...reply };
    } finally {
      this.#init.booted();
      this.#life.booted(isStandby ? 'standby' : 'serving');
    }
  }

  #take(request: TakeRequest, conversation: Conversation): BootedReply {
    const running = this.#life.get();
    const standby = this.#standby;
    const launcher = newLauncher(conversation);
    const { stack } = running.request;
    if (standby?.fits(request, () => circumstances(launcher, stack)) !== true)
      throw new WorldError('unknown-world', 'That world is not on standby for this.');
    this.#life.take();
    standby.end();
    conversation.launcher = launcher;
    running.request = requestOfTaker(running.request, request);
    running.books.taken(running.request);
    this.#admitFirst(launcher, request);
    return { ...this.#bootedReply(request.statusFd), ...launcherFacts(), ...standby.reply };
  }

  /** The world can be taken now. */
  async #furnish({ made }: FurnishRequest, { launcher }: Conversation): Promise<FurnishedReply> {
    const standby = this.#standby;
    if (launcher === undefined || standby === undefined || standby.hasBegun)
      throw new WorldError('daemon-failed', 'That world is not to be furnished.');
    if (made !== undefined) {
      this.#life.get().books.furnished(made.devices);
      this.#firstJoined(launcher);
      for (const fd of this.#offered.splice(0)) closeSync(fd);
      const remarks = [...(standby.reply.remarks ?? []), ...made.remarks];
      standby.reply = { mounts: [], remarks, namespace: await this.#namespace };
    }
    standby.begin(() => this.#life.expire());
    return { kind: 'furnished' };
  }

  #admitFirst(launcher: Tgid, request: Pick<BootRequest, 'statusFd' | 'terminalFd' | 'commandEnd'>): void {
    this.#admit(launcher, request);
    this.#commandEnd.introduce(launcher, request.commandEnd);
    this.#lastLines.introduce(launcher, this.#life.get().directory.name, request.terminalFd);
  }

  /** A process that is about to join. */
  #admit(launcher: Tgid, { statusFd }: Pick<BootRequest, 'statusFd'>): void {
    const { world, books } = this.#life.get();
    this.#status.introduce(launcher, statusFd);
    world.members.tracker.enter(launcher);
    books.entered(launcher);
  }

  async #enter(request: EnterRequest, conversation: Conversation): Promise<BootedReply> {
    const { world } = this.#life.get();
    if (this.#life.state !== 'standby' && world.members.processes().length === 0) {
      throw new WorldError('unknown-world', 'That world is ending.');
    }
    const launcher = newLauncher(conversation);
    this.#life.enter();
    conversation.launcher = launcher;
    this.#keepsSpare = true;
    this.#hands.keepSpare();
    this.#admit(launcher, request);
    return { ...this.#bootedReply(request.statusFd), ...launcherFacts(), namespace: await this.#namespace };
  }

  async #join(request: JoinRequest, conversation: Conversation): Promise<JoinedReply> {
    const { world, directory, books } = this.#life.get();
    const { launcher } = conversation;
    if (launcher === undefined) throw new WorldError('daemon-failed', 'Nobody who could join has been named.');
    for (const fd of this.#offered.splice(0)) closeSync(fd);
    if (request.listener !== undefined) {
      if (request.installed !== undefined) await atEnd(descriptorOf(launcher, request.installed));
      const listener = descriptorOf(launcher, request.listener);
      let supervisor: Awaited<ReturnType<DaemonWorld['supervision']['supervise']>>;
      try {
        supervisor = await world.supervision.supervise(listener);
      } catch (error) {
        closeSync(listener); // Without a reader of the listener the launcher would block forever.
        throw error;
      }
      this.#life.listening(supervisor.ended);
      await supervisor.serving;
    }
    world.firstLabels.joins(launcher, world.facts.status(tidOf(launcher))?.uids[0] ?? 0);
    books.furnished(request.devices);
    books.update();
    conversation.joined = true;
    this.#life.launcherDone();
    this.#firstJoined(launcher);
    this.#status.started(launcher, directory.name);
    // When the launcher has its answer.
    if (this.#keepsSpare) setImmediate(() => this.#hands.keepSpare());
    return { kind: 'joined' };
  }

  #bootedReply(statusFd: number | undefined): BootedReply {
    const { world, directory, request } = this.#life.get();
    return {
      kind: 'booted',
      daemon: process.pid,
      mounts: [],
      filesystemTypes: world.stack.filesystems.types,
      sysctls: [...world.stack.sysctls.keys()],
      ...(this.#tpm !== undefined && { tpm: directory.tpm }),
      ...(request.seccomp
        ? { filter: Buffer.from(world.supervision.filter(statusFd !== undefined)).toString('base64') }
        : {}),
    };
  }

  async #startAttrLinks(world: DaemonWorld, source: string): Promise<AttrLinksThread> {
    const input = { attrRoot: await world.instances.root(world.attrFiles), source };
    const refreshTask = (tid: Tid): void => world.members.refreshTask(tid);
    return startAttrLinks(this.#init.program, input, { refreshTask, trace: (text) => this.trouble(text) });
  }

  #exited(pid: Tgid, waitStatus: number | undefined): void {
    this.#life.world?.attrLinks?.forget(pid);
    this.#life.world?.books.exited(pid);
    this.#status.exited(pid, waitStatus);
    this.#lastLines.exited(pid);
    this.#report?.exited(pid);
    this.#commandEnd.exited(pid, waitStatus);
  }

  /** Runs without a request: notices processes that came and went, and the end of the world. */
  #lookAfter(): void {
    const running = this.#life.world;
    if (running === undefined) return;
    running.world.members.tracker.drain();
    running.books.update();
    if (!running.request.seccomp) this.#life.endWhenEmpty();
  }

  async #end({ world, directory, log, server, request }: Running): Promise<void> {
    await this.#status.end(world.members.tracker);
    this.#lastLines.end();
    this.#report?.end();
    await this.#commandEnd.end(directory, world.members.tracker);
    server.close();
    world.close();
    await this.#tpm?.close();
    log.close();
    // The directory may have been removed, and the name claimed by a new world.
    if (directory.read()?.owner.pid === process.pid) directory.remove();
    removeMadeDirectories(request.madeDirectories, directory);
    this.#init.exit(0);
  }
}
