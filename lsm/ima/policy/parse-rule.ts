/**
 * One rule from its text: ima_parse_rule().
 *
 * Model: tokens are taken one by one and each is noted for the audit record before it is judged; the first wrong one
 * ends the reading. What is checked for a second time is the value that the first one left, so a token whose first
 * value counts as "nothing" may come again.
 */
import { E, type Errno, failed } from '../../../linux/errno.ts';
import { algorithmNumber, isAvailable } from '../../framework/digests/hash.ts';
import { LABEL_FIELDS, type LabelField } from '../../framework/labels/label-rule.ts';
import type { Template, Templates } from '../list/template.ts';
import { isConsistent } from './check-rule.ts';
import { ACTIONS, type Action, type Comparison, type IdTest, type ImaRule } from './rule.ts';
import { NULL_UUID, parseFunc, parseId, parseList, parseMask, parseNumber, parsePcr, parseUuid } from './tokens.ts';

export interface RuleReader {
  readonly templates: Templates;
  /** An id of the writer's user namespace in the initial one. */
  mapUid(id: number): number | undefined;
  mapGid(id: number): number | undefined;
  /** Does a security module know this part of labels? Otherwise a rule with it is refused (`refuse`) or never matches. */
  labelKnown(field: LabelField, value: string): boolean;
  readonly refuseUnknownLabels: boolean;
  /** May the writer have such a rule at all? Absent = any. */
  refuses?(action: Action): Errno | undefined;
  /** Can asymmetric keys be measured (CONFIG_IMA_MEASURE_ASYMMETRIC_KEYS)? */
  readonly measuresKeys: boolean;
  /** Are signatures at the end of files known (CONFIG_IMA_APPRAISE_MODSIG)? */
  readonly appraisesAppended: boolean;
  /** A line for the kernel's log, without its `ima: `. */
  warn(text: string): void;
  /** A line that is printed once in the life of a kernel. */
  noticeOnce(text: string): void;
}

export interface ParsedRule {
  readonly result: ImaRule | Errno;
  /** Body of the INTEGRITY_POLICY_RULE record. */
  readonly audit: string;
}

type Draft = { -readonly [Part in keyof ImaRule]?: ImaRule[Part] };
type IdPart = 'uid' | 'euid' | 'gid' | 'egid' | 'fowner' | 'fgroup';

const ID_TOKEN = /^(uid|euid|gid|egid|fowner|fgroup)([=<>])(.+)$/s;
const VALUE_TOKEN =
  /^(obj_user|obj_role|obj_type|subj_user|subj_role|subj_type|func|mask|fsmagic|fsname|fsuuid|digest_type|appraise_type|appraise_flag|appraise_algos|pcr|template|keyrings|label)=(.+)$/s;
/** Of a pair only one can be given. */
const SHARED: Readonly<Record<IdPart, readonly IdPart[]>> = {
  uid: ['uid', 'euid'],
  euid: ['uid', 'euid'],
  gid: ['gid', 'egid'],
  egid: ['gid', 'egid'],
  fowner: ['fowner'],
  fgroup: ['fgroup'],
};

export function parseRule(text: string, reader: RuleReader): ParsedRule {
  const parser = new RuleParser(reader);
  for (const token of text.split(/[ \t]/)) {
    if (parser.failure !== undefined) break;
    if (token !== '') parser.take(token);
  }
  return parser.end();
}

class RuleParser {
  failure: Errno | undefined;
  readonly #reader: RuleReader;
  readonly #draft: Draft = {};
  readonly #labels: Partial<Record<LabelField, string>> = {};
  /** The comparison that a pair of ids has; `=` after another does not set it back. */
  readonly #comparisons = new Map<string, Comparison>();
  #audit = '';

  constructor(reader: RuleReader) {
    this.#reader = reader;
  }

  take(token: string): void {
    const action = ACTIONS.find((name) => name === token);
    const id = ID_TOKEN.exec(token);
    const value = VALUE_TOKEN.exec(token);
    if (action !== undefined) this.#action(action);
    else if (token === 'permit_directio') this.#draft.directIo = true;
    else if (id !== null) this.#id(id[1] as IdPart, id[2] as Comparison, id[3] ?? '');
    else if (value !== null) this.#value(value[1] ?? '', value[2] ?? '');
    else {
      this.#note('UNKNOWN', token);
      this.failure = E.EINVAL;
    }
  }

  end(): ParsedRule {
    const { action } = this.#draft;
    if (Object.keys(this.#labels).length > 0) this.#draft.labels = this.#labels;
    const rule: ImaRule | undefined = action === undefined ? undefined : { ...this.#draft, action };
    const failure = this.failure ?? (rule !== undefined && isConsistent(rule) ? undefined : E.EINVAL);
    if (failure === undefined && rule?.action === 'measure' && rule.verity === true)
      this.#adviseTemplate(rule.template);
    if (failure === undefined && rule?.modsig === true) this.#adviseDigest(this.#reader.templates.current);
    const result = failure ?? rule ?? E.EINVAL;
    return { result, audit: `${this.#audit}res=${failed(result) ? 0 : 1}` };
  }

  #adviseTemplate(template: Template = this.#reader.templates.current): void {
    if (!template.fields.includes('d-ngv2')) this.#reader.noticeOnce('verity rules should include d-ngv2');
  }

  /** check_template_modsig() */
  #adviseDigest({ fields }: Template): void {
    if (fields.includes('modsig') && !fields.includes('d-modsig'))
      this.#reader.noticeOnce("template with 'modsig' field also needs 'd-modsig' field");
  }

  #note(key: string, value: string, comparison: Comparison = '='): void {
    this.#audit += `${key}${comparison}${value} `;
  }

