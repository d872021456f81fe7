/**
 * AppArmor as a security module.
 */

import { AUDIT } from '../../linux/audit.ts';
import { E } from '../../linux/errno.ts';
import { tgidOf } from '../../linux/ids.ts';
import { PTRACE_MODE_ATTACH } from '../../linux/process.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import { BOOT_COMM } from '../framework/audit/boot-records.ts';
import type { Module, ModuleDefinition } from '../framework/module.ts';
import type { ModuleHost } from '../framework/module-host.ts';
import type { Task } from '../framework/task.ts';
import { knownModule } from '../known-modules.ts';
import { statusRecord } from './decide/audit.ts';
import { isAtRest, type TaskLabels } from './decide/index.ts';
import { ApparmorSecurity } from './decide/security.ts';
import { createApparmorfs } from './fs/index.ts';
import { inactiveModuleDirectory, ModuleParameters } from './fs/parameters.ts';
import { RevisionWaiters } from './fs/revision.ts';
import { apparmorSysctls, initialSysctls } from './fs/sysctls.ts';
import { ProcessAttributes } from './hooks/attr.ts';
import { refuseSetDefault } from './hooks/default-module.ts';
import { ApparmorExec } from './hooks/exec.ts';
import { FileMediation } from './hooks/file.ts';
import { Inheritance } from './hooks/inheritance.ts';
import { ruleKnown, ruleMatches } from './hooks/label-rules.ts';
import { mountHooks } from './hooks/mount.ts';
import { OpenFileMediation } from './hooks/open-file.ts';
import { refusePtrace } from './hooks/ptrace.ts';
import { Secids } from './hooks/secids.ts';
import { socketHooks } from './hooks/socket.ts';
import { taskHooks } from './hooks/task-access.ts';
import { Unsharing } from './hooks/unshare.ts';
import { inspectPolicy } from './inspect.ts';
import { rawDataCompression } from './policy/compression.ts';
import { Policy } from './policy/index.ts';
import { refusalAbout, refusalOf } from './why/refusal.ts';
import { tellOfFile, tellOfPolicy } from './why/tell.ts';

export const apparmor: ModuleDefinition = {
  ...knownModule('apparmor'),
  enabled: ({ parameters: { apparmor: value } }) => value !== '0',
  create: createApparmor,
  inactiveParameters: inactiveModuleDirectory,
  profilesNode: { filesystem: 'securityfs', path: ['apparmor', '.replace'] },
  explainFile: tellOfFile,
  refusal: refusalOf,
  refusalAbout,
};

/** What aa_info_message() tells while the kernel has audit already. */
const STARTED = ['AppArmor Filesystem Enabled', 'AppArmor sha256 policy hashing enabled'] as const;

