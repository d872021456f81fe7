/**
 * Mappings of labels to CIPSO: cipso (fixed width, short labels) and cipso2.
 *
 * Model: smk_set_cipso() of security/smack/smackfs.c, Linux 6.12. Each number is scanned where its field begins, as far as its digits go.
 */

import { untilNul } from '../../../linux/bytes.ts';
import { E, type Result } from '../../../linux/errno.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import { SequenceFile } from '../../../vfs/pseudo/index.ts';
import { scanInt, scanUnsigned } from '../../../vfs/pseudo/scan.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { isVisibleIn, shownIn } from '../namespaces/namespaces.ts';
import type { KnownLabel } from '../policy/known-labels.ts';
import { isShort, parseLabel, SHORT_LABEL } from '../policy/label.ts';
import type { SmackfsContext } from './context.ts';

const FIELD = 4;
const HIGHEST_LEVEL = 255;
/** The number of categories is that of the highest one (SMACK_CIPSO_MAXCATNUM). */
const HIGHEST_CATEGORY = 184;
/** Label, level and number of categories in the fixed format. */
const FIXED_HEAD = SHORT_LABEL + 2 * FIELD;

export function cipsoNodes({ security, init }: SmackfsContext): DirectoryEntry[] {
  const node = (ino: number, fixed: boolean) =>
    new SequenceFile(init(ino, 0o644), {
      records: (caller) => {
        const namespace = security.namespaceOfCaller(caller);
        return security.labels
          .newestFirst()
          .filter(({ name }) => isVisibleIn(namespace, name))
          .map(({ name, cipso }) => line({ name: shownIn(namespace, name), cipso }, fixed));
      },
      positionalWrites: false,
      write: (data, at, caller) => {
        const refused = security.refuseNetlabel(caller);
        if (refused !== undefined) return refused;
        return at.offset === 0 ? set(security, data, fixed) : E.EINVAL;
      },
    });
  return [
    { name: 'cipso', node: node(4, true) },
    { name: 'cipso2', node: node(17, false) },
  ];
}

function line({ name, cipso: { level, categories } }: Pick<KnownLabel, 'name' | 'cipso'>, fixed: boolean): string {
  if (fixed && !isShort(name)) return '';
  const list = categories.length === 0 ? '' : `/${categories.join(',')}`;
  return `${name} ${String(level).padStart(3)}${list}\n`;
}

function set(security: SmackSecurity, data: Uint8Array, fixed: boolean): Result<number> {
  if (fixed && (data.length < FIXED_HEAD || data.length > FIXED_HEAD + HIGHEST_CATEGORY * FIELD)) return E.EINVAL;
  if (data.length > PAGE_SIZE) return E.EINVAL;
  const name = parseLabel(untilNul(data));
  if (name === undefined) return E.EINVAL;
  const label = security.labels.import(name);
  let at = fixed ? SHORT_LABEL : name.length + 1;
  if (at > data.length) return E.EOVERFLOW;
  const level = scanInt(data.subarray(at));
  if (level === undefined || level < 0 || level > HIGHEST_LEVEL) return E.EINVAL;
  at += FIELD;
  if (at > data.length) return E.EOVERFLOW;
  const count = scanInt(data.subarray(at));
  if (count === undefined || count < 0 || count > HIGHEST_CATEGORY) return E.EINVAL;
  if (fixed && data.length !== FIXED_HEAD + count * FIELD) return E.EINVAL;
  const categories = new Set<number>();
  for (let index = 0; index < count; index++) {
    at += FIELD;
    if (at > data.length) return E.EOVERFLOW;
    const category = scanUnsigned(data.subarray(at));
    if (category === undefined || category > HIGHEST_CATEGORY) return E.EINVAL;
    if (category > 0) categories.add(category);
  }
  label.cipso = { level, categories: [...categories].sort((a, b) => a - b) };
  return data.length;
}
