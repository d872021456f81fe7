/** `lsmfs why --lsm=tomoyo`. */
import { explainByTomoyo, WorldError } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';
import { formatTomoyoWhy } from '../why-tomoyo-text.ts';

interface Flags {
  readonly policy?: string;
  readonly world?: string;
  readonly json?: boolean;
}

const EXIT_DENIED = 1;

export async function whyTomoyo(domain: string, path: string, operation: string, flags: Flags): Promise<void> {
  if (flags.policy !== undefined) {
    throw new WorldError('bad-option', 'TOMOYO is asked in a world.', 'Load the policy into one and ask that.');
  }
  const report = await explainByTomoyo(flags.world, { domain, path, operation });
  if ('problem' in report) throw new WorldError('bad-question', report.problem, report.fix);
  print(flags.json === true ? formatJson(report) : formatTomoyoWhy(report));
  if (!report.allowed) process.exitCode = EXIT_DENIED;
}
