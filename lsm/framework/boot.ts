/**
 * Booting a stack: order the modules, create them, register their hooks.
 */

import type { Tid } from '../../linux/ids.ts';
import { LSM_ID_UNDEF } from '../../linux/lsm.ts';
import { InodeNumbers } from '../../vfs/pseudo/index.ts';
import type { UserNamespace } from '../../vfs/tree/caller.ts';
import { Changes } from '../../vfs/tree/changes.ts';
import { PathAutomata } from './access/path-automaton.ts';
import { type AuditEnvironment, auditParameters, bootAudit } from './audit/boot-audit.ts';
import { isOnAtBoot, printParameters } from './audit/boot-parameters.ts';
import { recordBoot } from './audit/boot-records.ts';
import { auditLabel } from './audit/label.ts';
import type { BootConfig } from './config.ts';
import { softwareDigests } from './digests/digests.ts';
import { type Digests, KERN_ERR, KERN_WARNING, type KernelLog, type Zstd } from './facts.ts';
import { FileStores } from './files/file-stores.ts';
import type { UsedFile } from './files/file-use.ts';
import { FileWatch } from './files/file-watch.ts';
import type { InodeFacts } from './files/inode.ts';
import { type MetadataVerdict, metadataOfUsed } from './files/metadata.ts';
import { NO_NOTES, type OpenNotes } from './files/open-files.ts';
import { Keyrings } from './keys/keyring.ts';
import { RETIRED } from './left-out.ts';
import { LsmfsError } from './lsmfs-error.ts';
import type { BootedModule, Module, ModuleDefinition } from './module.ts';
import type { ModuleId } from './module-facts.ts';
import type { ModuleHost } from './module-host.ts';
import { didYouMean } from './nearest.ts';
import { isCompiledIn, orderModules } from './ordering.ts';
import type { SharedImages } from './shared-images.ts';
import { Stack } from './stack.ts';
import { TaskTable } from './task.ts';
import { isPlaced } from './task-user-namespaces.ts';
import { type Extension, Tpm } from './tpm/tpm.ts';

export interface BootEnvironment extends AuditEnvironment {
  /** Sends SIGKILL to a thread; absent = nothing can be sent. */
  kill?(tid: Tid): void;
  /** Absent = modules keep what they would compress as it is. */
  readonly zstd?: Zstd;
  /** Absent = SHA-1 and SHA-256 only. */
  readonly digests?: Digests;
  /** What other stacks of this program have parsed; absent = this one is alone. */
  readonly shared?: SharedImages;
  /** Is told of each extension of a register of the TPM. */
  extended?: Extension;
}

/** @public */
export type BootErrorCode = 'UNKNOWN_MODULE' | 'NOT_COMPILED_IN' | 'NOT_IMPLEMENTED';

export interface BootErrorData {
  /** The refused module. */
  readonly name: string;
  /** Those that could be asked for. */
  readonly available: readonly string[];
}

const BOOT_ERRORS: Readonly<Record<BootErrorCode, string>> = {
  UNKNOWN_MODULE: 'is not a security module',
  NOT_COMPILED_IN: 'is not part of the emulated kernel',
  NOT_IMPLEMENTED: 'is not implemented',
};

/**
 * Thrown only where `BootConfig.refuse` asks for it: the configuration names a module that this boot cannot give.
 * @public
 */
export class BootError extends LsmfsError<BootErrorCode, BootErrorData> {
  readonly code: BootErrorCode;
  readonly data: BootErrorData;
  constructor(code: BootErrorCode, name: string, available: readonly string[]) {
    const near = didYouMean(name, available).trimEnd();
    super(`lsm: ${name} ${BOOT_ERRORS[code]}. ${near === '' ? `There are: ${available.join(', ')}.` : near}`);
    this.name = 'BootError';
    this.code = code;
    this.data = { name, available };
  }
}

