/**
 * `lsmfs run`: make a world and become its first command.
 *
 * The daemon starts while we read the command line and make the mount namespace; one exchange of messages later we are
 * under its supervision and exec. From then on this process is the command: same pid, terminal, parent, signals.
 */
import { writeSync } from 'node:fs';
import path from 'node:path';
import { isatty } from 'node:tty';
import { duplicateOnto } from '../../host/files/descriptors.ts';
import { setCloseOnExec } from '../../host/process/process.ts';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import type { RunOptions } from '../options.ts';
import { BlockingChannel } from '../protocol/blocking-channel.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { newWorldId } from '../registry/record.ts';
import { mountSource } from '../registry/source.ts';
import { currentStateRoot } from '../registry/state-root.ts';
import { become, findCommand } from './become.ts';
import { claimWorld } from './claim.ts';
import { makeConfigurationDirectories } from './client-configuration.ts';
import { bootParameters } from './command-line.ts';
import { enterNamespace } from './enter-namespace.ts';
import { devicesOf, enterNewNamespace, furnishNamespace } from './namespace.ts';
import { WORLD_VARIABLE } from './nested.ts';
import { prepareRun } from './prepare.ts';
import { compileProfiles } from './profiles.ts';
import { abandon, recordStart } from './record-start.ts';
import {
  requireDescriptors,
  requireFastPathMode,
  requireFileContexts,
  requireHost,
  requireInherited,
  requireLogFile,
  requireMachinePolicy,
  requireOwnTransport,
} from './requirements.ts';
import { startDaemon } from './spawn-daemon.ts';
import { bootOptions } from './stack-options.ts';
import { type TakenWorld, takeStandby } from './standby.ts';
import { joinWorld } from './supervision.ts';
import { unpackedStore, unpackStore } from './unpacked-store.ts';

/** There is a world. */
const READY = '+';
const STDOUT = 1;
const STDERR = 2;
const MISSED = HOST_SIDES.flatMap(({ withoutSupervisor }) => withoutSupervisor ?? []).join(', ');
const WITHOUT_SUPERVISOR = `no supervisor: ${MISSED}; mount(2), xattrs and lsm_*() are the host's`;

export function runWorld(options: RunOptions): never {
  requireHost(options.seccomp);
  requireOwnTransport(options.transport);
  requireDescriptors();
  requireFileContexts(options.fileContexts);
  requireFastPathMode();
  requireLogFile(options.logFile);
  requireMachinePolicy(options);
  const prepared = options.prepared ?? prepareRun();
  requireInherited(options.jsonStatusFd, prepared.inherited);
  const { inherited, channelFd } = prepared;
  const root = currentStateRoot();
  const taken = channelFd === undefined ? takeStandby(root, options) : undefined;
  const command = findCommand(options.argv);
  if (taken === undefined) {
    process.env[WORLD_VARIABLE] = makeWorld(root, channelFd ?? startDaemon(), options);
  } else {
    if (taken.booted.namespace === undefined) {
      enterNewNamespace();
      enterWorld(taken, unpackedStore(options, taken.world));
    } else enterKept(taken);
    process.env[WORLD_VARIABLE] = taken.world.name;
  }
  if (inherited.readyFd !== undefined) sayReady(inherited.readyFd);
  const ours = [options.jsonStatusFd, options.report?.fd, options.detachedFd];
  const passed = { ...inherited, descriptors: inherited.descriptors.filter((fd) => !ours.includes(fd)) };
  if (options.detachedFd === undefined) return become(command, passed);
  setCloseOnExec(options.detachedFd, true);
  duplicateOnto(STDOUT, STDERR);
  return become(command, passed, options.detachedFd);
}

/** To who starts the world for the next run, if it is still there. */
function sayReady(fd: number): void {
  try {
    writeSync(fd, READY);
  } catch {
    // EPIPE
  }
}

/** @returns its name. */
function makeWorld(root: string, channelFd: number, options: RunOptions): string {
  const world = claimWorld(root, options.name);
  const madeDirectories = makeConfigurationDirectories();
  const id = newWorldId();
  try {
    recordStart(world, id, options, madeDirectories);
    const channel = new BlockingChannel(channelFd);
    const settled = compileProfiles(unpackStore(options, world), world);
    sendBoot(world, id, channel, settled, madeDirectories);
    enterNewNamespace();
    enterWorld({ channel, booted: channel.receive('booted'), world, id }, settled);
  } catch (error) {
    abandon(world, madeDirectories);
    throw error;
  }
  return world.name;
}

function sendBoot(
  world: WorldDirectory,
  id: string,
  channel: BlockingChannel,
  options: RunOptions,
  madeDirectories: readonly string[],
): void {
  channel.send({
    kind: 'boot',
    name: world.name,
    id,
    stateRoot: world.root,
    stack: bootOptions(options),
    seccomp: options.seccomp,
    transport: options.transport,
    command: options.argv,
    madeDirectories,
    ...(options.jsonStatusFd === undefined ? {} : { statusFd: options.jsonStatusFd }),
    ...(isatty(STDERR) && options.report === undefined ? { terminalFd: STDERR } : {}),
    ...(options.logFile === undefined ? {} : { logFile: path.resolve(options.logFile) }),
    ...(options.commandEnd === undefined ? {} : { commandEnd: options.commandEnd }),
    ...(options.report === undefined ? {} : { report: options.report }),
  });
}

/** The namespace that was made for it. */
function enterKept({ channel, booted, world }: TakenWorld): void {
  say(booted.remarks);
  enterNamespace(booted, world.name);
  joinWorld(channel, booted);
}

function say(remarks: readonly string[] = []): void {
  for (const remark of remarks) writeSync(STDERR, `lsmfs: ${remark}\n`);
}

/** In a mount namespace of our own. */
function enterWorld({ channel, booted, world, id }: TakenWorld, options: RunOptions): void {
  const source = mountSource({ name: world.name, id });
  say(booted.remarks);
  if (booted.filter === undefined) say([WITHOUT_SUPERVISOR]);
  say(furnishNamespace(booted, world, source, bootParameters(options), options));
  joinWorld(channel, booted, devicesOf(source));
}
