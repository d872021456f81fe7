/**
 * `lsmfs run`: make a world and become its first command.
 *
 * The daemon starts while we read the command line and make the mount namespace; one exchange of messages later we are
 * under its supervision and exec. From then on this process is the command: same pid, terminal, parent, signals.
 */
import { writeSync } from 'node:fs';
import path from 'node:path';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import { WorldError } from '../errors.ts';
import type { RunOptions, StackOptions } from '../options.ts';
import { BlockingChannel } from '../protocol/blocking-channel.ts';
import { currentStateRoot, type WorldDirectory } from '../registry/directory.ts';
import { mountsOf } from '../registry/mount-info.ts';
import { ownProcess } from '../registry/process-id.ts';
import { removeMadeDirectories } from '../registry/reap.ts';
import { newWorldId } from '../registry/record.ts';
import { mountSource } from '../registry/source.ts';
import { become } from './become.ts';
import { claimWorld } from './claim.ts';
import { makeConfigurationDirectories } from './client-configuration.ts';
import { enterNewNamespace, furnishNamespace } from './namespace.ts';
import { prepareRun } from './prepare.ts';
import {
  requireDescriptors,
  requireFileContexts,
  requireHost,
  requireInherited,
  requireLogFile,
  requirePolicyFile,
  WORLD_VARIABLE,
} from './requirements.ts';
import { joinWorld } from './supervision.ts';

const MISSED = HOST_SIDES.flatMap(({ withoutSupervisor }) => withoutSupervisor ?? []).join(', ');
const WITHOUT_SUPERVISOR = `no supervisor: ${MISSED}; mount(2), xattrs and lsm_*() are the host's`;

export function runWorld(options: RunOptions): never {
  requireHost();
  if (options.transport !== 'kernel') {
    throw new WorldError(
      'bad-option',
      'lsmfs run cannot use --transport=fuse-native: it does not tell which process makes a request.',
      'Leave --transport away; only `lsmfs mount` can use fuse-native.',
    );
  }
  requireDescriptors();
  requirePolicyFile(options.policy);
  requireFileContexts(options.fileContexts);
  requireLogFile(options.logFile);
  const prepared = options.prepared ?? prepareRun();
  requireInherited(options.jsonStatusFd, prepared.inherited);
  const world = claimWorld(currentStateRoot(), options.name);
  const madeDirectories = makeConfigurationDirectories();
  const id = newWorldId();
  try {
    recordStart(world, id, options, madeDirectories);
    enterWorld(world, id, new BlockingChannel(prepared.channelFd), options, madeDirectories);
  } catch (error) {
    abandon(world, madeDirectories);
    throw error;
  }
  process.env[WORLD_VARIABLE] = world.name;
  const { inherited } = prepared;
  const descriptors = inherited.descriptors.filter((fd) => fd !== options.jsonStatusFd);
  return become(options.argv, { ...inherited, descriptors });
}

/**
 * Once the daemon owns the directory it removes it itself, when the launcher ends; if both did, the second could remove a
 * new world of the same name.
 */
function abandon(world: WorldDirectory, madeDirectories: readonly string[]): void {
  try {
    const owner = world.read()?.owner.pid;
    if (owner !== undefined && owner !== process.pid) return;
    world.remove();
    removeMadeDirectories(madeDirectories, world);
  } catch {
    // The next command removes it.
  }
}

function enterWorld(
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
    stack: stackOptions(options),
    seccomp: options.seccomp,
    transport: options.transport,
    command: options.argv,
    launcher: process.pid,
    madeDirectories,
    ...(options.jsonStatusFd === undefined ? {} : { statusFd: options.jsonStatusFd }),
    ...(options.logFile === undefined ? {} : { logFile: path.resolve(options.logFile) }),
  });
  enterNewNamespace();
  const booted = channel.receive('booted');
  const source = mountSource({ name: world.name, id });
  for (const remark of booted.remarks ?? []) writeSync(2, `lsmfs: ${remark}\n`);
  if (!options.seccomp) writeSync(2, `lsmfs: ${WITHOUT_SUPERVISOR}\n`);
  for (const remark of furnishNamespace(booted, world, source)) writeSync(2, `lsmfs: ${remark}\n`);
  joinWorld(channel, booted, devicesOf(source));
}

/** Until the daemon writes its own record, the launcher's names this process: if it dies, the world is dead. */
export function recordStart(
  world: WorldDirectory,
  id: string,
  options: RunOptions,
  madeDirectories: readonly string[],
): void {
  const owner = ownProcess();
  world.write({
    name: world.name,
    id,
    owner,
    state: 'starting',
    started: Math.floor(Date.now() / 1000),
    lsm: options.lsm ?? '',
    profile: options.profile,
    seccomp: options.seccomp,
    command: options.argv,
    madeDirectories,
    devices: [],
  });
}

/** Superblocks of the world that the namespace we are in has. */
function devicesOf(source: string): string[] {
  return [...new Set(mountsOf('self').flatMap((mount) => (mount.source === source ? [mount.device] : [])))];
}

/** The options that are sent to the daemon. */
function stackOptions(options: RunOptions): StackOptions {
  const { lsm, security, profile, enforcing, policy, fileContexts, parameters, allowUnimplemented, build } = options;
  const { mediation, keys, encryptedKeys, tpm } = options;
  return {
    profile,
    enforcing,
    ...(lsm === undefined ? {} : { lsm }),
    ...(security === undefined ? {} : { security }),
    ...(policy === undefined ? {} : { policy: path.resolve(policy) }),
    ...(fileContexts === undefined
      ? {}
      : { fileContexts: fileContexts === 'none' ? 'none' : path.resolve(fileContexts) }),
    ...(mediation === undefined ? {} : { mediation }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(keys === undefined ? {} : { keys: mapped(keys, (files) => files.map((file) => path.resolve(file))) }),
    ...(encryptedKeys && { encryptedKeys: mapped(encryptedKeys, (file) => path.resolve(file)) }),
    ...(tpm && {
      tpm: { ...tpm, ...(tpm.registers && { registers: mapped(tpm.registers, (file) => path.resolve(file)) }) },
    }),
    ...(allowUnimplemented === undefined ? {} : { allowUnimplemented }),
    ...(build === undefined ? {} : { build }),
  };
}

function mapped<T>(table: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]));
}
