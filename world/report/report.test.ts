import { describe, expect, it } from 'vitest';
import { parseLine } from '../log/line.ts';
import { annotationsOf } from './annotations.ts';
import { MOST_REFUSALS, Refusals } from './counting.ts';
import { junitOf } from './junit.ts';
import type { CountedRefusal } from './refusal.ts';
import type { RunResult } from './run-result.ts';
import { sarifOf } from './sarif.ts';
import { summaryOf } from './summary.ts';

const refusal = (changes: Partial<CountedRefusal> = {}): CountedRefusal => ({
  ...{ module: 'toy', subject: 'httpd_t', object: 'shadow_t', kind: 'file', access: 'read', permissive: false },
  ...{ count: 214, record: 'type=AVC msg=audit(1.000:1): denied', line: 3, why: 'denied  read\n  no allow rule' },
  ...changes,
});

const result = (refusals: readonly CountedRefusal[], more: Partial<RunResult> = {}): RunResult => ({
  ...{ version: '1.2.3', command: ['make', 'check'], status: 0, others: 0, unaccepted: [] },
  refusals,
  ...more,
});

/** What a file name may have: ends of lines, code, tags, commands, an escape sequence, letters beyond ASCII as bytes. */
const HOSTILE = '/tmp/a\n::error::x`` ```\n# <b>&"\' ]]> %0A \x1b[2J,:\xc3\xa9';

describe('Refusals', () => {
  const toy = {
    name: 'toy',
    refusalAbout: (_type: string, text: string) => ({
      ...{ subject: 's', object: text, kind: '', access: '', permissive: false },
    }),
  };
  const line = (text: string): string => `type=AVC msg=audit(1.000:1): ${text}`;
  const add = (refusals: Refusals, text: string, n: number) => refusals.add(parseLine(line(text)), line(text), n);

  it('counts all, tells a bounded number apart', () => {
    const refusals = new Refusals(new Set(['toy: s -> r7']), [toy]);
    for (let i = 0; i < 3 * MOST_REFUSALS; i++) add(refusals, `r${Math.floor(i / 2)}`, i + 1);
    const { refusals: found, others } = refusals.counts;
    expect(found).toHaveLength(MOST_REFUSALS);
    expect(found.every(({ count }) => count === 2)).toBe(true);
    expect(others).toBe(MOST_REFUSALS);
    expect(found.filter(({ accepted }) => accepted).map(({ object, line: n }) => [object, n])).toEqual([['r7', 15]]);
  });

  it('has no eye for messages', () => {
    const refusals = new Refusals(undefined, [toy]);
    expect(refusals.add(parseLine('[    0.000001] r1'), '', 1)).toBeUndefined();
    expect(refusals.counts.refusals).toEqual([]);
  });
});