  #action(action: Action): void {
    this.#note('action', action);
    this.failure = this.#draft.action === undefined ? this.#reader.refuses?.(action) : E.EINVAL;
    this.#draft.action = action;
  }

  #id(part: IdPart, comparison: Comparison, text: string): void {
    const shared = SHARED[part];
    const pair = shared[0] ?? part;
    if (comparison !== '=') this.#comparisons.set(pair, comparison);
    const inForce = this.#comparisons.get(pair) ?? '=';
    this.#note(part, text, inForce);
    if (shared.some((other) => this.#draft[other] !== undefined)) {
      this.failure = E.EINVAL;
      return;
    }
    const group = part === 'gid' || part === 'egid' || part === 'fgroup';
    const id = parseId(text, (number) => (group ? this.#reader.mapGid(number) : this.#reader.mapUid(number)));
    if (failed(id)) this.failure = id;
    else this.#draft[part] = { comparison: inForce, id } satisfies IdTest;
  }

  #value(key: string, text: string): void {
    this.#note(key, text);
    const label = LABEL_FIELDS.find((field) => field === key);
    if (label !== undefined) this.failure = this.#label(label, text);
    else this.failure = this.#option(key, text);
  }

  #label(field: LabelField, value: string): Errno | undefined {
    if (this.#labels[field] !== undefined) return E.EINVAL;
    if (!this.#reader.labelKnown(field, value)) {
      this.#reader.warn(`rule for LSM '${value}' is undefined`);
      if (this.#reader.refuseUnknownLabels) return E.EINVAL;
    }
    this.#labels[field] = value;
    return undefined;
  }

  #option(key: string, text: string): Errno | undefined {
    const draft = this.#draft;
    switch (key) {
      case 'func': {
        const func = parseFunc(text);
        if (draft.func !== undefined || func === undefined) return E.EINVAL;
        draft.func = func;
        return undefined;
      }
      case 'mask': {
        const mask = parseMask(text);
        if (draft.mask !== undefined || mask === undefined) return E.EINVAL;
        draft.mask = mask;
        return undefined;
      }
      case 'fsmagic': {
        if (draft.fsmagic !== undefined && draft.fsmagic !== 0n) return E.EINVAL;
        const magic = parseNumber(text, 16);
        if (failed(magic)) return magic;
        draft.fsmagic = magic;
        return undefined;
      }
      case 'fsname':
        draft.fsname = text;
        return undefined;
      case 'fsuuid': {
        const uuid = parseUuid(text);
        if ((draft.fsuuid ?? NULL_UUID) !== NULL_UUID || uuid === undefined) return E.EINVAL;
        draft.fsuuid = uuid;
        return undefined;
      }
      case 'pcr': {
        const pcr = parsePcr(text);
        if (failed(pcr)) return pcr;
        draft.pcr = pcr;
        return undefined;
      }
      case 'template': {
        if (draft.action !== 'measure') return E.EINVAL;
        const template = this.#reader.templates.find(text);
        if (template === undefined || draft.template !== undefined) return E.EINVAL;
        draft.template = template;
        return undefined;
      }
      case 'keyrings': {
        const rings = parseList(text);
        if (!this.#reader.measuresKeys || draft.keyrings !== undefined || rings === undefined) return E.EINVAL;
        draft.keyrings = rings;
        return undefined;
      }
      case 'label': {
        const labels = parseList(text);
        if (draft.dataLabels !== undefined || labels === undefined) return E.EINVAL;
        draft.dataLabels = labels;
        return undefined;
      }
      case 'digest_type':
        if (draft.signature === true || text !== 'verity') return E.EINVAL;
        draft.verity = true;
        return undefined;
      case 'appraise_type':
        if (text === 'imasig|modsig' && draft.verity !== true && this.#reader.appraisesAppended) draft.modsig = true;
        else if (text !== (draft.verity === true ? 'sigv3' : 'imasig')) return E.EINVAL;
        draft.signature = true;
        return undefined;
      case 'appraise_algos':
        return this.#algorithms(text);
      default:
        return undefined; // appraise_flag has no meaning any more
    }
  }

  #algorithms(text: string): Errno | undefined {
    if (this.#draft.algorithms !== undefined) return E.EINVAL;
    const numbers = new Set<number>();
    for (const name of text.split(',')) {
      const number = algorithmNumber(name);
      if (number === undefined) {
        this.#reader.warn(`unknown hash algorithm "${name}"`);
        return E.EINVAL;
      }
      if (!isAvailable(name)) {
        this.#reader.warn(`unavailable hash algorithm "${name}", check your kernel configuration`);
        return E.EINVAL;
      }
      numbers.add(number);
    }
    this.#draft.algorithms = numbers;
    return undefined;
  }
}
