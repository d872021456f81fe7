/** `lsmfs why --lsm=smack`. */
import { explainBySmack, WorldError } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';
import { formatSmackWhy } from '../why-smack-text.ts';

interface Flags {
  readonly policy?: string;
  readonly world?: string;
  readonly json?: boolean;
}

const EXIT_DENIED = 1;

/** @param words letters of what is asked for. */
export async function whySmack(subject: string, object: string, words: readonly string[], flags: Flags): Promise<void> {
  if (flags.policy !== undefined) {
    throw new WorldError('bad-option', 'Smack has no policy files.', 'Load rules into a world and ask that.');
  }
  const report = await explainBySmack(flags.world, { subject, object, access: words.join('') });
  if ('problem' in report) throw new WorldError('bad-question', report.problem, report.fix);
  print(flags.json === true ? formatJson(report) : formatSmackWhy(report));
  if (!report.allowed) process.exitCode = EXIT_DENIED;
}
