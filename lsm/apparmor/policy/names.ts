/**
 * Names of profiles and namespaces as text (lib.c, policy.c): byte strings in which `//` separates levels of a hierarchy.
 */

/** isspace() of the kernel, which includes the no-break space of latin-1. NaN (end of text) is not space. */
export function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xa0;
}

export function skipSpaces(text: string): string {
  let at = 0;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return text.slice(at);
}

export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charCodeAt(end - 1))) end--;
  return text.slice(0, end);
}

/** Last component of a hierarchical name. */
export function baseName(hname: string): string {
  const at = lastSeparator(hname);
  return at < 0 ? skipSpaces(hname) : hname.slice(at + 2);
}

/** Everything before the last component; `undefined` for a name of one component. */
export function parentName(hname: string): string | undefined {
  const at = lastSeparator(hname);
  return at < 0 ? undefined : hname.slice(0, at);
}

/** Separators are found from the left, so in `a///b` the last component is `/b`. */
function lastSeparator(hname: string): number {
  let last = -1;
  for (let at = hname.indexOf('//'); at >= 0; at = hname.indexOf('//', at + 2)) last = at;
  return last;
}

export interface QualifiedName {
  /** Path of the namespace; absent when none was given, and for `::name`. */
  readonly ns: string | undefined;
  /** Path of the profile; absent when only a namespace was given. */
  readonly name: string | undefined;
}

/** `name`, `:ns:name`, `:ns://name`, `:ns:`, `:ns`. */
export function splitQualifiedName(text: string): QualifiedName {
  const trimmed = skipSpaces(text);
  if (!trimmed.startsWith(':')) return { ns: undefined, name: trimmed === '' ? undefined : trimmed };
  const rest = trimmed.slice(1);
  const inner = skipSpaces(rest);
  if (inner === '') return { ns: undefined, name: undefined };
  const colon = rest.indexOf(':');
  if (colon < 0) return { ns: inner, name: undefined };
  // The spaces skipped may have been all there was before the colon.
  const ns = inner.slice(0, Math.max(0, colon - (rest.length - inner.length)));
  let after = rest.slice(colon + 1);
  if (after.length > 1 && after.startsWith('//')) after = after.slice(2);
  const name = skipSpaces(after);
  return { ns: ns === '' ? undefined : ns, name: name === '' ? undefined : name };
}
