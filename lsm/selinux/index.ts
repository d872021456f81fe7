/**
 * SELinux as a security module.
 *
 * One {@link SelinuxNamespace} for the whole system in mainline, and every mount of selinuxfs shows it. Otherwise tasks
 * make further ones, each with a security server and a selinuxfs of its own, inside the one they come from.
 */

import { E, failed } from '../../linux/errno.ts';
import { type Tid, tgidOf } from '../../linux/ids.ts';
import { LSM_ATTR_UNSHARE } from '../../linux/lsm.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import { inodeFields, pathFields } from '../framework/audit/lsm-audit.ts';
import type { ExecFile } from '../framework/events.ts';
import type { FileFacts } from '../framework/files/file-facts.ts';
import { hasKnownFilesystem, type InodeFacts, isPipe } from '../framework/files/inode.ts';
import type { Module, ModuleDefinition } from '../framework/module.ts';
import type { AttrName } from '../framework/module-facts.ts';
import type { ModuleHost } from '../framework/module-host.ts';
import { LSM_ATTR } from '../framework/proc/attr.ts';
import type { Task } from '../framework/task.ts';
import { knownModule } from '../known-modules.ts';
import { analysePolicy, comparePolicies } from './analysis/index.ts';
import { criticalData } from './decide/critical-data.ts';
import { describePolicy } from './decide/description.ts';
import { createSelinuxfs } from './fs/index.ts';
import { isKernel } from './fs/node-labels.ts';
import { ProcessAttributes } from './hooks/attr.ts';
import { refuseSetDefault } from './hooks/default-module.ts';
import {
  afterExec,
  type Execution,
  execRefusal,
  execSubject,
  executedBy,
  isSecure,
  keepsLabel,
  type OpenedProgram,
  sidAfter,
  sidByXattr,
} from './hooks/exec.ts';
import { accessScope, accessSubject, FileAccess } from './hooks/file-access.ts';
import { FileHooks, STORED_PREFIX } from './hooks/file-security.ts';
import type { SidByProcess } from './hooks/inode-label.ts';
import { ipcAccessHooks } from './hooks/ipc-access.ts';
import { kernelObjectHooks } from './hooks/kernel-objects.ts';
import { keyAccessHooks } from './hooks/key-access.ts';
import { labelCarrier } from './hooks/label-carrier.ts';
import { isKnown, matches } from './hooks/label-rules.ts';
import { mountAccessHooks } from './hooks/mount-access.ts';
import { MOUNT_OPTIONS } from './hooks/mount-labels.ts';
import { type OpenFileAccessHost, openFileHooks, unauthorizedFiles } from './hooks/open-file-access.ts';
import { Secids } from './hooks/secids.ts';
import { socketAccessHooks } from './hooks/socket-access.ts';
import { shownOptions } from './hooks/superblock.ts';
import { checkSyslog } from './hooks/syslog.ts';
import { taskAccessHooks } from './hooks/task-access.ts';
import { inspectNamespaces } from './inspect.ts';
import { NamespaceMembership } from './namespaces/membership.ts';
import { type SelinuxNamespace, XATTR_SELINUX } from './namespaces/namespace.ts';
import { Namespaces } from './namespaces/namespaces.ts';
import { NAMESPACE_RULES } from './namespaces/rules.ts';
import { accessObject, kernelSecurity, sidIn, socketSidIn } from './namespaces/task-security.ts';
import { type PolicyDb, type Sid, savedPolicy, savePolicy, whyRejected } from './policy/index.ts';
import { forKernel, policyVersion } from './policy/version.ts';
import { refusalAbout, refusalOf } from './why/refusal.ts';
import { tellOfFile, tellOfTask } from './why/tell.ts';

const DELETED = ' (deleted)';
const NAME_BY_ATTR: ReadonlyMap<number, AttrName> = new Map(
  Object.entries(LSM_ATTR).map(([name, number]) => [number, name as AttrName]),
);

export const selinux: ModuleDefinition = {
  ...knownModule('selinux'),
  enabled: ({ parameters: { selinux: value } }) => value !== '0',
  create: createSelinux,
  policyImages: {
    filesystem: 'selinuxfs',
    version: policyVersion,
    forKernel,
    whyRejected,
    describe: describePolicy,
    analyse: analysePolicy,
    compare: comparePolicies,
    save: (parsed) => savePolicy(parsed as PolicyDb),
    restore: savedPolicy,
  },
  explainFile: tellOfFile,
  refusal: refusalOf,
  refusalAbout,
};

