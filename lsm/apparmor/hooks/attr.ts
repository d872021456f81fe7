/**
 * The process attributes of AppArmor: /proc/<pid>/attr and lsm_{get,set}_self_attr(2).
 *
 * Model: apparmor_getprocattr(), apparmor_getselfattr(), do_setattr() of security/apparmor/lsm.c and procattr.c, Linux
 * 6.12. A label is shown as the reader's namespace sees it; one that is out of its sight is EACCES.
 */
import { bytesOf } from '../../../linux/bytes.ts';
import { CAP } from '../../../linux/capability.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { type Caller, capable } from '../../../vfs/tree/caller.ts';
import type { AttrName, ReadableAttr } from '../../framework/module-facts.ts';
import { LSM_ATTR } from '../../framework/proc/attr.ts';
import type { Task } from '../../framework/task.ts';
import { commandRecord } from '../decide/audit.ts';
import {
  changeHat,
  changeProfile,
  type TaskLabels,
  type Transition,
  type TransitionEnvironment,
} from '../decide/index.ts';
import type { ApparmorSecurity } from '../decide/security.ts';
import { formatLabel, type Label } from '../policy/index.ts';
import { parseAttrCommand } from './attr-command.ts';
import { tracerAllows } from './ptrace.ts';

export interface AttributeHost {
  readonly security: ApparmorSecurity;
  tracerOf(task: Task): Task | undefined;
  /** The sysctl apparmor_restrict_unprivileged_unconfined. */
  restrictsUnconfined(): boolean;
  /** SIGKILL. */
  kill(task: Task): void;
}

export class ProcessAttributes {
  readonly #host: AttributeHost;

  constructor(host: AttributeHost) {
    this.#host = host;
  }

  /** With a final newline. EINVAL for what is not set and for attributes of other modules. */
  get(reader: Task, target: Task, name: ReadableAttr): Result<Uint8Array> {
    const label = this.#label(target, name === 'context' ? 'current' : name);
    if (label === undefined) return E.EINVAL;
    return name === 'context' ? this.#show(reader, label, { mode: false }) : this.#show(reader, label, { end: '\n' });
  }

  /** SO_PEERSEC: a label that the reader cannot see counts as unconfined, and no terminator. */
  peer(peer: Task, reader: Task): Uint8Array {
    const { security } = this.#host;
    const view = security.labels(reader).label.newest().namespace;
    return bytesOf(formatLabel(view, security.labels(peer).label.newest(), { mode: true, hidden: 'unconfined' }));
  }

  /** Without it. ENOENT for what is not set, EOPNOTSUPP for attributes of other modules. */
  getSelf(task: Task, attribute: number): Result<Uint8Array> {
    const name = (['current', 'prev', 'exec'] as const).find((known) => LSM_ATTR[known] === attribute);
    if (name === undefined) return E.EOPNOTSUPP;
    const label = this.#label(task, name);
    return label === undefined ? E.ENOENT : this.#show(task, label, {});
  }

  setSelf(task: Task, attribute: number, value: Uint8Array, caller: Caller): Errno | undefined {
    const name = (['current', 'exec'] as const).find((known) => LSM_ATTR[known] === attribute);
    if (name === undefined) return E.EOPNOTSUPP;
    const set = this.set(task, name, value, caller);
    return failed(set) ? set : undefined;
  }

  /** @returns the whole length. */
  set(task: Task, name: AttrName, value: Uint8Array, caller: Caller): Result<number> {
    const { security } = this.#host;
    const attribute = name === 'current' || name === 'exec' ? name : 'other';
    const command = parseAttrCommand(attribute, value);
    if (failed(command)) return command;
    security.refresh(task);
    const labels = security.labels(task);
    if (command === undefined) {
      security.audit(commandRecord(attribute === 'other' ? 'invalid' : attribute, labels.label.newest(), caller));
      return E.EINVAL;
    }
    const environment = this.#environment(task, caller);
    const transition =
      command.kind === 'hat'
        ? changeHat(labels, command.hats, command.token, command, environment)
        : changeProfile(labels, command.name, { ...command, restricted: this.#restricted(caller) }, environment);
    return this.#enter(task, labels, transition) ?? value.length;
  }

  /** As the command `stack` does: adds a label to that of the task. */
  stack(task: Task, name: string, caller: Caller): Errno | undefined {
    const { security } = this.#host;
    security.refresh(task);
    const labels = security.labels(task);
    const how = { onexec: false, stack: true, test: false };
    return this.#enter(task, labels, changeProfile(labels, name, how, this.#environment(task, caller)));
  }

  #enter(task: Task, before: TaskLabels, transition: Transition): Errno | undefined {
    if (transition.kill === true) this.#host.kill(task);
    if (transition.labels !== before) this.#host.security.setLabels(task, transition.labels);
    return transition.error;
  }

  #restricted(caller: Caller): boolean {
    return this.#host.restrictsUnconfined() && !capable(caller, CAP.MAC_OVERRIDE);
  }

  #environment(task: Task, caller: Caller): TransitionEnvironment {
    const { security } = this.#host;
    const tracer = this.#host.tracerOf(task);
    return {
      noNewPrivs: caller.noNewPrivs === true,
      audit: security.auditFile(caller),
      ...(tracer !== undefined && {
        tracerAllows: (label: Label) => tracerAllows(security, tracer, label, caller),
      }),
    };
  }

  #label(task: Task, name: AttrName): Label | undefined {
    const labels = this.#host.security.labels(task);
    if (name === 'current') return labels.label.newest();
    if (name === 'prev') return labels.previous?.newest();
    return name === 'exec' ? labels.onexec?.newest() : undefined;
  }

  #show(
    reader: Task,
    label: Label,
    { mode = true, end = '' }: { readonly mode?: boolean; readonly end?: string },
  ): Result<Uint8Array> {
    const view = this.#host.security.labels(reader).label.newest().namespace;
    if (!view.sees(label.namespace)) return E.EACCES;
    return bytesOf(`${formatLabel(view, label, { mode, hidden: 'unconfined' })}${end}`);
  }
}
