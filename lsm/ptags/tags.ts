/** Tags of one task, and the lines that change them. */
import { E, type Errno } from '../../linux/errno.ts';

export interface Tag {
  /** It survives exec. */
  readonly keep: boolean;
  readonly value: string | undefined;
}

/** A task's set is replaced, never changed: others have it from fork. */
export type Tags = ReadonlyMap<string, Tag>;
/** A new one, while lines change it. */
export type TagsDraft = Map<string, Tag>;

/** What is done to a tag, as the tags that permit it name it. */
export type Action = 'add' | 'sub' | 'set';

const LONGEST_TAG = 4000;
const LONGEST_VALUE = 32_700;
const MOST_TAGS = 4000;
/** Printable, in UTF-8; without white space; its end is not that of a pattern. */
const TAG = /^[^\s\p{Cc}@!?#=*+-][^\s\p{Cc}=]*$/u;

function isTag(text: string): boolean {
  return TAG.test(text) && !text.endsWith(':*') && Buffer.byteLength(text) <= LONGEST_TAG;
}

export function show(tags: Tags): string {
  return [...tags]
    .map(([name, { keep, value }]) => `${keep ? '@' : ''}${name}${value === undefined ? '' : `=${value}`}\n`)
    .join('');
}

/** Do the tags of who acts permit it? `ptags:TAG:ACTION`, or with `*` for what begins like that. */
export function permits(tags: Tags, tag: string, action: Action | 'others'): boolean {
  if (tags.size === 0) return false;
  const has = (pattern: string) => tags.has(`ptags:${pattern}:${action}`);
  if (has(tag) || has('*')) return true;
  // One after the other: users decide how many parts a tag has.
  for (let at = tag.indexOf(':'); at >= 0; at = tag.indexOf(':', at + 1)) {
    if (has(`${tag.slice(0, at)}:*`)) return true;
  }
  return false;
}

/**
 * One line: `+[@]TAG`, `-[@]TAG`, `-PREFIX:*`, `!TAG=VALUE`, `?TAG`, `#...`.
 * @param may the action on this tag. @returns EINVAL, EPERM, ENOENT for a tag that is not there, ECANCELED for one too many.
 */
export function change(
  tags: TagsDraft,
  line: string,
  may: (tag: string, action: Action) => boolean,
): Errno | undefined {
  const [mark, rest] = [line.slice(0, 1), line.slice(1)];
  if (mark === '#' || line === '') return undefined;
  if (mark === '?') return queried(tags, rest);
  if (mark === '!') return valued(tags, rest, may);
  if (mark === '+') return added(tags, rest, may);
  return mark === '-' ? removed(tags, rest, may) : E.EINVAL;
}

type May = (tag: string, action: Action) => boolean;

function matching(tags: Tags, text: string): readonly string[] {
  if (!text.endsWith(':*')) return tags.has(text) ? [text] : [];
  return [...tags.keys()].filter((name) => name.startsWith(text.slice(0, -1)));
}

function isPattern(text: string): boolean {
  return isTag(text.replace(/:\*$/, ''));
}

function queried(tags: Tags, text: string): Errno | undefined {
  if (!isPattern(text)) return E.EINVAL;
  return matching(tags, text).length === 0 ? E.ENOENT : undefined;
}

function added(tags: TagsDraft, text: string, may: May): Errno | undefined {
  const keep = text.startsWith('@');
  const name = keep ? text.slice(1) : text;
  if (!isTag(name)) return E.EINVAL;
  if (!may(name, 'add')) return E.EPERM;
  const known = tags.get(name);
  if (known === undefined && tags.size >= MOST_TAGS) return E.ECANCELED;
  tags.set(name, { keep: keep || known?.keep === true, value: known?.value });
  return undefined;
}

/** `-@TAG`: only the mark. */
function removed(tags: TagsDraft, text: string, may: May): Errno | undefined {
  const unmarks = text.startsWith('@');
  const wanted = unmarks ? text.slice(1) : text;
  if (!isPattern(wanted)) return E.EINVAL;
  const names = matching(tags, wanted);
  if (names.length === 0) return E.ENOENT;
  if (names.some((name) => !may(name, 'sub'))) return E.EPERM;
  for (const name of names) {
    if (unmarks) tags.set(name, { keep: false, value: tags.get(name)?.value });
    else tags.delete(name);
  }
  return undefined;
}

function valued(tags: TagsDraft, text: string, may: May): Errno | undefined {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  const value = at < 0 ? undefined : text.slice(at + 1);
  if (!isTag(name) || Buffer.byteLength(value ?? '') > LONGEST_VALUE) return E.EINVAL;
  const known = tags.get(name);
  if (known === undefined) return E.ENOENT;
  if (!may(name, 'set')) return E.EPERM;
  tags.set(name, { keep: known.keep, value });
  return undefined;
}
