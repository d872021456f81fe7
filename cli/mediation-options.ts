/**
 * Options about mediation, and their meaning for world/.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { FAMILIES, type Family, type Mediation } from '../world/index.ts';

export interface MediationFlags {
  /** `false` = `--no-mediation`. */
  readonly mediate?: readonly Family[];
  readonly mediateLogOnly?: boolean;
}

export function addMediationOptions(command: Command): Command {
  return command
    .option(
      '--mediate <list>',
      `let the modules decide about system calls of these families: ${FAMILIES.join(',')} or all (default: none)`,
      parseFamilies,
    )
    .option('--mediate-log-only', 'decide and log as with --mediate, refuse nothing');
}

export function mediationOptions({ mediate = [], mediateLogOnly = false }: MediationFlags): { mediation?: Mediation } {
  return mediate.length === 0 ? {} : { mediation: { families: mediate, logOnly: mediateLogOnly } };
}

function parseFamilies(text: string): readonly Family[] {
  if (text === 'all') return FAMILIES;
  return text.split(',').map((name) => {
    const family = FAMILIES.find((known) => known === name);
    if (family === undefined) throw new InvalidArgumentError(`choose from ${FAMILIES.join(', ')}, all.`);
    return family;
  });
}
