/**
 * Boot parameters, in the order of the command line: what they mean depends on those before (ima_main.c, ima_template.c, ima_policy.c).
 */
import { algorithmNumber, isAvailable } from '../framework/digests/hash.ts';
import { builtinTemplate, customTemplate, type Template } from './list/template.ts';
import type { BuiltinChoice } from './policy/builtin.ts';

/** CONFIG_IMA_DEFAULT_HASH and CONFIG_IMA_DEFAULT_TEMPLATE of Debian. */
const DEFAULT_HASH = 'sha256';
const DEFAULT_TEMPLATE = 'ima-sig';
/** What the template `ima` has room for. */
const OLD_HASHES = ['sha1', 'md5'];

/** What becomes of files that fail appraisal. */
export type AppraiseMode = 'off' | 'log' | 'fix' | 'enforce';

export interface Settings {
  readonly algorithm: string;
  readonly template: Template;
  /** Those that the kernel has by name. */
  readonly knownTemplates: readonly Template[];
  readonly builtin: Omit<BuiltinChoice, 'writePolicy'>;
  readonly failSecurely: boolean;
  readonly appraise: AppraiseMode;
  /** integrity_audit=1: records that only inform are written too. */
  readonly informs: boolean;
}

/** @param knownTemplates those that the kernel has by name. @param warn a line for the kernel's log, without its `ima: `. */
export function settingsOf(
  parameters: Readonly<Record<string, string>>,
  knownTemplates: readonly Template[],
  warn: (text: string) => void,
): Settings {
  let algorithm: string | undefined;
  let template: Template | undefined;
  let measure: BuiltinChoice['measure'] = 'none';
  const words = new Set<string>();
  const fallback = builtinTemplate(DEFAULT_TEMPLATE) as Template;
  const setHash = (name: string): void => {
    const current = template ?? fallback;
    if (algorithm !== undefined) return;
    if (current.name === 'ima') {
      const old = OLD_HASHES.find((known) => name.startsWith(known));
      if (old === undefined) warn(`invalid hash algorithm "${name}" for template "ima"`);
      else algorithm = old;
    } else if (algorithmNumber(name) === undefined) warn(`invalid hash algorithm "${name}"`);
    else algorithm = name;
  };
  for (const [name, value] of Object.entries(parameters)) {
    switch (name) {
      case 'ima_hash':
        setHash(value);
        break;
      case 'ima_template': {
        const found = builtinTemplate(value, knownTemplates);
        if (template !== undefined) break;
        if (found === undefined) warn(`template ${value} not found, using ${DEFAULT_TEMPLATE}`);
        // Until something is chosen the algorithm is SHA-1.
        else if (value === 'ima' && !OLD_HASHES.includes(algorithm ?? 'sha1'))
          warn('template does not support hash alg');
        else template = found;
        break;
      }
      case 'ima_template_fmt': {
        const made = customTemplate(value, knownTemplates);
        if (template !== undefined) break;
        if (made === undefined) warn(`format string '${value}' not valid, using template ${DEFAULT_TEMPLATE}`);
        else template = made;
        break;
      }
      case 'ima_tcb':
        if (measure === 'none') measure = 'original';
        break;
      case 'ima_appraise_tcb':
        words.add('appraise_tcb');
        break;
      case 'ima_policy':
        for (const word of value.split(/[ |\n]/)) {
          if (word === 'tcb' && measure === 'none') measure = 'tcb';
          else if (['appraise_tcb', 'secure_boot', 'critical_data', 'fail_securely'].includes(word)) words.add(word);
          // So is what stands between two separators, and a second choice of what is measured.
          else warn(`policy "${word}" not found`);
        }
        break;
      case 'ima':
        warn('Warning: ima setup option only permitted in kdump');
        break;
    }
  }
  setHash(DEFAULT_HASH);
  const chosen = algorithm ?? 'sha1';
  return {
    algorithm: isAvailable(chosen) ? chosen : DEFAULT_HASH,
    template: template ?? fallback,
    knownTemplates,
    builtin: {
      measure,
      appraiseTcb: words.has('appraise_tcb'),
      secureBoot: words.has('secure_boot'),
      criticalData: words.has('critical_data'),
    },
    failSecurely: words.has('fail_securely'),
    appraise: appraiseMode(parameters.ima_appraise, warn),
    informs: parameters.integrity_audit === '1',
  };
}

function appraiseMode(text: string | undefined, warn: (text: string) => void): AppraiseMode {
  if (text === undefined) return 'enforce';
  const mode = (['off', 'log', 'fix', 'enforce'] as const).find((known) => text.startsWith(known));
  if (mode === undefined) warn(`invalid "${text}" appraise option`);
  return mode ?? 'enforce';
}
