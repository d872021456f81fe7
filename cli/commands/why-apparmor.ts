/** `lsmfs why --lsm=apparmor`. */
import { explainByApparmor, WorldError } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';
import { formatApparmorWhy } from '../why-apparmor-text.ts';

interface Flags {
  readonly policy?: string;
  readonly world?: string;
  readonly notOwner?: boolean;
  readonly json?: boolean;
}

const EXIT_DENIED = 1;

/** Names are bytes in the kernel: one character each. */
const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const text = (shown: string): string => Buffer.from(shown, 'latin1').toString('utf8');

/** @param words what follows the label. */
export async function whyApparmor(label: string, words: readonly string[], flags: Flags): Promise<void> {
  const question = { label: bytes(label), words: words.map(bytes), owner: flags.notOwner !== true };
  const report = await explainByApparmor(flags, question);
  if ('problem' in report) throw new WorldError('bad-question', text(report.problem), text(report.fix));
  print(text(flags.json === true ? formatJson(report) : formatApparmorWhy(report)));
  if (!report.allowed) process.exitCode = EXIT_DENIED;
}
