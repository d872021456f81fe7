/**
 * Smack as a security module.
 */

import { isPipe } from '../framework/files/inode.ts';
import type { Module, ModuleDefinition } from '../framework/module.ts';
import type { ModuleHost } from '../framework/module-host.ts';
import { knownModule } from '../known-modules.ts';
import { recordNetlabel } from './decide/netlabel.ts';
import { SmackSecurity } from './decide/security.ts';
import { copied, INITIAL } from './decide/task-security.ts';
import { createSmackfs } from './fs/index.ts';
import { ProcessAttributes } from './hooks/attr.ts';
import { SmackExec } from './hooks/exec.ts';
import { fileAccessHooks } from './hooks/file-access.ts';
import { FileHooks, XATTR_NAMES } from './hooks/file-security.ts';
import { ipcAccessHooks } from './hooks/ipc-access.ts';
import { keyAccessHooks } from './hooks/key-access.ts';
import { labelInRule } from './hooks/label-rules.ts';
import { MOUNT_OPTIONS, mountProblem, optionProblem } from './hooks/mount-options.ts';
import { refusePtrace } from './hooks/ptrace.ts';
import { Secids } from './hooks/secids.ts';
import { socketAccessHooks } from './hooks/socket-access.ts';
import { taskAccessHooks } from './hooks/task-access.ts';
import { XATTR } from './hooks/xattrs.ts';
import { inspectSmack } from './inspect.ts';
import { labelMapFile } from './namespaces/label-map-file.ts';
import { unshare } from './namespaces/unshare.ts';
import { refusalAbout, refusalOf } from './why/refusal.ts';
import { tell } from './why/tell.ts';

export const smack: ModuleDefinition = {
  ...knownModule('smack'),
  refusal: refusalOf,
  refusalAbout,
  create: createSmack,
};

function createSmack(host: ModuleHost): Module {
  const { config, log } = host;
  log.print('Smack:  Initializing.');
  const blob = host.taskBlob('smack', { initial: () => INITIAL, fork: copied });
  const security = new SmackSecurity({
    log,
    blob,
    // Linux as distributions build it is without; the others stand for kernels that people try things on.
    bringup: config.profile !== 'mainline',
    ownsNetlabel: () => host.owns('netlabel'),
    taskOf: (caller) => host.taskOf(caller),
    tasks: () => host.tasks(),
    userNamespaceOf: (task) => host.userNamespaceOf(task),
  });
  const attributes = new ProcessAttributes(security);
  const secids = new Secids(security);
  const files = new FileHooks(
    security,
    (inode, tid) => {
      const task = isPipe(inode) ? host.namelessMaker(inode.ino, tid) : host.findTask(tid);
      return task && security.of(task).label;
    },
    (socket, tid) => host.socketMaker(socket, tid),
  );
  const executions = new SmackExec({ security, files, findTask: (tid) => host.findTask(tid) });
  const smackfs = createSmackfs(security, config.bootTime ?? 0n);
  return {
    hooks: {
      getprocattr: (_reader, target, name, caller) => attributes.get(target, name, caller),
      setprocattr: (task, name, value, caller) => attributes.set(task, name, value, caller),
      getselfattr: (task, attr) => attributes.getSelf(task, attr),
      setselfattr: (task, attr, value, caller) => attributes.setSelf(task, attr, value, caller),
      socketGetpeersec: (peer, reader) => attributes.peer(peer, reader),
      taskGetsecid: (task) => secids.of(task),
      secidToSecctx: (secid) => secids.text(secid),
      bprmCredsForExec: (task, file, caller) => executions.refusal(task, file, caller),
      bprmKeepsLabel: (task, file) => executions.keepsLabel(task, file),
      bprmSecureexec: (task, file) => !executions.keepsLabel(task, file),
      bprmCommittedCreds: (task, file) => executions.committed(task, file),
      ptraceAccessCheck: (tracer, target, mode, caller) =>
        refusePtrace(
          security,
          tracer,
          security.of(target).label,
          mode,
          { hook: 'smack_ptrace_access_check' },
          caller,
          target,
        ),
      inodeGetsecurity: (task, inode, name, caller) => files.get(task, inode, name, caller),
      inodeGetsecctx: (_task, inode) => files.labelOf(inode),
      inodeSetxattr: (task, inode, name, value, caller) => files.set(task, inode, name, value, caller),
      inodeStoredValue: (task, name, value, caller) => files.storedValue(task, name, value, caller),
      inodeRemovexattr: (task, inode, name, caller) => files.remove(task, inode, name, caller),
      inodeListsecurity: () => [XATTR.label],
      inodeInitSecurity: (task, directory, made) => files.init(task, directory, made),
      fsContextParseParam: (_task, before, name, value) => optionProblem(before, name, value),
      sbSetMntOpts: (_task, _type, labels, caller) => mountProblem(security, labels, caller),
      unshare: (task, value, caller) => unshare(security, task, value, caller),
      credFree: (task) => security.namespaces.left(task),
      auditRuleInit: (rule) => labelInRule(rule) !== undefined,
      auditRuleMatch: (rule, { task, inode }) =>
        labelInRule(rule) === (task === undefined ? files.labelOf(inode) : security.of(task).label),
      syslog: (_task, _action, caller) => security.refuseSyslog(caller),
      ...fileAccessHooks(files),
      ...taskAccessHooks(security, {
        findTask: (tid) => host.findTask(tid),
        namedMaker: (name) => host.namedMaker(name),
      }),
      ...socketAccessHooks(security, (socket, holder) => host.socketMaker(socket, holder)),
      ...ipcAccessHooks(security, (object) => host.ipcMaker(object)),
      ...keyAccessHooks(security, host.keyMakers),
      accessSubject: (task, caller) => security.subject(task, caller),
      accessObject: (task) => security.object(task),
      // Of a file without a label its filesystem decides: hooks/inode-label.ts.
      accessScope: () => ({ attributes: XATTR_NAMES, uniform: 'all', byDefault: [], named: [], rules: [] }),
    },
    ...(config.profile !== 'mainline' && {
      attrFiles: [labelMapFile(security)],
      keepsForUserNamespace: (id: number) => security.namespaces.has(id),
    }),
    xattrs: XATTR_NAMES,
    mountOptions: { valued: MOUNT_OPTIONS, flags: [] },
    labelsFilesFromBoot: true,
    recordBoot: (label) => {
      if (host.owns('netlabel')) recordNetlabel(log, label);
    },
    explain: (request) => tell(security, request),
    remember: () => security.remember(),
    labels: {
      give: (task) => ({ current: security.of(task).label }),
      take: (task, { current }) =>
        security.set(task, { ...security.of(task), label: security.labels.import(current).name }),
    },
    inspect: (tasks) => inspectSmack(security, tasks),
    filesystems: new Map([['smackfs', { mount: () => smackfs }]]),
  };
}
