/**
 * CaitSith: rules for the execution of programs, each about all programs and all who execute them.
 *
 * Model: the version that Tetsuo Handa made for inclusion in Linux in 2016 and that calls itself 2016/09/25: of the operations
 * that CaitSith has outside of Linux it has `execute` and `modify_policy`, of its files `policy` and `version`. It decides in
 * bprm_set_creds, when that is called for the first time, so before any module in bprm_check_security. A kernel has a
 * program load the policy when `/sbin/init` (CS_trigger=) is executed; here, what was written until then is what comes into force.
 */
import { E } from '../../linux/errno.ts';
import type { ExecFile } from '../framework/events.ts';
import { KERN_ERR, KERN_WARNING } from '../framework/facts.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import type { ModuleHost } from '../framework/module-host.ts';
import type { Task } from '../framework/task.ts';
import { caitsithDirectory, VERSION } from './fs.ts';
import { POLICY_VERSION, Policy } from './policy.ts';
import { encodeName } from './words.ts';

/** CONFIG_SECURITY_CAITSITH_ACTIVATION_TRIGGER */
const TRIGGER = '/sbin/init';

export const caitsith: ModuleDefinition = {
  name: 'caitsith',
  id: 1008,
  order: 'mutable',
  legacyMajor: false,
  exclusive: false,
  proposed: true,
  create: (host) => {
    const { config, log, securityfsNumbers } = host;
    log.print('CaitSith initialized');
    const policy = new Policy(() => host.now());
    /** What each task runs, as it is encoded; `undefined` = that was not seen. */
    const programs = host.taskBlob<string | undefined>('caitsith', {
      initial: () => undefined,
      fork: (parent) => parent,
    });
    const trigger = config.parameters.CS_trigger ?? TRIGGER;
    const isTrigger = (file: ExecFile) => !policy.loaded && (file.call?.filename ?? file.path) === trigger;
    /** Who was asked about before execve(2); nobody is while a log is replayed. */
    const asked = new WeakSet<Task>();
    let lastRefused: number | undefined;
    return {
      wantsExecDetails: true,
      hooks: {
        bprmCredsForExec: (task, file) => {
          if (isTrigger(file)) {
            activate(policy, host);
            asked.add(task);
          }
          const names = {
            path: encodeName(file.path),
            exec: encodeName(file.call?.linkPath ?? file.path),
            'task.exe': programs.of(task),
          };
          return policy.permits('execute', names) ? undefined : E.EPERM;
        },
        bprmCommittedCreds: (task, file) => {
          if (file === undefined) return;
          if (!asked.delete(task) && isTrigger(file)) activate(policy, host);
          programs.set(task, encodeName(runBy(file)));
        },
      },
      securityfs: [
        caitsithDirectory(
          policy,
          (caller) => {
            const program = programs.of(host.taskOf(caller));
            if (policy.permits('modify_policy', { 'task.exe': program })) return true;
            if (lastRefused !== caller.tid) {
              log.print(`'${program}' (pid=${caller.tid}) is not permitted to update policies.`, KERN_WARNING);
            }
            lastRefused = caller.tid;
            return false;
          },
          securityfsNumbers,
          config.bootTime ?? 0n,
        ),
      ],
    };
  },
};

/** What the process runs then: of a script, its interpreter. */
function runBy({ path, call }: ExecFile): string {
  return call?.interpreters.at(-1)?.path ?? path;
}

/** The policy comes into force, unless it is of another version. A kernel would stop there. */
function activate(policy: Policy, { log }: ModuleHost): void {
  log.print(`CaitSith ${VERSION}`);
  policy.loaded = policy.version === POLICY_VERSION;
  if (policy.loaded) {
    log.print('CaitSith module activated.');
    return;
  }
  log.print(`Policy version ${policy.version} is not supported.`, KERN_ERR);
  log.print('Userland tools for CaitSith must be installed and policy must be initialized.', KERN_ERR);
  log.print('Please see https://caitsith.osdn.jp/ for more information.', KERN_ERR);
}
