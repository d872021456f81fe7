/**
 * Plays recorded AppArmor scenarios (test/conformance/scenarios) against the policy alone: what files would do with it is
 * done here in a line each, so that an outcome that differs is the policy's.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { E, failed, type Result } from '../../linux/errno.ts';
import { accessQuery, changeHat, changeProfile, exec, type TaskLabels } from '../../lsm/apparmor/decide/index.ts';
import { parseAttrCommand } from '../../lsm/apparmor/hooks/attr-command.ts';
import {
  type FileRecord,
  formatLabel,
  type Label,
  listProfiles,
  Policy,
  type PolicyAudit,
  type PolicyNamespace,
} from '../../lsm/apparmor/policy/index.ts';
import { type Outcome, type Outcomes, parseOutcomes, readGolden } from '../conformance/outcomes.ts';
import { type DataSpec, dataOf, show } from '../selinux-golden/values.ts';

const SECURITYFS = '/sys/kernel/security/apparmor/';
const ATTR = /^\/proc\/thread-self\/attr\/(?:apparmor\/)?(current|exec|prev)$/;
const SCRATCH = '/run/oracle-scratch';

interface Step {
  readonly op: string;
  readonly path?: string;
  readonly data?: DataSpec;
  readonly steps?: readonly Step[];
  readonly argv?: readonly string[];
  readonly as?: unknown;
  readonly offset?: number;
}

interface Task {
  labels: TaskLabels;
  noNewPrivs: boolean;
  dead: boolean;
}

export interface Difference {
  readonly key: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

export class Player {
  readonly #data: string;
  readonly #golden: Outcomes;
  readonly #policy = new Policy();
  readonly #tasks = new Set<Task>();
  #records: (PolicyAudit | FileRecord)[] = [];
  readonly differences: Difference[] = [];
  compared = 0;

  constructor(folder: string, name: string, data = folder) {
    this.#data = data;
    this.#golden = parseOutcomes(readGolden(folder, name));
    const task = this.#task(this.#policy.unconfined);
    const { steps } = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8'));
    this.#play(steps, '', task);
  }

  #task(label: Label): Task {
    const task = { labels: { label }, noNewPrivs: false, dead: false };
    this.#tasks.add(task);
    return task;
  }

  #play(steps: readonly Step[], prefix: string, task: Task): void {
    steps.forEach((step, index) => {
      const key = `${prefix}${index}`;
      if (task.dead) return;
      if (step.op === 'child') this.#child(step, key, task);
      else if (step.op === 'nnp') task.noNewPrivs = true;
      else if (step.op === 'klog') this.#klog(key);
      else this.#compare(key, step, task);
    });
  }

  #child(step: Step, key: string, task: Task): void {
    const child = { ...task };
    this.#tasks.add(child);
    this.#play(step.steps ?? [], `${key}.`, child);
    this.#tasks.delete(child);
    const expected = this.#golden.get(key)?.exit;
    if (expected !== undefined) this.#check(key, expected, child.dead ? -9 : 0);
  }

  /** The kernel's records must be among ours, in their order; it loses some when they come too fast. */
  #klog(key: string): void {
    const lines = this.#golden.get(key)?.lines;
    const ours = this.#records.splice(0).map((record) => show(Buffer.from(recordText(record), 'latin1')));
    if (!Array.isArray(lines)) return;
    for (const line of lines) {
      const text = essence(String(line));
      if (text === undefined) continue;
      const at = ours.indexOf(text);
      this.#check(key, text, at < 0 ? ours : text);
      ours.splice(0, at + 1);
    }
  }

  #compare(key: string, step: Step, task: Task): void {
    // Only root in the initial user namespace is played.
    if (step.as !== undefined || step.offset !== undefined) return;
    const actual = this.#do(step, task);
    const golden = this.#golden.get(key);
    // What the kernel did not let the task open because of its confinement is not the policy's matter.
    if (golden === undefined || actual === undefined || golden.at === 'open') return;
    this.#check(key, essentials(golden), failed(actual) ? { err: actual.code } : actual);
  }

  #check(key: string, expected: unknown, actual: unknown): void {
    this.compared++;
    if (JSON.stringify(expected) !== JSON.stringify(actual)) this.differences.push({ key, expected, actual });
  }

  #do(step: Step, task: Task): Result<object> | undefined {
    const target = step.path ?? '';
    if (step.op === 'sh') return step.argv?.[0]?.startsWith('@S/') ? this.#exec(step.argv[0], task) : undefined;
    const [, attr] = ATTR.exec(target) ?? [];
    if (attr !== undefined) return this.#attr(attr, step, task);
    if (!target.startsWith(SECURITYFS)) return undefined;
    const { ns, rest } = this.#resolve(target.slice(SECURITYFS.length), task.labels.label.newest().namespace);
    return ns && this.#file(ns, rest, step, task);
  }

  /** Namespace that a path in the tree belongs to, and what follows it. */
  #resolve(file: string, view: PolicyNamespace): { ns: PolicyNamespace | undefined; rest: string } {
    let ns: PolicyNamespace | undefined = view;
    let rest = file.replace(/^policy\//, '');
    for (
      let at = /^namespaces\/([^/]+)\/(.+)$/.exec(rest);
      at !== null;
      at = /^namespaces\/([^/]+)\/(.+)$/.exec(rest)
    ) {
      ns = ns?.child(at[1] ?? '');
      rest = at[2] ?? '';
    }
    return { ns, rest };
  }

  #file(ns: PolicyNamespace, file: string, step: Step, task: Task): Result<object> | undefined {
    const audit = (record: PolicyAudit) => void this.#records.push(record);
    const bytes = () => dataOf(step.data, this.#data);
    const created = /^namespaces\/([^/]+)$/.exec(file)?.[1];
    if (step.op === 'mkdir' && created !== undefined) {
      const made = this.#policy.createNamespace(ns, created);
      return failed(made) ? made : { ok: true };
    }
    if (step.op === 'rmdir' && created !== undefined) return this.#policy.removeNamespace(ns, created) ?? { ok: true };
    if (step.op === 'write' && file === '.remove') return counted(this.#policy.remove(ns, bytes(), audit));
    if (step.op === 'write' && (file === '.load' || file === '.replace')) {
      return counted(this.#policy.load(ns, bytes(), { replace: file === '.replace' }, audit));
    }
    if (step.op === 'read' && file === 'profiles') return { data: listProfiles(ns) };
    if (step.op === 'txn' && file === '.access') return this.#access(bytes(), task);
    if (step.op === 'list') return this.#list(ns, file.replace(/\/$/, ''));
    return undefined;
  }

  #list(ns: PolicyNamespace, folder: string): object | undefined {
    if (folder === 'raw_data') return { names: ns.rawData.map((data) => data.name).sort() };
    if (folder === 'namespaces') return { names: ns.children.map((child) => child.name).sort() };
    if (folder !== 'profiles') return undefined;
    return { names: [...ns.profiles, ...ns.leftovers].map((profile) => profile.directory?.name).sort() };
  }

  #access(command: Uint8Array, task: Task): object {
    const answer = accessQuery(command, { label: task.labels.label.newest(), fsuid: 0 });
    return failed(answer) ? { w: { err: answer.code } } : { w: command.length, r: show(answer) };
  }

  #attr(name: string, step: Step, task: Task): Result<object> | undefined {
    if (step.op === 'write')
      return this.#command(name === 'exec' ? 'exec' : 'current', dataOf(step.data, this.#data), task);
    const { label, onexec, previous } = task.labels;
    const shown = { current: label, exec: onexec, prev: previous }[name]?.newest();
    if (shown === undefined) return E.EINVAL;
    const view = label.newest().namespace;
    return { data: `${formatLabel(view, shown, { mode: true, hidden: 'unconfined' })}\n` };
  }

  #command(name: 'current' | 'exec', bytes: Uint8Array, task: Task): Result<object> {
    const command = parseAttrCommand(name, bytes);
    if (command === undefined) return E.EINVAL;
    if (failed(command)) return command;
    const env = this.#environment(task);
    const result =
      command.kind === 'hat'
        ? changeHat(task.labels, command.hats, command.token, command, env)
        : changeProfile(task.labels, command.name, command, env);
    task.labels = result.labels;
    task.dead = result.kill === true;
    return result.error ?? { n: bytes.length };
  }

  #environment(task: Task) {
    return { noNewPrivs: task.noNewPrivs, audit: (record: FileRecord) => void this.#records.push(record) };
  }

  /** `cat /proc/self/attr/current`, from a copy of cat. */
  #exec(file: string, task: Task): Result<object> {
    const subject = { path: file.replace('@S', SCRATCH), fileUid: 0, fsuid: 0 };
    const { labels, error } = exec(task.labels, subject, this.#environment(task));
    if (error !== undefined) return error;
    const view = labels.label.namespace;
    const text = formatLabel(view, labels.label, { mode: true, hidden: 'unconfined' });
    return { rc: 0, out: `${text.replace(SCRATCH, '@S')}\n` };
  }
}

