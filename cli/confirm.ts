/** Asks before something that cannot be taken back. */
import { WorldError } from '../world/index.ts';

/**
 * @param question without its end. @param would what a command does that cannot ask.
 * @throws WorldError where nobody can be asked.
 */
export async function confirmed(question: string, would: string, fix: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new WorldError('bad-option', would, fix);
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question}? [y/N] `);
  terminal.close();
  return /^y(?:es)?$/i.test(answer.trim());
}
