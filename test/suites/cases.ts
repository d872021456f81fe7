/** What the output of a test program says of its cases, in the formats that suites use. */

export type Outcome = 'passed' | 'failed' | 'skipped';

/** How one command of a suite ended. `status` is `null` when its time was over. */
export interface Ended {
  readonly name: string;
  readonly status: number | null;
  readonly output: string;
}

/** `status`: the command is one case. */
export type Format = 'status' | 'tap' | 'junit' | 'automake' | 'autotest' | 'go';

/** 32 is TCONF of the Linux Test Project, 77 that of automake. */
const SKIPPED: ReadonlySet<number | null> = new Set([32, 77]);

const WORDS: Readonly<Record<string, Outcome>> = {
  ok: 'passed',
  PASS: 'passed',
  XFAIL: 'passed',
  'expected failure': 'passed',
  'UNEXPECTED PASS': 'passed',
  skipped: 'skipped',
  SKIP: 'skipped',
};

/** @returns outcomes by name. A command without cases is one itself, and so is one that fails though none of its cases does. */
export function casesOf(format: Format, { name, status, output }: Ended): Map<string, Outcome> {
  const cases = new Map<string, Outcome>();
  for (const [title, outcome] of READERS[format](output)) cases.set(numbered(cases, `${name}: ${title}`), outcome);
  const failed = [...cases.values()].includes('failed');
  if (cases.size > 0 && (status === 0 || failed)) return cases;
  return cases.set(name, outcomeOf(status));
}

function outcomeOf(status: number | null): Outcome {
  if (status === 0) return 'passed';
  return SKIPPED.has(status) ? 'skipped' : 'failed';
}

/** Two cases of one command may have the same title. */
function numbered(cases: ReadonlyMap<string, Outcome>, title: string): string {
  let name = title;
  for (let count = 2; cases.has(name); count++) name = `${title} (${count})`;
  return name;
}

type Reader = (output: string) => Iterable<[string, Outcome]>;

const READERS: Readonly<Record<Format, Reader>> = { status: () => [], tap, junit, automake, autotest, go };

function* tap(output: string): Iterable<[string, Outcome]> {
  for (const [, not, title = '', skips] of output.matchAll(
    /^(not )?ok \d+ *(?:- )?(.*?)(?: *# *(SKIP|TODO)\b.*)?$/gm,
  )) {
    yield [title, skips === undefined ? (not === undefined ? 'passed' : 'failed') : 'skipped'];
  }
}

function* junit(output: string): Iterable<[string, Outcome]> {
  for (const [, attributes = '', inside = ''] of output.matchAll(/<testcase\b([^>]*?)(?:\/>|>(.*?)<\/testcase>)/gs)) {
    const name = /\bname="([^"]*)"/.exec(attributes)?.[1] ?? '';
    const group = /\bclassname="([^"]*)"/.exec(attributes)?.[1];
    yield [group === undefined ? name : `${group}.${name}`, junitOutcome(inside)];
  }
}

function junitOutcome(inside: string): Outcome {
  if (/<(?:failure|error)\b/.test(inside)) return 'failed';
  return /<skipped\b/.test(inside) ? 'skipped' : 'passed';
}

function* automake(output: string): Iterable<[string, Outcome]> {
  for (const [, word = '', title = ''] of output.matchAll(/^(PASS|FAIL|XFAIL|XPASS|SKIP|ERROR): (\S+)/gm))
    yield [title, WORDS[word] ?? 'failed'];
}

function* autotest(output: string): Iterable<[string, Outcome]> {
  const lines = /^ *\d+: (.*?) {2,}(ok|FAILED|skipped|expected failure|UNEXPECTED PASS)\b/gm;
  for (const [, title = '', word = ''] of output.matchAll(lines)) yield [title, WORDS[word] ?? 'failed'];
}

/** Of the package testing with `-test.v`, and of check.v1 with `-check.v`, which is one test of the former. */
function* go(output: string): Iterable<[string, Outcome]> {
  const lines = /^ *(?:--- (PASS|FAIL|SKIP): (\S+) \(|(PASS|FAIL|SKIP|MISS|PANIC): \S+:\d+: (\S+))/gm;
  for (const [, word, title, checked = '', suite = ''] of output.matchAll(lines))
    yield [title ?? suite, WORDS[word ?? checked] ?? 'failed'];
}
