/**
 * The audit of a stack that boots: its parameters, and what it tells the outside.
 */
import type { BootConfig } from '../config.ts';
import type { KernelLogWriter, ProcessFacts } from '../facts.ts';
import type { HookList } from '../hooks.ts';
import type { TaskTable } from '../task.ts';
import { Audit, type AuditHost } from './audit.ts';
import type { AuditParameters } from './boot-parameters.ts';
import type { AuditContainer } from './container.ts';
import type { ProcessFamily } from './containers.ts';
import { auditLabels } from './label.ts';
import type { AuditSenders } from './senders.ts';

interface ContainerHost extends Pick<AuditHost, 'translate' | 'ended'> {
  /** The log of the container's audit. */
  log(container: AuditContainer): KernelLogWriter;
}

export interface AuditEnvironment {
  readonly facts: ProcessFacts;
  readonly log: KernelLogWriter;
  /** Milliseconds since 1970, for the stamps of audit records; absent = time stands still. */
  now?(): number;
  /** Who uses the nodes of audit; absent = as its facts tell. */
  readonly auditSenders?: AuditSenders;
  /** For the audits of containers; absent = their records are not stored. */
  readonly containers?: ContainerHost;
}

export function auditParameters({ parameters }: BootConfig): AuditParameters {
  const { audit, audit_backlog_limit: backlogLimit } = parameters;
  return { ...(audit !== undefined && { audit }), ...(backlogLimit !== undefined && { backlogLimit }) };
}

/** @param hooks of the stack, once it is there. */
export function bootAudit(config: BootConfig, env: AuditEnvironment, tasks: TaskTable, hooks: () => HookList): Audit {
  const parameters = {
    ticks: config.build.ticks,
    containers: config.profile !== 'mainline',
    ...auditParameters(config),
  };
  const logOf = (container?: AuditContainer): KernelLogWriter | undefined =>
    container === undefined ? env.log : env.containers?.log(container);
  const host: AuditHost = {
    now: () => env.now?.() ?? 0,
    ...env.containers,
    labels: auditLabels(hooks),
    log: logOf,
  };
  const family: ProcessFamily = {
    hasChildren: ({ process: { tgid } }) =>
      env.facts.hasChildren?.(tgid) ?? [...tasks.all()].some(({ tid }) => env.facts.thread(tid)?.parent === tgid),
    parent: (tgid) => env.facts.thread(tgid)?.parent,
  };
  return new Audit(host, parameters, (blob) => tasks.registerBlob(blob), family);
}
