/**
 * Plays conformance scenarios against a stack in this process: no FUSE, no mounts, no processes.
 *
 * Covers the steps that the trees alone can answer. A step that needs a real kernel underneath (shell, files of other filesystems) gives no
 * outcome, so a comparison says how far the answers reach. `child` is a fork event, `reexec` an exec event.
 */

import { failed } from '../../linux/errno.ts';
import { boot, KERNEL_BUILDS, type Stack } from '../../lsm/library/index.ts';
import { MountTable } from '../../vfs/user/mounts.ts';
import { Session } from '../../vfs/user/session.ts';
import { type Actor, Processes } from './actor.ts';
import { descriptorStep } from './descriptor-steps.ts';
import { errorName, nodeStep } from './node-steps.ts';
import type { Identity, Scenario, Step } from './scenario-step.ts';
import { normalised, show } from './values.ts';

export type Outcome = Record<string, unknown>;

export class Player {
  readonly outcomes = new Map<string, Outcome>();
  /** Lines of the kernel log, as the console shows them. */
  readonly log: string[] = [];
  readonly session: Session;
  readonly #folder: string;
  readonly #stack: Stack;
  readonly #processes = new Processes();
  readonly #first: Actor;
  readonly #saved = new Map<string, string>();
  #logMark = 0;