function counted(result: Result<number>): Result<object> {
  return failed(result) ? result : { n: result };
}

/** What of a recorded outcome is compared. */
function essentials(outcome: Outcome): object {
  const { k: _k, op: _op, what: _what, at: _at, note: _note, as: _as, ...rest } = outcome;
  if (rest.w instanceof Object) return { w: rest.w };
  return rest;
}

const FIELD = /(\w+)=("[^"]*"|\S+)/g;
const SHOWN = new Set(['apparmor', 'operation', 'info', 'error', 'name', 'ns', 'offset', 'target', 'subject']);

/** The fields of a record that come from the policy; `undefined` for a record of something else. */
function essence(line: string): string | undefined {
  const fields = [...line.matchAll(FIELD)].map(([, key = '', value = '']) => [key, value] as const);
  const own = /operation="(?:profile_|change_|stack)/.test(line) || !line.includes('operation=');
  // Privilege is checked before the policy is asked.
  if (!own || !line.includes('apparmor=') || line.includes('not policy admin')) return undefined;
  const shown = fields.filter(([key]) => SHOWN.has(key) || (key === 'profile' && !line.includes('"STATUS"')));
  return shown.map(([key, value]) => `${key}=${unhex(key, value)}`).join(' ');
}

function unhex(key: string, value: string): string {
  if (value.startsWith('"') || key === 'error' || key === 'offset') return value;
  return `"${Buffer.from(value, 'hex').toString('latin1')}"`;
}

function recordText(record: PolicyAudit | FileRecord): string {
  const { operation, info, error, name } = record;
  const quoted = (key: string, value: string | undefined) => (value === undefined ? [] : [`${key}="${value}"`]);
  const common = [
    ...quoted('apparmor', record.kind === 'policy' ? 'STATUS' : record.type),
    ...quoted('operation', operation),
    ...quoted('info', info),
    ...(error === undefined || info === undefined ? [] : [`error=${-error.number}`]),
    ...quoted('profile', record.kind === 'policy' ? undefined : record.profile.hname),
    ...quoted('name', name),
  ];
  if (record.kind === 'file') return [...common, ...quoted('target', record.target)].join(' ');
  const { ns, unpack } = record;
  const place = unpack === undefined || unpack.offset === 0 ? [] : [`offset=${unpack.offset}`];
  return [...common, ...quoted('ns', ns), ...(unpack === undefined ? [] : quoted('name', name)), ...place].join(' ');
}
