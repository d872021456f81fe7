/**
 * TOMOYO as a security module: domains by the history of executed programs, and rules for them.
 *
 * Model: security/tomoyo of Linux 6.12. Of the operations that rules are about, executing programs is judged, and a
 * task's way to another domain through self_domain; files, sockets, mounts and the environment stay with the running
 * kernel. A kernel has a program load the policy when `/sbin/init` (TOMOYO_trigger=) is executed; here, what was
 * written until then is what comes into force.
 */
import type { ExecFile } from '../framework/events.ts';
import { KERN_ERR } from '../framework/facts.ts';
import type { Module, ModuleDefinition } from '../framework/module.ts';
import type { ModuleHost } from '../framework/module-host.ts';
import type { Task } from '../framework/task.ts';
import type { Decision } from '../framework/waiting-decision.ts';
import { knownModule } from '../known-modules.ts';
import { Query, QueryBoard } from './decide/queries.ts';
import { AuditLog } from './decide/records.ts';
import type { TaskState, TomoyoSecurity } from './decide/security.ts';
import { createNodes } from './fs/index.ts';
import { type Execution, executed, type Judging, judgeExec } from './hooks/transition.ts';
import { inspectPolicy } from './inspect.ts';
import { type Domain, Policy } from './policy/policy.ts';
import { refusalAbout, refusalOf } from './why/refusal.ts';
import { tell } from './why/tell.ts';

/** CONFIG_SECURITY_TOMOYO_ACTIVATION_TRIGGER */
const TRIGGER = '/sbin/init';
const PROFILE_VERSION = 20150505;

export const tomoyo: ModuleDefinition = {
  ...knownModule('tomoyo'),
  create: createTomoyo,
  refusal: refusalOf,
  refusalAbout,
};

function createTomoyo(host: ModuleHost): Module {
  const { config, log } = host;
  log.print('TOMOYO Linux initialized');
  const policy = new Policy(() => host.now());
  const tasks = host.taskBlob<TaskState>('tomoyo', {
    initial: () => ({ domain: policy.root }),
    fork: (parent) => parent,
  });
  const security: TomoyoSecurity = {
    policy,
    records: new AuditLog((change) => {
      policy.used.audit += change;
    }),
    log,
    tasks,
    taskOf: (caller) => host.taskOf(caller),
    findTask: (tid) => host.findTask(tid),
    thread: (tid) => host.threadFacts(tid),
    now: () => host.now(),
  };
  const queries = new QueryBoard(policy);
  /** What was found before execve(2), by task. */
  const pending = new WeakMap<Task, { readonly file: ExecFile; readonly domain: Domain }>();
  /** What tasks wait for. */
  const asked = new WeakMap<Task, Query>();
  const trigger = config.parameters.TOMOYO_trigger ?? TRIGGER;

  /** Goes on with an execution; where a supervisor is asked, when he has answered. */
  const conclude = (task: Task, file: ExecFile, judging: Judging<Execution>, step = judging.next()): Decision => {
    if (step.done === true) {
      const { refusal, domain } = step.value;
      if (refusal === undefined) pending.set(task, { file, domain });
      return refusal;
    }
    const decision = queries.ask(step.value, (answer) => conclude(task, file, judging, judging.next(answer)));
    if (decision instanceof Query) asked.set(task, decision);
    return decision;
  };

  return {
    wantsExecDetails: true,
    hooks: {
      bprmCredsForExec: (_task, file) => {
        if (!policy.loaded && (file.call?.filename ?? file.path) === trigger) activate(security);
        return undefined;
      },
      bprmCheckSecurity: (task, file, caller) =>
        conclude(task, file, judgeExec(security, tasks.of(task).domain, file, caller)),
      bprmCommittedCreds: (task, file) => {
        if (file === undefined) return;
        const { domain } = tasks.of(task);
        const judged = pending.get(task);
        pending.delete(task);
        if (judged === undefined && !policy.loaded && (file.call?.filename ?? file.path) === trigger)
          activate(security);
        const next = judged?.domain ?? executed(judgeExec(security, domain, file, undefined)).domain;
        tasks.set(task, { domain: next, program: file.path });
      },
      credFree: (task) => asked.get(task)?.withdraw(),
    },
    securityfs: [createNodes(security, queries, host.securityfsNumbers, config.bootTime ?? 0n)],
    explain: (request) => tell(policy, trigger, request),
    inspect: (all) => inspectPolicy(security, all),
  };
}

/** The policy comes into force, unless a domain has a profile that does not exist. A kernel would stop there. */
function activate({ policy, log }: TomoyoSecurity): void {
  log.print('TOMOYO: 2.6.0');
  for (const { name, namespace, profile } of policy.domains) {
    if (namespace.profileVersion !== PROFILE_VERSION) {
      log.print(`Profile version ${namespace.profileVersion} is not supported.`, KERN_ERR);
    } else if (!namespace.profiles.has(profile)) {
      log.print(`Profile ${profile} (used by '${name}') is not defined.`, KERN_ERR);
    } else continue;
    log.print('Userland tools for TOMOYO 2.6 must be installed and policy must be initialized.', KERN_ERR);
    log.print('Please see https://tomoyo.sourceforge.net/2.6/ for more information.', KERN_ERR);
    return;
  }
  policy.loaded = true;
  log.print('Mandatory Access Control activated.');
}
