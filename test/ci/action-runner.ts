/**
 * Runs the steps of a composite action, as GitHub's runner does: conditions and `${{ }}`, environment, shells, and the files in which a
 * step leaves outputs, directories for PATH and its summary.
 *
 * Of expressions it knows names, strings, ==, !=, !, && and ||, always() and success(), which is what the action has; another one is an
 * error.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { type BoxResult, runInBox } from '../support/box.ts';

interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly if?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string; readonly required?: boolean }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

export interface ActionRun {
  readonly succeeded: boolean;
  readonly outputs: Readonly<Record<string, string>>;
  /** Of all steps, one after the other. */
  readonly summary: string;
  /** Names of steps that ran. */
  readonly ran: readonly string[];
  /** Actions that would have run, with what they are given. */
  readonly used: readonly { readonly uses: string; readonly with: Readonly<Record<string, string>> }[];
  readonly results: readonly BoxResult[];
}

export interface ActionOptions {
  readonly inputs: Readonly<Record<string, string>>;
  /** Where the steps run: the checkout of who uses the action. */
  readonly workspace: string;
  /** Other actions that may be used; they are only recorded. */
  readonly known?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const STEP_MS = 100_000;
const NAMES = /\b(?:inputs|github|runner|steps|env)(?:\.[A-Za-z_][\w-]*)+/g;

export async function runAction(file: string, options: ActionOptions): Promise<ActionRun> {
  const temporary = mkdtempSync(path.join(tmpdir(), 'lsmfs-action-'));
  try {
    return await new Runner(file, options, temporary).run();
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

class Runner {
  readonly #action: Action;
  readonly #options: ActionOptions;
  readonly #temporary: string;
  readonly #values = new Map<string, string>();
  readonly #paths: string[] = [];
  readonly #run = { ran: [] as string[], used: [] as ActionRun['used'][number][], results: [] as BoxResult[] };
  #summary = '';
  #succeeded = true;

  constructor(file: string, options: ActionOptions, temporary: string) {
    this.#action = parse(readFileSync(file, 'utf8')) as Action;
    this.#options = options;
    this.#temporary = temporary;
    this.#values.set('github.action_path', path.dirname(path.resolve(file)));
    this.#values.set('runner.temp', temporary);
    this.#values.set('runner.os', 'Linux');
    for (const name of Object.keys(options.inputs)) {
      if (!(name in this.#action.inputs)) throw new Error(`there is no input '${name}'`);
    }
    for (const [name, { default: standard, required }] of Object.entries(this.#action.inputs)) {
      const value = options.inputs[name] ?? standard;
      if (value === undefined && required === true) throw new Error(`the input '${name}' is missing`);
      if (value !== undefined && typeof value !== 'string') throw new Error(`the input '${name}' is no string`);
      this.#values.set(`inputs.${name}`, value ?? '');
    }
  }

  async run(): Promise<ActionRun> {
    const { runs, outputs } = this.#action;
    if (runs.using !== 'composite') throw new Error(`'${runs.using}' is no composite action`);
    for (const [index, step] of runs.steps.entries()) {
      if (!this.#isDue(step.if ?? 'success()')) continue;
      this.#run.ran.push(step.name ?? '');
      if (step.uses !== undefined) this.#use(step, step.uses);
      else await this.#execute(step, path.join(this.#temporary, `step-${index}`));
    }
    const told = Object.entries(outputs).map(([name, { value }]) => [name, this.#resolve(value)]);
    return { ...this.#run, succeeded: this.#succeeded, outputs: Object.fromEntries(told), summary: this.#summary };
  }

  #use(step: Step, uses: string): void {
    if (this.#options.known?.includes(uses) !== true) throw new Error(`an action that is not known: ${uses}`);
    this.#run.used.push({ uses, with: this.#resolveAll(step.with) });
  }

  async #execute({ id, run, shell, env }: Step, base: string): Promise<void> {
    // A composite action must name the shell.
    if (run === undefined || shell !== 'bash') throw new Error('a step must have commands for bash');
    const files = {
      GITHUB_OUTPUT: `${base}-output`,
      GITHUB_PATH: `${base}-path`,
      GITHUB_STEP_SUMMARY: `${base}-summary`,
    };
    for (const file of Object.values(files)) writeFileSync(file, '');
    writeFileSync(`${base}.sh`, this.#resolve(run));
    const result = await runInBox(['bash', '--noprofile', '--norc', '-eo', 'pipefail', `${base}.sh`], {
      timeoutMs: STEP_MS,
      cwd: this.#options.workspace,
      env: {
        ...this.#options.env,
        ...this.#resolveAll(env),
        ...files,
        GITHUB_ACTIONS: 'true',
        CI: 'true',
        PATH: [...this.#paths, process.env.PATH].join(':'),
      },
    });
    this.#run.results.push(result);
    if (result.status !== 0) this.#succeeded = false;
    const read = (file: string): string => readFileSync(file, 'utf8');
    this.#paths.unshift(...read(files.GITHUB_PATH).split('\n').filter(Boolean).reverse());
    this.#summary += read(files.GITHUB_STEP_SUMMARY);
    for (const line of read(files.GITHUB_OUTPUT).split('\n').filter(Boolean)) {
      const [, name, value] = /^([\w-]+)=(.*)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new Error(`no output: ${line}`);
      this.#values.set(`steps.${id}.outputs.${name}`, value);
    }
  }

  #isDue(condition: string): boolean {
    const value = this.#evaluate(condition);
    return (condition.includes('always()') || this.#succeeded) && value !== false && value !== '';
  }

  #resolveAll(texts: Readonly<Record<string, string>> = {}): Record<string, string> {
    return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, this.#resolve(text)]));
  }

  #resolve(text: string): string {
    return text.replace(/\$\{\{(.*?)\}\}/g, (_, expression: string) => String(this.#evaluate(expression)));
  }

  #evaluate(expression: string): unknown {
    const known = expression
      .replace(/'[^']*'/g, (text) => text.replace(/\S/g, ' '))
      .replace(NAMES, '')
      .replace(/always\(\)|success\(\)/g, '');
    if (/[^\s=!&|()]/.test(known)) throw new Error(`an expression that is not known: ${expression}`);
    const code = expression
      .replace(NAMES, (name) => JSON.stringify(this.#values.get(name) ?? ''))
      .replace(/always\(\)/g, 'true')
      .replace(/success\(\)/g, String(this.#succeeded));
    return new Function(`return (${code});`)() as unknown;
  }
}
