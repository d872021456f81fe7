/**
 * Labels of selinuxfs's boolean files, as far as they can make a load fail.
 */
import type { PolicyDb } from '../policy/policydb.ts';
import { genfsContext } from './object-labels.ts';

/**
 * Linux 6.12 fails a load (ENOENT) when the last boolean, by value, finds no genfs label for its file: the result of
 * that lookup is also the result of building booleans/. Recorded from 6.12.113.
 */
export function lastBooleanIsUnlabelled(db: PolicyDb): boolean {
  const last = db.booleans.inValueOrder().at(-1);
  if (last === undefined) return false;
  const fileClass = db.classes.byName('file')?.value ?? 0;
  return genfsContext(db, 'selinuxfs', `/booleans/${last.name}`, fileClass) === undefined;
}
