/**
 * Lines that change rules, in the syntax of auditctl(8): `-a LIST,ACTION ...`, `-A`, `-d`, `-w PATH`, `-W PATH`, `-D`. What auditctl
 * refuses is EINVAL; the rest is for the kernel to check.
 */
import { ALWAYS, FIELD, LIST, NEVER, OP } from '../../../../linux/audit.ts';
import { LIST_NAMES, URING_NAMES } from '../../../../linux/audit-rule-names.ts';
import { E, failed, type Result } from '../../../../linux/errno.ts';
import type { RecordNames } from '../record-line.ts';
import { type AuditRule, MAX_FIELDS, type RuleField } from '../rule.ts';
import { addCalls, callsOf, type FieldContext, parseComparison, parseField, permissionsOf } from './fields.ts';
import { KEY_SEPARATOR } from './words.ts';

const MASK_WORDS = 64;
const ALL_PERMISSIONS = 15;
const ACTIONS: ReadonlyMap<string, number> = new Map([
  ['always', ALWAYS],
  ['never', NEVER],
]);

export type RuleCommand =
  | { readonly kind: 'add' | 'delete'; readonly rule: AuditRule }
  /** Of a path that may be a directory: a rule about that, or about a file. */
  | {
      readonly kind: 'add' | 'delete';
      readonly path: string;
      readonly watch: (isDirectory: boolean) => AuditRule;
    }
  /** All, or those with this key. */
  | { readonly kind: 'clear'; readonly key?: string };

export interface RuleWords {
  readonly names: RecordNames;
  /** AUDIT_ARCH_* of the kernel. */
  readonly machine: number;
}

type Option = readonly [name: string, value: string];

/** `undefined` = there is nothing in the line. */
export function parseRuleLine(line: string, words: RuleWords): Result<RuleCommand | undefined> {
  const tokens = split(line);
  if (tokens === undefined) return E.EINVAL;
  if (tokens.length === 0 || tokens[0]?.startsWith('#') === true) return undefined;
  const options: Option[] = [];
  for (let index = 0; index < tokens.length; index++) {
    const name = tokens[index] ?? '';
    const value = name === '-D' ? '' : tokens[++index];
    if (!/^-[aAdDwWpkSFC]$/.test(name) || value === undefined) return E.EINVAL;
    options.push([name, value]);
  }
  const [[verb, what] = ['', '']] = options;
  const rest = options.slice(1);
  if (verb === '-D') return clear(rest);
  if (verb === '-w' || verb === '-W') return watch(verb, what, rest);
  if (verb !== '-a' && verb !== '-A' && verb !== '-d') return E.EINVAL;
  const rule = ruleOf(what, verb === '-A', rest, words);
  return failed(rule) ? rule : { kind: verb === '-d' ? 'delete' : 'add', rule };
}

/** Words between blanks; quotes keep blanks. `undefined` = a quote has no end. */
function split(line: string): string[] | undefined {
  const tokens = [...line.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+|["']/g)].map(([token]) => token);
  if (tokens.some((token) => token === '"' || token === "'")) return undefined;
  return tokens.map((token) =>
    token.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );
}

function keys(options: readonly Option[]): string[] {
  return options.filter(([name]) => name === '-k').map(([, key]) => key);
}

function keyFields(all: readonly string[]): RuleField[] {
  return all.length === 0 ? [] : [{ type: FIELD.FILTERKEY, op: OP.EQUAL, value: all.join(KEY_SEPARATOR) }];
}

function clear(options: readonly Option[]): Result<RuleCommand> {
  if (options.some(([name]) => name !== '-k') || options.length > 1) return E.EINVAL;
  const [key] = keys(options);
  return { kind: 'clear', ...(key !== undefined && { key }) };
}

function watch(verb: string, given: string, options: readonly Option[]): Result<RuleCommand> {
  if (!given.startsWith('/') || options.some(([name]) => name !== '-p' && name !== '-k')) return E.EINVAL;
  let permissions: number | undefined = ALL_PERMISSIONS;
  for (const [name, value] of options) if (name === '-p') permissions = permissionsOf(value);
  if (permissions === undefined) return E.EINVAL;
  const path = given.length > 2 ? given.replace(/\/+$/, '') || '/' : given;
  const fields: readonly RuleField[] = [
    { type: FIELD.PERM, op: OP.EQUAL, value: permissions },
    ...keyFields(keys(options)),
  ];
  const mask = new Uint32Array(MASK_WORDS).fill(0xffffffff);
  return {
    kind: verb === '-w' ? 'add' : 'delete',
    path,
    watch: (isDirectory) => ({
      list: LIST.EXIT,
      prepend: false,
      action: ALWAYS,
      mask,
      fields: [{ type: isDirectory ? FIELD.DIR : FIELD.WATCH, op: OP.EQUAL, value: path }, ...fields],
      legacyLogin: false,
    }),
  };
}

function ruleOf(what: string, prepend: boolean, options: readonly Option[], words: RuleWords): Result<AuditRule> {
  const place = listAndAction(what);
  if (place === undefined) return E.EINVAL;
  const { list, action } = place;
  const context: FieldContext = { list, ...words };
  const mask = new Uint32Array(MASK_WORDS);
  const fields: RuleField[] = [];
  const allKeys: string[] = [];
  let arch = words.machine;
  let named = false;
  for (const [name, value] of options) {
    if (name === '-k') allKeys.push(value);
    else if (name === '-S') {
      if (list !== LIST.EXIT && list !== LIST.URING) return E.EINVAL;
      named = true;
      const refused = addCalls(mask, value, list === LIST.URING ? URING_NAMES : callsOf(arch));
      if (refused !== undefined) return refused;
    } else if (name === '-F' || name === '-C') {
      const field = name === '-F' ? parseField(value, context) : parseComparison(value, context);
      if (failed(field)) return field;
      if (field.type === FIELD.FILTERKEY) {
        allKeys.push(String(field.value));
        continue;
      }
      if (field.type === FIELD.ARCH) {
        // Names of calls that came before would be those of another machine.
        if (named) return E.EINVAL;
        arch = Number(field.value);
      }
      fields.push(field);
    } else return E.EINVAL;
  }
  if (!named && list !== LIST.TASK) mask.fill(0xffffffff);
  fields.push(...keyFields(allKeys));
  // auditctl takes one less than a kernel.
  if (fields.length >= MAX_FIELDS) return E.EINVAL;
  return { list, prepend, action, mask, fields, legacyLogin: false };
}

/** `always,exit`, in either order. */
function listAndAction(text: string): { readonly list: number; readonly action: number } | undefined {
  const words = text.split(',');
  if (words.length !== 2) return undefined;
  const action = words.map((word) => ACTIONS.get(word)).find((known) => known !== undefined);
  const [list] = [...LIST_NAMES].find(([, name]) => words.includes(name)) ?? [];
  return action === undefined || list === undefined ? undefined : { list, action };
}