/** @param known every module there is, in link order. */
export function bootStack(asked: BootConfig, env: BootEnvironment, known: readonly ModuleDefinition[]): Stack {
  const config = withKnownParameters(asked);
  refuseUnavailable(config, known);
  const definitions = orderModules(config, known);
  if (config.lsm !== undefined && config.security !== undefined) {
    const { lsm, security } = config;
    env.log.print(`LSM: security=${security} is ignored because it is superseded by lsm=${lsm}`, KERN_WARNING);
  }
  const auditing = auditParameters(config);
  printParameters(auditing, (text, level) => env.log.print(text, level));
  env.log.print(`LSM: initializing lsm=${definitions.map((module) => module.name).join(',')}`);

  // Modules get the host before the stack exists; hooks and nodes use the stack only after boot.
  let stack: Stack | undefined;
  const booted = (): Stack => {
    if (stack === undefined) throw new Error('a module used the stack while it was being created');
    return stack;
  };
  const tasks = new TaskTable({
    exited: (task) => {
      audit.exited(task);
      stack?.hooks.notify('credFree', task);
    },
    freed: (task) => stack?.hooks.notify('taskFree', task),
  });
  const defaultModules = tasks.registerBlob<ModuleId>({ initial: () => LSM_ID_UNDEF, fork: (parent) => parent });
  const userNamespaces = tasks.registerBlob<UserNamespace | undefined>(
    { initial: () => undefined, fork: (parent) => parent },
    true,
  );
  const openNotes = tasks.registerBlob<OpenNotes>({ initial: () => NO_NOTES, fork: (parent) => parent }, true);
  const audit = bootAudit(config, env, tasks, () => booted().hooks);
  let records = 0;
  const log: KernelLog = {
    print: (text, level) => env.log.print(text, level),
    audit: (type, body) => {
      records++;
      audit.record({ type, body });
    },
    own: (module, text) => env.log.own?.(module, text),
  };
  const securityfsNumbers = new InodeNumbers();
  const sysctlNumbers = new InodeNumbers();
  const parameterNumbers = new InodeNumbers();
  const securityfsChanges = new Changes();
  const watch = new FileWatch();
  const guard = new FileWatch();
  const stores = new FileStores();
  const digests = env.digests ?? softwareDigests;
  const keyOptions = { keys: config.keys ?? {}, options: config.build.options ?? [], digests };
  const keyrings = new Keyrings(keyOptions, (text) => env.log.print(text, KERN_ERR));
  const extended: Extension = (...extension) => {
    if (stack?.replaying !== true) env.extended?.(...extension);
  };
  const tpm = config.tpm && new Tpm(config.tpm, digests, extended);
  const pathAutomata = new PathAutomata();
  const host: Omit<ModuleHost, 'owns'> = {
    config,
    log,
    ...(env.zstd && { zstd: env.zstd }),
    ...(env.shared && { shared: env.shared }),
    digests,
    ...(tpm && { tpm }),
    taskBlob: (_name, blob) => tasks.registerBlob(blob),
    securityfsNumbers,
    sysctlNumbers,
    parameterNumbers,
    securityfsChanges,
    pathAutomata,
    now: () => booted().facts.now?.() ?? Number((config.bootTime ?? 0n) / 1_000_000_000n),
    taskOf: (caller) => booted().taskOf(caller),
    findTask: (tid) => booted().find(tid),
    socketMaker: (socket, tid) => booted().socketMaker(socket, tid),
    namelessMaker: (ino, tid) => {
      const holder = booted().find(tid);
      return holder && booted().openFiles.makerOf(ino, holder);
    },
    openerOf: (task, opened) => booted().openerOf(task, opened),
    ipcMaker: (object) => booted().ipc.maker(object),
    namedMaker: (name) => booted().namedMakers.maker(name),
    keyMakers: () => booted().keyMakers,
    threadFacts: (tid) => booted().facts.thread(tid),
    tracerOf: (task) => {
      const tracer = booted().facts.thread(task.tid)?.tracer;
      return tracer === undefined ? undefined : booted().find(tracer);
    },
    tasks: () => tasks.all(),
    kill: (task) => {
      if (!booted().replaying) env.kill?.(task.tid);
    },
    unused: (filesystem) => booted().filesystems.unused(filesystem),
    ownEntries: (userNamespace, init) => {
      const made = modules.flatMap(({ module }) => module.inOwnSecurityfs?.(userNamespace, init) ?? []);
      return { root: made.flatMap(({ root }) => root), integrity: made.flatMap(({ integrity }) => integrity) };
    },
    userNamespaceOf: (task, caller) => (isPlaced(caller) ? caller.userNamespace : userNamespaces.of(task)),
    loginOf: (task) => audit.stateOf(task),
    labelOf: (task) => booted().labelOf(task),
    measureCriticalData: (data, caller) => booted().hooks.notify('criticalData', data, caller),
    labelRuleKnown: (rule) => booted().hooks.collect('auditRuleInit', rule).includes(true),
    labelRuleMatches: (rule, labelled) => booted().hooks.collect('auditRuleMatch', rule, labelled).includes(true),
    watchFiles: () => watch.start(),
    readFile: (hook, path, caller, done) => booted().reads.read(hook, path, caller, done),
    keyring: (name) => keyrings.get(name),
    kernelKeys: keyrings,
    storeXattr: (file, name, value) => storeXattr(booted(), stores, file, name, value),
    storedName: (name, caller) => booted().files.storedName(name, caller),
    guardMetadata: () => guard.start(),
    metadataGuarded: () => guard.active,
    metadataVerdict: (file, userNamespace) => metadataVerdict(booted(), stores, file, userNamespace),
    encryptedKey: (description, caller) => booted().encryptedKeys.get(description, caller),
  };
  const none: Module = { hooks: {} };
  const modules: BootedModule[] = definitions.map((definition) => ({
    definition,
    module: definition.create?.({ ...host, owns: (claim) => booted().claims.get(claim) === definition.name }) ?? none,
  }));
  stack = new Stack({
    config,
    facts: env.facts,
    log,
    audit,
    auditSenders: env.auditSenders,
    recorded: () => records,
    compiledIn: known.filter((module) => isCompiledIn(config, module)),
    modules,
    tasks,
    watch,
    guard,
    stores,
    defaultModules,
    userNamespaces,
    openNotes,
    pathAutomata,
    securityfsNumbers,
    securityfsChanges,
    sysctlNumbers,
    parameterNumbers,
    keyrings,
    ...(tpm && { tpm }),
  });
  if (isOnAtBoot(auditing) === true) recordBoot(log, auditLabel(stack.hooks, tasks.first())?.label, modules);
  return stack;
}

