/**
 * libsepol as an independent oracle: drives the numbered menu of `checkpolicy -M -b -d`.
 *
 * The menu reads everything from standard input and answers in order, each answer after a `Choose:`. Contexts become SIDs in the order in
 * which they are first named; the list of all SIDs at the end translates computed SIDs back.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const DEBIAN_POLICY = '/etc/selinux/default/policy/policy.34';
export const DEBIAN_MLS_POLICY = '/etc/selinux/mls/policy/policy.34';

/** The image of an installed policy; a clear failure when its Debian package is missing. */
export function installedPolicy(file: string): Uint8Array {
  if (!existsSync(file)) {
    throw new Error(`${file} is missing: apt-get install selinux-policy-default selinux-policy-mls checkpolicy`);
  }
  return readFileSync(file);
}

export type Question =
  | { readonly kind: 'access'; readonly source: string; readonly target: string; readonly class: string }
  | {
      readonly kind: 'transition' | 'member' | 'change';
      readonly source: string;
      readonly target: string;
      readonly class: string;
    };

const MENU = { access: '0', transition: '3', member: '4', change: '5' } as const;

/** Permission names (access, sorted) or a context; `undefined` = libsepol refused. */
export type Answer = readonly string[] | string | undefined;

/** Asks about `contexts` (distinct and valid) with some booleans changed. */
export function askLibsepol(
  policy: string,
  contexts: readonly string[],
  questions: readonly Question[],
  booleans: readonly (readonly [name: string, value: 0 | 1])[] = [],
): Answer[] {
  const naming = contexts.flatMap((context) => ['2', context]);
  const sids = menu(policy, naming).slice(0, contexts.length).map(sidOf);
  const refused = contexts.find((_, i) => sids[i] === undefined);
  if (refused !== undefined) throw new Error(`libsepol refuses the context ${refused}`);
  const sidOfContext = new Map(contexts.map((context, i) => [context, sids[i]]));
  const asking = questions.flatMap((question) => [
    MENU[question.kind],
    `${sidOfContext.get(question.source)}`,
    `${sidOfContext.get(question.target)}`,
    question.class,
  ]);
  const setting = booleans.flatMap(([name, value]) => ['h', name, `${value}`]);
  const answers = menu(policy, [...naming, ...setting, ...asking, '6']).slice(contexts.length + booleans.length);
  const contextOfSid = new Map<number, string>();
  for (const [, sid, context] of (answers.at(questions.length) ?? '').matchAll(/sid (\d+) -> scontext (\S+)/g)) {
    contextOfSid.set(Number(sid), context ?? '');
  }
  return questions.map((question, i) => {
    const text = answers[i] ?? '';
    if (question.kind !== 'access') {
      const sid = sidOf(text);
      return sid === undefined ? undefined : contextOfSid.get(sid);
    }
    const allowed = /allowed (?:\{([^}]*)\})?/.exec(text);
    if (allowed === null) throw new Error(`checkpolicy said ${JSON.stringify(text)} to question ${i}`);
    return (allowed[1] ?? '').split(' ').filter(Boolean).sort();
  });
}

/** Rewrites a policy as another version and hands the image to `use`. */
export function rewritten<T>(policy: string, version: number, use: (image: Uint8Array) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-policy-'));
  try {
    const out = path.join(folder, 'policy');
    checkpolicy(['-M', '-b', '-c', `${version}`, '-o', out, policy], '');
    return use(readFileSync(out));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function sidOf(text: string): number | undefined {
  const match = /sid (\d+)/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

/** One answer per command. */
function menu(policy: string, commands: readonly string[]): string[] {
  const output = checkpolicy(['-M', '-b', '-d', policy], `${commands.join('\n')}\nq\n`);
  return output.split('Choose:').slice(1);
}

function checkpolicy(argv: readonly string[], input: string): string {
  const run = spawnSync('checkpolicy', argv, { input, encoding: 'latin1', maxBuffer: 1 << 28, timeout: 60_000 });
  if (run.error !== undefined) throw new Error(`checkpolicy: ${run.error.message}; apt-get install checkpolicy`);
  if (run.status !== 0) throw new Error(`checkpolicy ${argv.join(' ')} ended with ${run.status}: ${run.stderr}`);
  return run.stdout;
}