  /** @param folder where the scenario's data files are. */
  constructor(scenario: Scenario, folder: string) {
    this.#folder = folder;
    this.#stack = boot(
      {
        profile: 'mainline',
        build: scenario.kernel === 'uml' ? KERNEL_BUILDS.uml : KERNEL_BUILDS.debian,
        lsm: scenario.lsm,
        enforcing: scenario.cmdline === 'enforcing=1',
        parameters: {},
      },
      {
        facts: this.#processes,
        log: {
          print: (text) => this.log.push(text),
          audit: (type, body) => this.log.push(`audit: type=${type} audit(T:N): ${body}`),
        },
        kill: (tid) => this.#processes.kill(tid),
      },
    );
    const mounts = new MountTable();
    this.#first = this.#processes.start(this.#stack);
    for (const [type, place] of Object.entries({ selinuxfs: '/sys/fs/selinux', smackfs: '/sys/fs/smackfs' })) {
      const filesystem = this.#stack.filesystems.mount(type, this.#first.caller);
      if (!failed(filesystem)) mounts.mount(place, filesystem);
    }
    for (const [place, filesystem] of this.#stack.sysfsDirectories) mounts.mount(`/sys/${place}`, filesystem);
    mounts.mount('/sys/kernel/security', this.#stack.securityfs);
    mounts.mount('/proc', this.#stack.attrTree);
    this.session = new Session(mounts);
  }

  play(steps: readonly Step[]): void {
    steps.forEach((step, index) => {
      this.step(step, String(step.id ?? index), this.#first);
    });
  }

  step(step: Step, key: string, actor: Actor): void {
    if (step.as !== undefined || step.forked === true) {
      const { as: identity, forked: _, ...inner } = step;
      const child = this.#processes.fork(this.#stack, actor, 'process');
      this.step(inner, key, identity === undefined ? child : this.#processes.become(child, identity));
      this.#processes.exit(this.#stack, child);
      if (identity === undefined) return;
      for (const [name, outcome] of this.outcomes) {
        if (name === key || name.startsWith(`${key}:`)) outcome.as = identity;
      }
      return;
    }
    switch (step.op) {
      case 'group':
        this.#inner(step, key, actor);
        return;
      case 'each':
        step.rows?.forEach((row, index) => {
          const values = new Map((step.names ?? []).map((name, at) => [name, Array.isArray(row) ? row[at] : row]));
          this.step(fill(step.do, values) as Step, `${key}.${index}`, actor);
        });
        return;
      case 'child': {
        const child = this.#processes.fork(this.#stack, actor, 'process');
        this.#inner(step, key, child);
        this.#processes.exit(this.#stack, child);
        this.#emit(key, { exit: this.#processes.wasKilled(child) ? -9 : 0 });
        return;
      }
      case 'thread': {
        const thread = this.#processes.fork(this.#stack, actor, 'thread');
        this.#inner(step, key, thread);
        this.#processes.exit(this.#stack, thread);
        return;
      }
      case 'reexec':
        this.#stack.apply({ kind: 'exec', tid: actor.caller.tgid });
        this.#inner(step, key, actor);
        return;
      case 'become': {
        const { op: _op, ...identity } = step;
        actor.caller = this.#processes.become(actor, identity as unknown as Identity).caller;
        this.#emit(key, { ok: true });
        return;
      }
      case 'nnp':
        actor.caller = { ...actor.caller, noNewPrivs: true };
        this.#emit(key, { ok: true });
        return;
      case 'lsm_get':
        if (Object.keys(step).every((name) => name === 'op' || name === 'attr'))
          this.#emit(key, this.#selfAttr(step, actor));
        return;
      case 'mmapwatch':
        this.#watch(step, key, actor);
        return;
      case 'klog':
        this.#emit(key, this.#kernelLog(step));
        return;
    }
    if (step.path?.startsWith('@S')) return; // a scratch file of the guest
    const paths = this.#filled(resolved(step, actor));
    for (const [suffix, outcome] of nodeStep(this.session, paths, actor, this.#folder) ??
      descriptorStep(this.session, paths, actor, this.#folder) ??
      []) {
      this.#emit(`${key}${suffix}`, outcome);
      if (step.save !== undefined) this.#saved.set(step.save, String(outcome.data).replace(/[\n\0]+$/, ''));
    }
  }

  /** `@{name}` in the data is what an earlier step saved. */
  #filled(step: Step): Step {
    if (typeof step.data !== 'string') return step;
    const data = step.data.replace(/@\{(\w+)\}/g, (whole, name: string) => this.#saved.get(name) ?? whole);
    return { ...step, data };
  }

  #inner(step: Step, key: string, actor: Actor): void {
    for (const [index, inner] of (step.steps ?? []).entries()) {
      if (this.#processes.wasKilled(actor)) return;
      this.step(inner, `${key}.${inner.id ?? index}`, actor);
    }
  }

  #selfAttr({ attr = 0 }: Step, actor: Actor): Outcome {
    const input = { attr, ctxPresent: true, size: 4096, flags: 0 };
    const { result, size = 4096, data } = this.#stack.syscalls.getSelfAttr(input, actor.caller);
    if (failed(result)) return { err: errorName(result.code), size };
    return { ret: result, ctx: data === undefined ? [] : contexts(data), size };
  }

  /** The page of `path` before and after each step, as a shared mapping would show it. */
  #watch(step: Step, key: string, actor: Actor): void {
    const page = (): Outcome => {
      const fd = this.session.open(step.path ?? '', 0, 0, actor.caller);
      const content = failed(fd) ? fd : this.session.read(fd, 4096, undefined, actor.caller);
      if (!(content instanceof Uint8Array)) return { err: String(content) };
      const mapped = new Uint8Array(4096);
      mapped.set(content);
      return { map: show(mapped.subarray(0, step.take ?? 20)) };
    };
    this.#emit(`${key}.map`, page());
    step.steps?.forEach((inner, index) => {
      this.step(inner, `${key}.${index}`, actor);
      this.#emit(`${key}.${index}.map`, page());
    });
  }

  #kernelLog(step: Step): Outcome {
    const since = this.log.slice(this.#logMark);
    const first = this.#logMark === 0;
    this.#logMark = this.log.length;
    if (first) return { mark: true };
    const lines = since
      .filter((line) => new RegExp(step.match ?? '.').test(line))
      .map((line) =>
        normalised(line.replace(/\bpid=\d+/g, 'pid=N'), step.norm).replace(/^(SELinux: \S+) \(\d+\)/, '$1 (N)'),
      );
    return { lines };
  }

  #emit(key: string, outcome: Outcome): void {
    this.outcomes.set(key, { k: key, ...outcome });
  }
}

/** Replaces `$name` by a value; a string that is nothing else takes the value as it is. */
function fill(template: unknown, values: ReadonlyMap<string, unknown>): unknown {
  if (typeof template === 'string') {
    if (template.startsWith('$') && values.has(template.slice(1))) return values.get(template.slice(1));
    return template.replace(/\$(\w+)/g, (whole, name: string) => String(values.get(name) ?? whole));
  }
  if (Array.isArray(template)) return template.map((part) => fill(part, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, part]) => [name, fill(part, values)]));
}

/** The step with paths as the mounted trees know them: `self` and `thread-self` by number. */
function resolved(step: Step, { caller: { tid, tgid }, parent }: Actor): Step {
  if (step.path === undefined) return step;
  const path = step.path
    .replace('/proc/self/', `/proc/${tgid}/`)
    .replace('/proc/thread-self/', `/proc/${tgid}/task/${tid}/`)
    .replaceAll('@PPID', String(parent))
    .replaceAll('@PID', String(tgid))
    .replaceAll('@TID', String(tid));
  return { ...step, path };
}

/** An array of struct lsm_ctx as the probe shows it. */
function contexts(data: Uint8Array): Outcome[] {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const list: Outcome[] = [];
  for (let at = 0; at + 32 <= data.length; ) {
    const [id, flags, len, length] = [0, 8, 16, 24].map((field) => Number(view.getBigUint64(at + field, true)));
    list.push({ id, flags, len, ctx_len: length, ctx: show(data.subarray(at + 32, at + 32 + (length ?? 0))) });
    at += len ?? data.length;
  }
  return list;
}
