/** Labels as text: reading and printing them as somebody in a certain namespace sees them (label.c). */
import { E, failed, type Result } from '../../../linux/errno.ts';
import { Label } from './label.ts';
import { lookupQualified } from './lookup.ts';
import { skipSpaces } from './names.ts';
import type { PolicyNamespace, Profile } from './namespace.ts';

const SEPARATOR = '//&';

/** The label that `text` means to somebody with label `base`. A leading `&` adds it to `base`. */
export function parseLabel(base: Label, text: string): Result<Label> {
  const trimmed = skipSpaces(text);
  if (trimmed === '') return E.EINVAL;
  const stacking = trimmed.startsWith('&');
  const named = lookupAll(base, splitStack(stacking ? trimmed.slice(1) : trimmed));
  if (failed(named)) return named;
  return stacking ? Label.of(...base.profiles, ...named) : Label.of(...named);
}

/** The same; a compound label must be one that somebody made. */
export function findLabel(base: Label, text: string): Result<Label> {
  const label = parseLabel(base, text);
  if (failed(label) || !label.stacked || label.isKnown) return label;
  return E.ENOENT;
}

/** A separator counts only after a character that is not a slash. */
function splitStack(text: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (at === from || text[at - 1] === '/' || !text.startsWith(SEPARATOR, at)) continue;
    parts.push(text.slice(from, at));
    from = at + SEPARATOR.length;
    at = from - 1;
  }
  return [...parts, text.slice(from)];
}

/** A part in another namespace moves the parts after it there; a namespace is always named from `base`. */
function lookupAll(base: Label, parts: readonly string[]): Result<[Profile, ...Profile[]]> {
  let relativeTo = base;
  const found: Profile[] = [];
  for (const part of parts) {
    const profile = lookupQualified(skipSpaces(part).startsWith(':') ? base : relativeTo, part);
    if (profile === undefined) return E.ENOENT;
    if (profile.ns !== relativeTo.namespace) relativeTo = Label.of(profile);
    found.push(profile);
  }
  const [first, ...rest] = found;
  return first === undefined ? E.ENOENT : [first, ...rest];
}

export interface FormatOptions {
  /** Append ` (mode)`. */
  readonly mode: boolean;
  /** Show members of namespaces below the view (default true). */
  readonly subtree?: boolean;
  /** What stands for a label of which nothing is visible (default `---`). */
  readonly hidden?: 'unconfined' | '---';
}

export function formatLabel(view: PolicyNamespace, label: Label, options: FormatOptions): string {
  const visible = label.profiles.filter((profile) => view.sees(profile.ns, options.subtree ?? true));
  if (visible.length === 0) return options.hidden ?? '---';
  let prefixed: PolicyNamespace | undefined;
  const parts = visible.map((profile) => {
    if (profile.ns === view || profile.ns === prefixed) return profile.hname;
    prefixed = profile.ns;
    return `:${namespacePath(view, profile.ns)}:${profile.hname}`;
  });
  const mode = options.mode ? modeOf(visible) : undefined;
  return parts.join(SEPARATOR) + (mode === undefined ? '' : ` (${mode})`);
}

/** Name of a namespace below `view`, as seen from there. */
export function namespacePath(view: PolicyNamespace, ns: PolicyNamespace): string {
  return ns.hname.slice(view.hname.length + 2);
}

/** The mode of all the profiles; the `unconfined` of a namespace says nothing about it. */
function modeOf(profiles: readonly Profile[]): string | undefined {
  const modes = new Set(profiles.filter((profile) => !profile.isNamespaceUnconfined).map((profile) => profile.mode));
  if (modes.size === 0) return undefined;
  const [mode] = modes;
  return modes.size === 1 ? mode : 'mixed';
}

/** Content of the file `profiles`: all profiles of the namespace and of those below it, parents before children. */
export function listProfiles(view: PolicyNamespace): string {
  const lines: string[] = [];
  const add = (profiles: readonly Profile[]) => {
    for (const profile of profiles) {
      lines.push(`${formatLabel(view, Label.of(profile), { mode: true })}\n`);
      add(profile.children);
    }
  };
  const visit = (ns: PolicyNamespace) => {
    add(ns.profiles);
    ns.children.forEach(visit);
  };
  visit(view);
  return lines.join('');
}
