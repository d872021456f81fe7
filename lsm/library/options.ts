/**
 * What createWorld() takes, checked before anything is made of it: by programs in JavaScript nobody else looks.
 */
import * as v from 'valibot';
import { type BuildName, KERNEL_BUILDS } from '../builds.ts';
import { type BootConfig, type KernelBuild, PROFILES } from '../framework/config.ts';
import { LsmfsError } from '../framework/lsmfs-error.ts';
import { didYouMean } from '../framework/nearest.ts';
import type { RootType } from './root.ts';

/**
 * Default: profile `talk`, build `debian` (`full` for a module that it lacks), permissive, its default modules, no policy.
 * @public
 */
export interface WorldOptions extends Partial<Omit<BootConfig, 'refuse' | 'build'>> {
  /** A kernel: one of ours by its name, or any. */
  readonly build?: BuildName | KernelBuild;
  /** A binary SELinux policy to boot with, whatever `lsmfs run --policy` takes: the bytes of a policy.34, say. */
  readonly policy?: Uint8Array;
  /** AppArmor profiles to boot with, as apparmor_parser(8) compiles them: its `--ofile`, or what `-S` prints. */
  readonly profiles?: Uint8Array;
  /** Rules of Smack to boot with, a line each: `SUBJECT OBJECT ACCESS`. */
  readonly smackRules?: string;
  /** Rules of IMA to boot with, a line each. */
  readonly imaPolicy?: string;
  /**
   * Which names in `lsm` and `security` are refused. Default `unimplemented`: all that this world would not have.
   * `none` ignores them as a kernel does.
   */
  readonly refuse?: BootConfig['refuse'] | 'none';
  /** What the root filesystem is taken for. Default `ext4`. */
  readonly rootType?: RootType;
}

/** @public */
export type OptionErrorCode = 'UNKNOWN_OPTION' | 'WRONG_OPTION';

/** @public */
export interface OptionErrorData {
  /** As a path: `parameters.selinux`. */
  readonly option: string;
  /** Of a wrong value: what it must be, and what kind of value it is. */
  readonly expected?: string;
  readonly received?: string;
}

/**
 * An option that there is not, or whose value is of another kind. The message names it in one line.
 * @public
 */
export class OptionError extends LsmfsError<OptionErrorCode, OptionErrorData> {
  override readonly name = 'OptionError';
  readonly code: OptionErrorCode;
  readonly data: OptionErrorData;

  constructor(code: OptionErrorCode, data: OptionErrorData, message: string) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const BUILDS = Object.keys(KERNEL_BUILDS) as BuildName[];
const text = v.string('a string');
const flag = v.boolean('true or false');
const names = v.array(text, 'a list of strings');
const bytes = v.instance(Uint8Array, 'bytes (Uint8Array, what readFileSync(path) gives)');
const oneOf = <const T extends readonly string[]>(values: T) =>
  v.picklist(values, `one of ${values.map((value) => `'${value}'`).join(', ')}`);

/** Of a kernel that is not one of ours; what it consists of is for who makes one. */
const kernel = v.looseObject({ name: text, modules: names, defaultLsm: text }, 'the name of a kernel');
const bank = v.strictObject({ algorithm: text, registers: v.optional(names) }, 'a bank: { algorithm, registers? }');

const SCHEMA = v.strictObject({
  profile: v.optional(oneOf(PROFILES)),
  build: v.optional(v.union([v.picklist(BUILDS), kernel], `a kernel: ${BUILDS.join(', ')}, or a KernelBuild`)),
  lsm: v.optional(v.string("a string: names of modules with commas between them, as 'yama,selinux'")),
  security: v.optional(v.string('a string: the name of a module')),
  enforcing: v.optional(flag),
  parameters: v.optional(v.record(v.string(), text, 'an object: { name: value }')),
  keys: v.optional(v.record(v.string(), names, "an object: { '.ima': [certificate] }")),
  encryptedKeys: v.optional(v.record(v.string(), text, 'an object: { description: base64 }')),
  tpm: v.optional(v.strictObject({ banks: v.array(bank, 'a list of banks') }, 'an object: { banks: [{ algorithm }] }')),
  release: v.optional(text),
  bootTime: v.optional(v.bigint('nanoseconds since the epoch, a bigint')),
  policy: v.optional(bytes),
  profiles: v.optional(bytes),
  smackRules: v.optional(v.string('a string: rules, a line each')),
  imaPolicy: v.optional(v.string('a string: rules, a line each')),
  refuse: v.optional(oneOf(['unimplemented', 'unknown', 'none'])),
  rootType: v.optional(oneOf(['ext4', 'tmpfs'])),
});

/** @throws OptionError for the first option that is wrong. */
export function checkOptions(options: unknown): WorldOptions {
  const checked = v.safeParse(SCHEMA, options ?? {});
  if (checked.success) return options === undefined || options === null ? {} : (options as WorldOptions);
  const unknown = checked.issues.find(({ type, expected }) => type === 'strict_object' && expected === 'never');
  throw errorOf(unknown ?? checked.issues[0]);
}

function errorOf(issue: v.InferIssue<typeof SCHEMA>): OptionError {
  const steps = (issue.path ?? []).map(({ key }) => String(key));
  const option = steps.reduce(
    (path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path ? `${path}.${step}` : step),
    '',
  );
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const known = knownBeside(steps);
    const near = didYouMean(steps.at(-1) ?? '', known);
    const choice = near === '' ? `There are: ${known.join(', ')}.` : near.trimEnd();
    return new OptionError('UNKNOWN_OPTION', { option }, `createWorld: there is no option ${option}. ${choice}`);
  }
  if (issue.type === 'strict_object' && issue.expected?.startsWith('"')) {
    const data = { option, expected: issue.message, received: 'undefined' };
    return new OptionError('WRONG_OPTION', data, `createWorld: ${option} is missing: it is part of ${issue.message}.`);
  }
  const expected = steps.length === 0 ? "an object: { lsm: 'selinux' }" : issue.message;
  const received = kindOf(issue.input);
  const named = option === '' ? 'its options' : option;
  const wanted = typeof issue.input === 'string' ? nearestValue(issue.input, issue.expected) : '';
  const message = `createWorld: ${named} must be ${expected}, not ${received}.${wanted}`;
  return new OptionError('WRONG_OPTION', { option: named, expected, received }, message);
}

/** Names that an object may have where one was not known. */
function knownBeside(steps: readonly string[]): string[] {
  if (steps[0] !== 'tpm' || steps.length === 1) return Object.keys(SCHEMA.entries);
  return steps.length === 2 ? ['banks'] : Object.keys(bank.entries);
}

/** Of a picklist; `expected` is as valibot writes it: `("a" | "b")`. */
function nearestValue(value: string, expected: string | null): string {
  const near = didYouMean(
    value,
    [...(expected ?? '').matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? ''),
  ).trimEnd();
  return near === '' ? '' : ` ${near}`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return value.length > 40 ? 'a string' : `'${value}'`;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function') return 'a function';
  const made = Object.getPrototypeOf(value)?.constructor?.name;
  return made === undefined || made === 'Object' ? 'an object' : `a ${made}`;
}