function createApparmor(host: ModuleHost): Module {
  const { log, securityfsNumbers, sysctlNumbers, parameterNumbers } = host;
  const { bootTime = 0n } = host.config;
  log.print('AppArmor: AppArmor initialized');
  for (const info of STARTED) log.print(`AppArmor: ${info}`);

  const waiters = new RevisionWaiters();
  const compression = rawDataCompression(host);
  const policy = new Policy((ns, what) => {
    security.changes++;
    if (what === 'revision') waiters.changed(ns);
  }, compression);
  const parameters = new ModuleParameters(compression.level);
  const sysctls = initialSysctls();
  const blob = host.taskBlob<TaskLabels>('apparmor', {
    initial: () => ({ label: policy.unconfined }),
    fork: (parent) => parent,
  });
  const security: ApparmorSecurity = new ApparmorSecurity({
    policy,
    parameters,
    log,
    blob,
    trustsUserNamespaces: () => sysctls.unprivileged_userns_apparmor_policy !== 0,
    taskOf: (caller) => host.taskOf(caller),
  });
  const tracerOf = (task: Parameters<typeof host.tracerOf>[0]) => host.tracerOf(task);
  const attributes = new ProcessAttributes({
    security,
    tracerOf,
    kill: (task) => host.kill(task),
    restrictsUnconfined: () => sysctls.apparmor_restrict_unprivileged_unconfined === 1,
  });
  const unsharing = new Unsharing(security, attributes);
  const apparmorfs = createApparmorfs({ security, waiters, numbers: securityfsNumbers, time: bootTime });
  const openFiles = new OpenFileMediation({
    security,
    openerOf: (task, opened) => host.openerOf(task, opened),
    kill: (task) => host.kill(task),
  });
  const files = new FileMediation({
    security,
    automata: host.pathAutomata,
    opens: (task, file) => openFiles.opens(task, file),
    policyPath: (path) => apparmorfs.policyPath(path),
    kill: (task) => host.kill(task),
  });
  const executions = new ApparmorExec({ security, tracerOf, kill: (task) => host.kill(task) });
  const inheritance = new Inheritance({ security, executions, openFiles, kill: (task) => host.kill(task) });
  const secids = new Secids(policy.root);
  const rights = {
    mayView: (caller: Caller) => security.mayView(caller),
    mayAdminister: (caller: Caller) => security.mayAdminister(caller),
  };

  return {
    recordBoot: () => {
      for (const info of STARTED) log.audit(AUDIT.AVC, statusRecord(info, { tgid: tgidOf(1), comm: BOOT_COMM }));
    },
    hooks: {
      auditRuleInit: (rule) => ruleKnown(policy.root, rule),
      auditRuleMatch: (rule, { task }) =>
        task !== undefined && ruleMatches(policy.root, rule, security.labels(task).label.newest()),
      getprocattr: (reader, target, name) => attributes.get(reader, target, name),
      setprocattr: (task, name, value, caller) => attributes.set(task, name, value, caller),
      getselfattr: (task, attr) => attributes.getSelf(task, attr),
      setselfattr: (task, attr, value, caller) => attributes.setSelf(task, attr, value, caller),
      unshare: (task, value, caller) => unsharing.unshare(task, value, caller),
      taskSetDefault: (task, caller) => refuseSetDefault(security, task, caller),
      taskGetsecid: (task) => secids.of(security.labels(task).label.newest()),
      secidToSecctx: (secid) => secids.text(secid),
      // Linux 6.12 has no labels of UNIX sockets; the kernels that stacked modules had.
      ...(host.config.profile !== 'mainline' && {
        socketGetpeersec: (peer: Task | undefined, reader: Task) =>
          peer === undefined ? E.ENOPROTOOPT : attributes.peer(peer, reader),
      }),
      bprmCredsForExec: (task, file, caller) => executions.refusal(task, file, caller),
      bprmKeepsLabel: (task, file) => executions.keepsLabel(task, file),
      bprmSecureexec: (task, file) => executions.isSecure(task, file),
      execSubject: (task) => {
        const labels = security.labels(task);
        return isAtRest(labels) ? secids.of(labels.label.newest()) : undefined;
      },
      bprmClosedFiles: (task, file) => inheritance.closed(task, file),
      bprmCommittingCreds: (task, file) => inheritance.refused(task, file),
      bprmCommittedCreds: (task, file) => executions.committed(task, file),
      ptraceAccessCheck: (tracer, target, mode, caller) => refusePtrace(security, tracer, target, mode, caller),
      ptraceTraceme: (parent, task, caller) => refusePtrace(security, parent, task, PTRACE_MODE_ATTACH, caller),
      ...files.hooks,
      ...openFiles.hooks,
      ...socketHooks(security),
      ...mountHooks(security, (task) => host.kill(task)),
      capable: (task, { capability, silent }, caller) => {
        const label = security.labels(task).label.newest();
        const kill = (): void => host.kill(task);
        return security.capabilities.allows(label, capability, caller, silent, kill) ? undefined : E.EPERM;
      },
      capgetShown: (target) => security.capabilities.shown(security.labels(target).label.newest()),
      ...taskHooks(security, {
        findTask: (tid) => host.findTask(tid),
        namedMaker: (name) => host.namedMaker(name),
        kill: (task) => host.kill(task),
      }),
      accessSubject: (task, caller) => files.subject(task, caller),
      accessScope: (task) => files.scope(task),
      accessObject: (task) => files.object(task),
      pathChange: (task, file, change, caller) => files.change(task, file, change, caller),
    },
    securityfs: [apparmorfs.entry],
    sysctls: apparmorSysctls(sysctls, sysctlNumbers, rights.mayAdminister),
    explain: (request) => tellOfPolicy(policy, request),
    parameters: parameters.directory(parameterNumbers, bootTime, rights),
    inspect: (tasks) => inspectPolicy(security, tasks),
    remember: () => {
      const noted = [policy.remember(), parameters.remember()];
      const values = { ...sysctls };
      return () => {
        Object.assign(sysctls, values);
        for (const restore of noted) restore();
      };
    },
  };
}
