/** `junit.xml`: the command is a test, and so is each refusal. What was only recorded is skipped, so that it shows and fails nothing. */
import { titleOf } from './refusal.ts';
import { type RunResult, recordsOf, shown, shownInLine, times } from './run-result.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

const xml = (text: string): string => text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);

const attribute = (text: string): string => `"${xml(shownInLine(text))}"`;
const content = (text: string): string => xml(shown(text));

export function junitOf(result: RunResult): string {
  const { refusals, others, command, status } = result;
  const failed = status === 0 ? [] : [`<failure message="exit status ${status}"/>`];
  const cases = [
    `<testcase classname="lsmfs" name=${attribute(command.join(' '))}>${failed.join('')}</testcase>`,
    ...refusals.map((refusal) => {
      const { module, count, permissive, record, why = '' } = refusal;
      const message = attribute(`${permissive ? 'permissive: let through' : 'refused'}, ${times(count)}`);
      const text = content(`${why}\n\n${record}`);
      const verdict = permissive
        ? `<skipped message=${message}/><system-out>${text}</system-out>`
        : `<failure type=${attribute(module)} message=${message}>${text}</failure>`;
      return `<testcase classname=${attribute(`lsmfs.${module}`)} name=${attribute(titleOf(refusal))}>${verdict}</testcase>`;
    }),
    ...(others === 0
      ? []
      : [
          `<testcase classname="lsmfs" name="further refusals"><failure message="recorded ${times(others)}"/></testcase>`,
        ]),
  ];
  const refused = refusals.filter(({ permissive }) => !permissive).length;
  const failures = refused + failed.length + (others === 0 ? 0 : 1);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${cases.length}" failures="${failures}">`,
    `<testsuite name="lsmfs" tests="${cases.length}" failures="${failures}" errors="0" skipped="${refusals.length - refused}">`,
    `<properties><property name="records" value="${recordsOf(result)}"/></properties>`,
    ...cases,
    '</testsuite>',
    '</testsuites>\n',
  ].join('\n');
}