/** __vfs_setxattr_noperm(), with what the other modules do after it. */
function storeXattr(
  stack: Stack,
  stores: FileStores,
  file: UsedFile,
  name: string,
  value: string,
): InodeFacts['xattrs'] {
  const { key } = file.content;
  const xattrs = { ...file.inode.xattrs, [name]: value };
  const guarded = stack.declared.guardedXattrs.some(
    (one) => one === name || (one.endsWith('.') && name.startsWith(one)),
  );
  const before = metadataOfUsed(file);
  const made = { before, attribute: name };
  const kept = stack.metadata.watch.active && guarded ? stack.metadata.changed({ ...before, xattrs }, made) : [];
  const beside: Record<string, string> = {};
  for (const { name: stored, value: content } of kept)
    if (content !== undefined && stored !== name) beside[stored] = content;
  for (const [stored, content] of Object.entries({ [name]: value, ...beside }))
    stores.add({ key, name: stored, value: content }, stack.replaying);
  return { ...xattrs, ...beside };
}

function metadataVerdict(
  { hooks, replaying }: Stack,
  stores: FileStores,
  file: UsedFile,
  userNamespace: UserNamespace | undefined,
): MetadataVerdict {
  const metadata = metadataOfUsed(file);
  const found = hooks.collect('metadataVerify', metadata, userNamespace).find((verdict) => verdict !== 'unknown');
  if (found !== 'pass') return { verdict: found ?? 'unknown', xattrs: file.inode.xattrs };
  let { xattrs } = file.inode;
  for (const kept of hooks.collect('metadataVerified', metadata, userNamespace)) {
    if (kept?.value === undefined) continue;
    xattrs = { ...xattrs, [kept.name]: kept.value };
    stores.add({ key: file.content.key, name: kept.name, value: kept.value }, replaying);
  }
  return { verdict: found, xattrs };
}

/** Names of modules that can be asked for. */
export function availableModules(
  config: Pick<BootConfig, 'profile' | 'build'>,
  known: readonly ModuleDefinition[],
): string[] {
  return known.filter((module) => module.create !== undefined && isCompiledIn(config, module)).map(({ name }) => name);
}

function refuseUnavailable(config: BootConfig, known: readonly ModuleDefinition[]): void {
  if (config.refuse === undefined) return;
  const compiledIn = known.filter((module) => isCompiledIn(config, module));
  const available = availableModules(config, known);
  const asked = config.lsm === undefined ? [config.security ?? ''] : config.lsm.split(',');
  for (const name of asked) {
    if (name === '' || RETIRED.includes(name)) continue;
    const module = known.find((candidate) => candidate.name === name);
    if (module === undefined) throw new BootError('UNKNOWN_MODULE', name, available);
    if (config.refuse === 'unknown') continue;
    if (compiledIn.includes(module)) {
      if (module.create === undefined) throw new BootError('NOT_IMPLEMENTED', name, available);
    } else if (module.legacyMajor) throw new BootError('NOT_COMPILED_IN', name, available);
  }
}

function withKnownParameters(config: BootConfig): BootConfig {
  const { withoutParameters = [] } = config.build;
  const known = Object.entries(config.parameters).filter(([name]) => !withoutParameters.includes(name));
  return { ...config, parameters: Object.fromEntries(known) };
}
