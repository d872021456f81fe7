/**
 * Records of modules as programs take them that read logs of audit: ausearch(8) skips an event with an AVC record without `tclass=`.
 */
import type { ModuleFacts } from '../../lsm/framework/module-facts.ts';
import { KNOWN_MODULES } from '../../lsm/known-modules.ts';

const AVC = /^type=AVC (msg=audit\([^)]*\): )((\S+?)(?:="([^"]*)"|=\S*) .*)$/;

/**
 * @param modules whose records become those, by name; others, and what is no record, stay as they are.
 * @returns what makes such a line of one of the log.
 */
export function forTools(
  modules: readonly string[],
  known: readonly Pick<ModuleFacts, 'name' | 'avc'>[] = KNOWN_MODULES,
): (line: string) => string {
  const chosen = known.filter(({ name }) => modules.includes(name)).flatMap(({ avc }) => avc ?? []);
  const forms = chosen.map(({ types, ...form }) => ({ ...form, types: new Map(types) }));
  return (line) => {
    const [, head = '', body = '', , verdict = ''] = (forms.length > 0 && AVC.exec(line)) || [];
    const form = forms.find(({ begins }) => body.startsWith(begins));
    if (form === undefined) return line;
    return `type=${form.types.get(verdict) ?? 'AVC'} ${head}${body}${form.tail ?? ''}`;
  };
}
