/**
 * Questions to `.access` (query_label and query_data in apparmorfs.c). Pure: the transaction around it is the file's.
 */
import { bytesOf, textOf, untilNul } from '../../../linux/bytes.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { NO_STATE } from '../policy/dfa.ts';
import type { Label } from '../policy/label.ts';
import { findLabel } from '../policy/label-text.ts';
import type { Profile } from '../policy/namespace.ts';
import { ALL_PERMISSIONS, accumulate, applyMode, NO_PERMISSIONS, type Permissions } from '../policy/permissions.ts';
import { CLASS_FILE } from '../policy/policy-db.ts';

/** Space for an answer: a page without the transaction's header. */
const ANSWER_MAX = 4080;
/** The object that is asked about belongs to nobody in particular: to root. */
const OBJECT_UID = 0;

export interface QuerySubject {
  readonly label: Label;
  readonly fsuid: number;
}

/** Answer to one command, or the errno of the write. */
export function accessQuery(command: Uint8Array, asker: QuerySubject): Result<Uint8Array> {
  const verb = textOf(untilNul(command));
  const query = command.subarray(verb.length + 1);
  if (query.length === 0) return E.EINVAL;
  const find = (text: string) => findLabel(asker.label, text);
  if (verb === 'profile' || verb === 'label') return permissionQuery(query, asker, false, find);
  if (verb === 'labelall') return permissionQuery(query, asker, true, find);
  if (verb === 'data') return dataQuery(query, find);
  return E.EINVAL;
}

function permissionQuery(
  query: Uint8Array,
  { fsuid }: QuerySubject,
  all: boolean,
  find: (text: string) => Result<Label>,
): Result<Uint8Array> {
  const name = untilNul(query);
  if (name.length === 0 || name.length === query.length) return E.EINVAL;
  const label = find(textOf(name));
  if (failed(label)) return label;
  const { allow, deny, audit, quiet } = labelPermissions(label, query.subarray(name.length + 1), { all, fsuid });
  const line = (field: string, value: number) => `${field} 0x${value.toString(16).padStart(8, '0')}\n`;
  return bytesOf(line('allow', allow) + line('deny', deny) + line('audit', audit) + line('quiet', quiet));
}

/** @param match class byte and input. `all`: ask all profiles of the label instead of those in its namespace. */
export function labelPermissions(
  label: Label,
  match: Uint8Array,
  options: { readonly all: boolean; readonly fsuid: number },
): Permissions {
  const profiles = options.all ? label.profiles : label.inScope;
  return profiles.reduce((sum, profile) => {
    const own = profile.unconfined ? undefined : profilePermissions(profile, match, options.fsuid === OBJECT_UID);
    return own === undefined ? sum : accumulate(sum, applyMode(own, profile.mode, profile.rules.auditAll));
  }, ALL_PERMISSIONS);
}

/** @returns `undefined` when the profile has no say in it. */
function profilePermissions(profile: Profile, match: Uint8Array, owner: boolean): Permissions | undefined {
  const { file, policy } = profile.rules;
  // Without a class byte, the kernel looks at the NUL that is there instead.
  const classByte = match[0] ?? 0;
  if (classByte === CLASS_FILE) {
    const state = file?.dfa.match(file.fileStart, match.subarray(1)) ?? NO_STATE;
    return file === undefined || state === NO_STATE ? NO_PERMISSIONS : file.filePermissions(state, owner);
  }
  if (policy === undefined || !policy.mediates(classByte)) return undefined;
  const state = policy.dfa.match(policy.start, match);
  return state === NO_STATE ? NO_PERMISSIONS : policy.permissions(state);
}

/**
 * What the rules of a profile, also of one in unconfined mode, say about an object that is no file, with its mode applied.
 * @returns `undefined` when they have no say in it.
 */
export function classPermissions(profile: Profile, classByte: number, input: Uint8Array): Permissions | undefined {
  const match = Uint8Array.of(classByte, ...input);
  const own = profilePermissions(profile, match, false);
  return own && applyMode(own, profile.mode, profile.rules.auditAll);
}

function dataQuery(query: Uint8Array, find: (text: string) => Result<Label>): Result<Uint8Array> {
  const name = untilNul(query);
  const rest = query.subarray(name.length + 1);
  const key = untilNul(rest);
  // A key of at least one byte, and the NUL after it.
  if (rest.length < 2 || key.length === rest.length) return E.EINVAL;
  const label = find(textOf(name));
  if (failed(label)) return label;
  const blocks = label.profiles
    .filter((profile) => !profile.unconfined)
    .map((profile) => profile.rules.data.get(textOf(key)))
    .filter((value) => value !== undefined);
  const size = blocks.reduce((sum, block) => sum + 4 + block.length, 8);
  if (size > ANSWER_MAX) return E.EINVAL;
  const answer = new Uint8Array(size);
  const view = new DataView(answer.buffer);
  view.setUint32(0, size - 4, true);
  view.setUint32(4, blocks.length, true);
  let at = 8;
  for (const block of blocks) {
    view.setUint32(at, block.length, true);
    answer.set(block, at + 4);
    at += 4 + block.length;
  }
  return answer;
}
