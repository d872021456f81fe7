/**
 * Preparing a policy load: everything that can fail, without touching what is in force.
 *
 * Order and log lines: security_load_policy() of Linux 6.12 - parse, map the kernel's classes, give the initial SIDs contexts; then, when a
 * policy is in force already, carry its boolean values and its SIDs over by name.
 */
import { E, failed, type Result } from '../../../linux/errno.ts';
import type { KernelLog } from '../../framework/facts.ts';
import { type PolicyDb, parsePolicy } from '../policy/index.ts';
import { ClassMap, lastBooleanIsUnlabelled, PolicyState } from './index.ts';
import { SidTable } from './sidtab.ts';

/** POLICYDB_VERSION_MAX of Linux 6.12. */
export const POLICY_VERSION_MAX = 33;

export interface LoadedPolicy {
  readonly state: PolicyState;
  /** The kernel's classes and permissions in terms of this policy. */
  readonly map: ClassMap;
  readonly sids: SidTable;
}

/** What the kernel that loads is like. */
export interface PolicyLoader {
  readonly log: KernelLog;
  /** Does it have SELinux namespaces; absent = no. */
  readonly namespaces?: boolean;
  /** A parsed policy never changes: one that was read from the same image already, elsewhere. */
  known?(image: Uint8Array): PolicyDb | undefined;
  /** Is told of one that was not. */
  parsed?(db: PolicyDb): void;
}

/** @param enforcing whether the new policy may make contexts in use invalid: see SidTable.convert. */
export function preparePolicy(
  image: Uint8Array,
  old: LoadedPolicy | undefined,
  loader: PolicyLoader,
  enforcing: boolean,
): Result<LoadedPolicy> {
  const known = loader.known?.(image);
  const db = known ?? parsePolicy(image, POLICY_VERSION_MAX);
  if (failed(db)) return db;
  if (known === undefined) loader.parsed?.(db);
  return prepareParsed(db, old, loader, enforcing);
}

/** The same with a policy that was parsed before. */
export function prepareParsed(
  db: PolicyDb,
  old: LoadedPolicy | undefined,
  { log, namespaces }: Pick<PolicyLoader, 'log' | 'namespaces'>,
  enforcing: boolean,
): Result<LoadedPolicy> {
  const { log: lines, map } = ClassMap.build(db, namespaces);
  for (const line of lines) log.print(line);
  if (failed(map)) return map;
  if (lastBooleanIsUnlabelled(db)) return E.ENOENT;
  const state = new PolicyState(db);
  if (old === undefined) return { state, map, sids: new SidTable(db) };

  state.inheritBooleans(old.state);
  const sids = old.sids.convert(db, enforcing, log);
  const before = old.state.db.mls;
  if (before !== db.mls) log.print(`SELinux: ${db.mls ? 'Enabling' : 'Disabling'} MLS support...`);
  return { state, map, sids };
}