describe('summaryOf', () => {
  it('tells each refusal with its count and why', () => {
    const text = summaryOf(result([refusal(), refusal({ permissive: true, count: 1 })]));
    expect(text).toContain('# lsmfs: 2 refusals, recorded 215 times\n');
    expect(text).toContain('## `httpd_t -> shadow_t file read`, 214 times\n\nModule toy; refused\n');
    expect(text).toContain('```text\ndenied  read\n  no allow rule\n```');
    expect(text).toContain('**permissive: recorded, and let through**');
  });

  it('lets no name out of its code', () => {
    const text = summaryOf(result([refusal({ object: HOSTILE, record: HOSTILE })]));
    expect(text).toContain(
      '## ````httpd_t -> /tmp/a ::error::x`` ``` # <b>&"\' ]]> %0A \ufffd[2J,:é file read````, 214',
    );
    expect(text).toContain('````text\n/tmp/a\n::error');
    expect(text).not.toContain('\x1b');
  });

  it('keeps to the room that it has', () => {
    const text = summaryOf(result(Array.from({ length: 100 }, () => refusal())), 2000);
    expect(Buffer.byteLength(text)).toBeLessThan(2100);
    expect(text).toMatch(/And [89]\d further refusals, which did not fit\.\n$/);
  });

  it('says that nothing was refused', () => {
    expect(summaryOf(result([]))).toMatch(/^# lsmfs: nothing was refused\n/);
  });
});

describe('junitOf', () => {
  it('has a test for the command and one for each refusal', () => {
    const text = junitOf(result([refusal(), refusal({ permissive: true })], { status: 2 }));
    expect(text).toContain('<testsuite name="lsmfs" tests="3" failures="2" errors="0" skipped="1">');
    expect(text).toContain('<testcase classname="lsmfs" name="make check"><failure message="exit status 2"/>');
    expect(text).toContain('<skipped message="permissive: let through, 214 times"/>');
  });

  it('escapes', () => {
    const text = junitOf(result([refusal({ object: HOSTILE, why: ']]>\x01\xed' })]));
    expect(text).toContain('/tmp/a ::error::x`` ``` # &lt;b&gt;&amp;&quot;&apos; ]]&gt; %0A \ufffd[2J,:é file read"');
    expect(text).toContain('>]]&gt;\ufffd\ufffd\n');
  });
});

describe('sarifOf', () => {
  /** Properties that the schema of SARIF 2.1.0 knows, of those objects that we write; with ! those that it requires. */
  const SCHEMA: Readonly<Record<string, string>> = {
    sarifLog: '$schema version! runs! properties',
    run: 'tool! invocations results columnKind properties',
    toolComponent: 'name! version rules informationUri',
    reportingDescriptor: 'id! shortDescription fullDescription help helpUri',
    invocation: 'executionSuccessful! exitCode commandLine',
    result:
      'ruleId ruleIndex kind level message! occurrenceCount fingerprints partialFingerprints locations properties',
    location: 'physicalLocation logicalLocations message',
    logicalLocation: 'name fullyQualifiedName kind index',
  };
  const fits = (name: string, value: object): void => {
    const names = (SCHEMA[name] ?? '').split(' ');
    const required = names.filter((word) => word.endsWith('!')).map((word) => word.slice(0, -1));
    expect(names.map((word) => word.replace('!', ''))).toEqual(expect.arrayContaining(Object.keys(value)));
    expect(Object.keys(value)).toEqual(expect.arrayContaining(required));
  };

  it('has the properties that the schema of SARIF 2.1.0 requires, and none that it does not know', () => {
    const log = sarifOf(result([refusal(), refusal({ permissive: true })], { others: 3, status: 4 }));
    fits('sarifLog', log);
    for (const run of log.runs) {
      fits('run', run);
      fits('toolComponent', run.tool.driver);
      for (const rule of run.tool.driver.rules) fits('reportingDescriptor', rule);
      for (const invocation of run.invocations) fits('invocation', invocation);
      for (const found of run.results) {
        fits('result', found);
        expect(['none', 'note', 'warning', 'error']).toContain(found.level);
        expect(found.occurrenceCount).toBeGreaterThanOrEqual(1);
        for (const location of found.locations) {
          fits('location', location);
          expect(location.physicalLocation.region.startLine).toBeGreaterThanOrEqual(1);
          for (const logical of location.logicalLocations) fits('logicalLocation', logical);
        }
      }
    }
  });

  it('is SARIF 2.1.0', () => {
    const log = sarifOf(result([refusal(), refusal({ permissive: true, module: 'other' })]));
    const [run] = log.runs;
    expect(log.version).toBe('2.1.0');
    expect(run?.tool.driver.rules?.map(({ id }) => id)).toEqual(['toy/refusal', 'other/refusal']);
    expect(run?.results?.map((r) => [r.ruleId, r.ruleIndex, r.level, r.occurrenceCount])).toEqual([
      ['toy/refusal', 0, 'error', 214],
      ['other/refusal', 1, 'note', 214],
    ]);
    expect(run?.results?.[0]?.locations?.[0]?.physicalLocation).toEqual({
      artifactLocation: { uri: 'log.jsonl' },
      region: { startLine: 3 },
    });
    expect(run?.results?.[0]?.partialFingerprints).toEqual({
      'lsmfsRefusal/v1': 'toy: httpd_t -> shadow_t file read',
    });
  });
});

describe('annotationsOf', () => {
  it('is one line for each, with all that would end it escaped', () => {
    const one = refusal({ object: HOSTILE, why: 'a\n::stop-commands::x', count: 1 });
    const lines = annotationsOf(result([one, refusal()], { unaccepted: [one] }))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^::error title=toy%3A httpd_t -> [^:,]*::refused, once%0Aa%0A::stop-commands::x$/);
    expect(lines[0]).toContain('%250A');
    expect(lines[1]).toMatch(/^::warning title=toy%3A httpd_t -> shadow_t file read::refused, 214 times%0A/);
  });

  it('has as many as GitHub shows', () => {
    const text = annotationsOf(result(Array.from({ length: 30 }, () => refusal())));
    expect(text.trimEnd().split('\n')).toHaveLength(10);
  });
});
