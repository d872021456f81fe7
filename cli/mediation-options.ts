/**
 * Options about mediation, and their meaning for world/.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { DEFAULT_FAMILIES, FAMILIES, type Family, type Mediation } from '../world/index.ts';

export interface MediationFlags {
  /** `false` = `--no-mediation`. */
  readonly mediation: boolean;
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
    .option('--no-mediation', 'let them decide about none, whatever --mediate says, and spare what it costs');
}

export function mediationOptions({ mediation, mediate = DEFAULT_FAMILIES, mediateLogOnly = false }: MediationFlags): {
  mediation?: Mediation;
} {
  return mediation ? { mediation: { families: mediate, logOnly: mediateLogOnly } } : {};
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
