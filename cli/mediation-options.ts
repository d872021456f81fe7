/**
 * Options about mediation, and their meaning for world/.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_FAMILIES, FAMILIES, type Family, type Mediation, WorldError } from '../world/index.ts';

export interface MediationFlags {
  /** `false` = `--no-mediation`. */
  readonly mediation: boolean;
  /** `false` = `--no-seccomp`; absent = the command has no such option. */
  readonly seccomp?: boolean;
  readonly auditCalls?: boolean;
  readonly mediate?: readonly Family[];
  readonly mediateLogOnly?: boolean;
}

/** Values of --mediate that stand for several families. */
const SETS: ReadonlyMap<string, readonly Family[]> = new Map([
  ['all', FAMILIES],
  ['default', DEFAULT_FAMILIES],
]);

export function addMediationOptions(command: Command): Command {
  return command
    .option(
      '--mediate <list>',
      `let the modules decide about system calls of these families: ${FAMILIES.join(',')}, all, or default, which is ` +
        'all but stat, forks, messages and content (default: default)',
      parseFamilies,
    )
    .option('--mediate-log-only', 'decide and log, refuse nothing')
    .option('--no-mediation', 'let them decide about none, and spare what it costs');
}

/** @throws WorldError for what another option leaves without use. */
export function mediationOptions(flags: MediationFlags): { mediation?: Mediation } {
  const { mediation, seccomp = true, mediate, mediateLogOnly = false, auditCalls = false } = flags;
  const ofMediation = mediate !== undefined ? '--mediate' : mediateLogOnly ? '--mediate-log-only' : undefined;
  if (!mediation && ofMediation !== undefined) throw useless(ofMediation, '--no-mediation');
  if (!seccomp) {
    const supervised = ofMediation ?? (auditCalls ? '--audit-calls' : undefined);
    if (supervised !== undefined) throw useless(supervised, '--no-seccomp');
    return {};
  }
  return mediation ? { mediation: { families: mediate ?? DEFAULT_FAMILIES, logOnly: mediateLogOnly } } : {};
}

function useless(option: string, beside: string): WorldError {
  return new WorldError('bad-option', `${option} has no use with ${beside}.`, 'Leave one of them away.');
}

function parseFamilies(text: string): readonly Family[] {
  const set = SETS.get(text);
  if (set !== undefined) return set;
  return text.split(',').map((name) => {
    const family = FAMILIES.find((known) => known === name);
    if (family === undefined) throw new InvalidArgumentError(`choose from ${FAMILIES.join(', ')}, all, default.`);
    return family;
  });
}
