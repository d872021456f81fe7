/** Rules in text that a world boots with, written to the files that the modules have for them, as an init does. */
import { E } from '../../linux/errno.ts';
import { FileSystemFacade } from '../../vfs/user/facade.ts';
import { FileSystemError } from '../../vfs/user/facade-error.ts';
import type { MountTable } from '../../vfs/user/mounts.ts';
import { PolicyError } from './boot-policy.ts';
import type { WorldOptions } from './options.ts';

type Rules = { readonly [K in 'smackRules' | 'imaPolicy']: WorldOptions[K] | undefined };

const SMACK = '/sys/fs/smackfs/load2';
const IMA = '/sys/kernel/security/integrity/ima/policy';

/** @throws PolicyError for what a module does not take: the line is named. */
export function loadRules(mounts: MountTable, { smackRules, imaPolicy }: Rules): void {
  const fs = new FileSystemFacade(mounts);
  for (const line of lines(smackRules)) attempt('smackRules', line, () => fs.writeFileSync(SMACK, line));
  if (imaPolicy === undefined) return;
  // One open file: closing it puts the rules into force.
  let fd = -1;
  attempt('imaPolicy', '', () => {
    fd = fs.openSync(IMA, 'w');
  });
  try {
    for (const line of lines(imaPolicy)) attempt('imaPolicy', line, () => fs.writeSync(fd, `${line}\n`));
  } finally {
    fs.closeSync(fd);
  }
}

function lines(text: string | undefined): string[] {
  return (text ?? '').split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
}

function attempt(option: keyof Rules, line: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof FileSystemError)) throw error;
    const errno = E[error.code as keyof typeof E] ?? E.EIO;
    const missing = error.syscall === 'open' && error.code === 'ENOENT';
    const why = missing ? 'no module of this world has such rules' : `this is no rule: ${line}`;
    throw new PolicyError('BAD_RULES', `${option}: ${why}`, errno);
  }
}