function createSelinux(host: ModuleHost): Module {
  host.log.print('SELinux:  Initializing.');
  const rules = NAMESPACE_RULES[host.config.profile];
  const { build, bootTime = 0n } = host.config;
  const namespaces: Namespaces = new Namespaces({
    rules,
    enforcing: host.config.enforcing,
    log: host.log,
    ...(host.shared && { shared: host.shared }),
    makeFilesystem: (namespace) =>
      createSelinuxfs({
        namespace,
        cpus: build.cpus,
        time: bootTime,
        securityOf,
        control: membership.control,
        // What namespaces inside have is none of the kernel's own data.
        changed: (caller) => {
          if (namespace !== namespaces.initial) return;
          for (const data of criticalData(namespace.state)) host.measureCriticalData(data, caller);
        },
      }),
    onUnused: (filesystem) => host.unused(filesystem),
  });
  const { initial } = namespaces;
  const membership = new NamespaceMembership(namespaces, host);
  const { securities } = membership;
  const kernel = kernelSecurity(initial);
  const securityOf = (caller: Caller) => (isKernel(caller) ? kernel : securities.of(host.taskOf(caller)));
  const attributes = new ProcessAttributes(securities, (task) => host.tracerOf(task));
  const sidOfProcess = (tid: Tid, namespace: SelinuxNamespace): Sid | undefined => {
    const task = host.findTask(tid);
    return task && sidIn(securities.of(task), namespace);
  };
  const sidByProcess: SidByProcess = (inode, tid, namespace) => {
    if (isPipe(inode) || isMemory(inode) || inode.anonymous !== undefined) {
      const maker = host.namelessMaker(inode.ino, tid);
      return maker && sidIn(securities.of(maker), namespace);
    }
    if (inode.class !== 'sock_file') return sidOfProcess(tid, namespace);
    const maker = host.socketMaker(inode.ino, tid);
    return maker && socketSidIn(securities.of(maker), namespace);
  };
  const files = new FileHooks({ securityOf: (task) => securities.of(task), sidByProcess });
  const access = new FileAccess({ securityOf: (task) => securities.of(task), sidByProcess, files });
  const secids = new Secids(initial);
  const opened = ({ path, inode }: Pick<FileFacts, 'path' | 'inode'>): OpenedProgram => ({
    fileSid: (namespace) => {
      const { loaded } = namespace.state;
      return loaded && files.programSid(namespace, inode, loaded);
    },
    details: { inode: inodeFields(inode), file: pathFields(shownPath(path, inode), inode) },
  });
  const execution = (task: Task, file: ExecFile | undefined): Execution => {
    const old = securities.of(task);
    const inode = file?.inode;
    const { tracer, loader } = { ...file?.call, loader: file?.call?.loader?.file };
    const program = inode && hasKnownFilesystem(inode) ? opened({ path: file?.path ?? '', inode }) : undefined;
    const fileSid = program?.fileSid ?? ((namespace: SelinuxNamespace) => sidByXattr(namespace, file));
    const own = fileSid(old.namespace);
    return {
      ...program,
      old,
      file,
      fileSid: (namespace) => (namespace === old.namespace ? own : fileSid(namespace)),
      interpreters: [...(file?.call?.interpreters ?? []), ...(loader ? [loader] : [])].map(opened),
      tracer: tracer === undefined ? undefined : sidOfProcess(tracer, old.namespace),
    };
  };

  const openFiles: OpenFileAccessHost = {
    securityOf: (task) => securities.of(task),
    files: access,
    openerOf: (task, opened) => host.openerOf(task, opened),
    protectsData: host.config.build.dataIsExecutable !== true,
  };

  return {
    hooks: {
      getprocattr: (reader, target, name, caller) =>
        attributes.get(reader, target, name === 'context' ? 'current' : name, caller),
      setprocattr: (task, name, value, caller) => attributes.set(task, name, value, caller),
      getselfattr(task, attr) {
        if (attr === LSM_ATTR_UNSHARE && rules.systemCall) return membership.freshlyUnshared(task);
        const name = NAME_BY_ATTR.get(attr);
        // A task may always look at itself, so nobody is recorded.
        return name === undefined ? E.EOPNOTSUPP : attributes.get(task, task, name, { tgid: tgidOf(0), comm: '' });
      },
      setselfattr(task, attr, value, caller) {
        if (attr === LSM_ATTR_UNSHARE && rules.systemCall) return membership.unshareByCall(task, caller);
        const name = NAME_BY_ATTR.get(attr);
        const set = name === undefined ? E.EOPNOTSUPP : attributes.set(task, name, value, caller);
        return failed(set) ? set : undefined;
      },
      ...(rules.exist && {
        // Nothing is settled that a context could say here.
        unshare: (task: Task, value: Uint8Array, caller: Caller) =>
          value.length > 0 ? E.EINVAL : membership.unshareByCall(task, caller),
      }),
      socketGetpeersec: (peer, reader) => attributes.peer(securities.of(reader).namespace, peer),
      taskSetDefault: (task, caller) => refuseSetDefault(securities.of(task), caller),
      taskGetsecid: (task) => secids.of(securities.of(task)),
      secidToSecctx: (secid) => secids.text(secid),
      bprmCredsForExec: (task, file, caller) => execRefusal(execution(task, file), caller),
      bprmKeepsLabel: (task, file) => keepsLabel(execution(task, file)),
      bprmSecureexec: (task, file) => isSecure(execution(task, file)),
      execSubject: (task) => execSubject(securities.of(task), initial),
      bprmCommittingCreds(task, file) {
        const run = execution(task, file);
        const sid = sidAfter(run);
        const inherited = sid === run.old.current ? [] : (file.call?.inherited ?? []);
        const subject = executedBy(run, task.process.tgid);
        return unauthorizedFiles(openFiles, task, { ...run.old, current: sid }, inherited, subject);
      },
      bprmCommittedCreds(task, file) {
        securities.set(task, afterExec(execution(task, file), task.process.tgid));
      },
      credFree: (task) => namespaces.leave(securities.of(task).namespace),
      ...access.hooks,
      ...mountAccessHooks((task) => securities.of(task), access),
      ...openFileHooks(openFiles),
      ...socketAccessHooks({
        securityOf: (task) => securities.of(task),
        socketMaker: (socket, tid) => host.socketMaker(socket, tid),
      }),
      ...kernelObjectHooks({
        securityOf: (task) => securities.of(task),
        namedMaker: (name) => host.namedMaker(name),
      }),
      ...ipcAccessHooks({ securityOf: (task) => securities.of(task), makerOf: (object) => host.ipcMaker(object) }),
      ...keyAccessHooks((task) => securities.of(task), host.keyMakers),
      ...taskAccessHooks({ securityOf: (task) => securities.of(task), findTask: (tid) => host.findTask(tid) }),
      accessSubject: (task) => accessSubject(securities.of(task)),
      accessScope: (task) => accessScope(securities.of(task)),
      accessObject: (task) => accessObject(securities.of(task)),
      inodeGetsecurity: (task, inode, name, caller) => files.get(task, inode, name, caller),
      inodeGetsecctx: (task, inode) => files.context(task, inode),
      inodeSetxattr: (task, inode, name, value, caller) => files.set(task, inode, name, value, caller),
      inodeStoredName: (task, name) =>
        name === XATTR_SELINUX ? securities.of(task).namespace.attribute : E.EOPNOTSUPP,
      inodeSetsecurity: (task, _inode, name, value) => files.remember(task, name, value),
      inodeRemovexattr: (task, inode, name, caller) => files.remove(task, inode, name, caller),
      inodeListsecurity: (task) => files.list(task),
      inodeInitSecurity: (task, directory, made) => files.init(task, directory, made),
      fsContextParseParam: (task, before, name, value) => files.mountOption(task, before, name, value),
      sbRemount: (task, filesystem, labels) => files.remount(task, filesystem, labels),
      sbSetMntOpts: (task, type, labels, caller) => files.mount(task, type, labels, caller),
      auditRuleInit: (rule) => {
        const { loaded } = initial.state;
        return loaded === undefined ? E.EOPNOTSUPP : isKnown(loaded, rule);
      },
      auditRuleMatch: (rule, { task, inode }) => {
        const { loaded } = initial.state;
        if (loaded === undefined) return false;
        const sid = task === undefined ? files.sidOf(initial, inode, loaded) : sidIn(securities.of(task), initial);
        return matches(loaded, sid, rule);
      },
      syslog: (task, action, caller) => checkSyslog(securities.of(task), action, caller),
      sbShowOptions: (task, filesystem) => shownOptions(securities.of(task).namespace.state, filesystem),
    },
    mountOptions: MOUNT_OPTIONS,
    xattrs: rules.ownLabels ? [XATTR_SELINUX, STORED_PREFIX] : [XATTR_SELINUX],
    filesystems: new Map([
      [
        'selinuxfs',
        {
          mount: (caller) => namespaces.mount(securityOf(caller).namespace),
          ...(rules.exist && {
            instance: (number) => namespaces.instance(number),
            released: (filesystem) => namespaces.released(filesystem),
          }),
        },
      ],
    ]),
    explain: (request, task) =>
      tellOfTask(task === undefined ? kernelSecurity(initial) : securities.of(task), task === undefined, request),
    remember: () => initial.state.remember(),
    labels: labelCarrier(initial, securities, attributes),
    inspect: (tasks) =>
      inspectNamespaces(
        namespaces,
        tasks.map((task) => securities.of(task).namespace),
      ),
  };
}

/** As d_path() shows the program, also one that was removed or is in memory, whose path is given as `/`. */
function shownPath(path: string, inode: InodeFacts): string {
  if (inode.unlisted !== true || path.endsWith(DELETED)) return path;
  return `${path === '/' ? inode.path : path}${DELETED}`;
}

/** Of memfd_create(2): no other file of a tmpfs is looked at as a process'. */
function isMemory({ class: objectClass, filesystem }: InodeFacts): boolean {
  return objectClass === 'file' && filesystem.type === 'tmpfs';
}
