/** Recipes of guides/ci.md: make, meson and tox are run with the page (docs.test.ts); here what asks for a service that is not here. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { readPage } from '../docs/pages.ts';
import { isClean, runInBox } from '../support/box.ts';

const FILES = readPage(readFileSync('docs/guides/ci.md', 'utf8')).files;
const file = (name: string): string => FILES.get(name) ?? '';

it('the workflow gives the action inputs that it has', () => {
  const action = parse(readFileSync('action.yml', 'utf8')) as { inputs: Record<string, { required?: boolean }> };
  const workflow = parse(file('.github/workflows/selinux.yml')) as {
    jobs: { test: { steps: { uses: string; with?: Record<string, string> }[] } };
  };
  const given = workflow.jobs.test.steps.find(({ uses }) => uses.includes('/lsmfs@'))?.with ?? {};
  expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
  const required = Object.entries(action.inputs).flatMap(([name, { required: is }]) => (is === true ? [name] : []));
  expect(Object.keys(given)).toEqual(expect.arrayContaining(required));
});

const gitlab = parse(file('.gitlab-ci.yml')) as { selinux: { script: string[]; artifacts: { paths: string[] } } };
const tmt = parse(file('plans/selinux.fmf')) as { execute: { script: string } };
const jenkins = [...file('Jenkinsfile').matchAll(/sh '(.*)'/g)].map(([, line = '']) => line);

it.each([
  ['GitLab', gitlab.selinux.script.join('\n')],
  ['Jenkins', jenkins.join('\n')],
  ['tmt', tmt.execute.script],
])('the commands for %s run, and leave the report where the service looks for it', async (_, commands) => {
  const result = await runInBox(
    [
      ...['bash', '-ec'],
      `D=$(mktemp -d); trap 'rm -r $D' EXIT; cd $D; mkdir bin; export PATH=$D/bin:$PATH TMT_TEST_DATA=.
       ln -s ${process.cwd()}/bin/lsmfs bin; printf 'check:\\n\\t@id -Z\\n' > Makefile
       { ${commands}
       } > told; tail -n 1 told; ls report`,
    ],
    { timeoutMs: 60_000, env: { LSMFS_CONTEXT: 'login' } },
  );
  expect(result.stdout).toMatch(/^unconfined_u:unconfined_r:unconfined_t:\S+\ndenials.sarif\njunit.xml\n/);
  expect(result.status).toBe(0);
  expect(result.leftovers).toSatisfy(isClean);
});
