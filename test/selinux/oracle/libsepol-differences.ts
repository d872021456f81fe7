/** Where libsepol is known to answer otherwise than the kernel: each was asked of Linux 6.12, which answers as this program does. */

import { failed } from '../../../linux/errno.ts';
import { formatContext, kernelClass, parseContext } from '../../../lsm/selinux/decide/index.ts';
import type { MlsLevel, PolicyDb } from '../../../lsm/selinux/policy/index.ts';
import { levelsEqual, NO_RANGE } from '../../../lsm/selinux/policy/mls.ts';
import type { Difference } from './play.ts';

export interface KnownDifference {
  readonly reason: string;
  explains(db: PolicyDb, difference: Difference): boolean;
}

export const LIBSEPOL_DIFFERENCES: readonly KnownDifference[] = [
  {
    reason: 'libsepol does not give a new socket its creator’s role, type and range',
    explains: (db, { question }) => {
      if (question.kind !== 'create' && question.kind !== 'member' && question.kind !== 'relabel') return false;
      const name = db.classes.nameOf(question.class) ?? '';
      return name.endsWith('socket') && kernelClass(name) !== 0;
    },
  },
  {
    reason:
      'libsepol prints a run of categories that ends a 64-bit unit as if it went on over the empty units behind it',
    explains: (db, { here, oracle }) =>
      here
        .split(' ')
        .map((word) => withLongRuns(db, word))
        .join(' ') === oracle,
  },
  {
    reason: 'libsepol ignores what follows a second dash in a range',
    explains: (_db, { question, here }) =>
      question.kind === 'context' && here === 'refused' && question.text.split('-').length > 2,
  },
  {
    reason: 'libsepol leaves out contexts of the caller’s own type that a user can enter',
    explains: (_db, { question, here, oracle }) => {
      if (question.kind !== 'user') return false;
      const type = question.source.split(':')[2];
      const kept = here.split(' ').filter((context) => context.split(':')[2] !== type);
      return [kept.length - 1, ...kept.slice(1)].join(' ') === oracle;
    },
  },
  {
    reason: 'libsepol gives the initial SID init its own context without capability userspace_initial_context',
    explains: (db, { question }) => question.kind === 'isid' && question.sid === 7 && !db.capabilities.has(8),
  },
  {
    reason: 'libsepol does not collapse the slashes that a genfs path starts with',
    explains: (_db, { question }) => question.kind === 'genfs' && question.path.startsWith('//'),
  },
];

/** A context as libsepol prints it; anything else as it is. */
function withLongRuns(db: PolicyDb, text: string): string {
  const context = parseContext(db, text);
  if (failed(context) || !db.mls) return text;
  const { low, high } = context.range;
  const names = formatContext({ ...db, mls: false }, { ...context, range: NO_RANGE });
  const levels = levelsEqual(low, high) ? [low] : [low, high];
  return `${names}:${levels.map((level) => levelText(db, level)).join('-')}`;
}

const UNIT = 64;

/** libsepol looks at the bits of the units there are, and ends a run one before the first bit that is not set. */
function levelText(db: PolicyDb, { sensitivity, categories }: MlsLevel): string {
  const units = [...new Set([...categories].map((bit) => bit - (bit % UNIT)))];
  const visited = units.flatMap((unit) => Array.from({ length: UNIT }, (_, i) => unit + i));
  let text = '';
  let run = 0;
  const endRun = (end: number) => {
    if (run > 1) text += `${run > 2 ? '.' : ','}${db.categories.nameOf(end + 1)}`;
    run = 0;
  };
  for (const bit of visited) {
    if (!categories.has(bit)) endRun(bit - 1);
    else if (run++ === 0) text += `${text === '' ? ':' : ','}${db.categories.nameOf(bit + 1)}`;
  }
  endRun(visited.at(-1) ?? 0);
  return `${db.levels.nameOf(sensitivity)}${text}`;
}
