/** The answer of `lsmfs why --lsm=tomoyo` for people: a verdict, and what decided below it. */
import type { WhyReport } from './why.ts';

export function formatTomoyoWhy(report: WhyReport): string {
  const { allowed, operation, path, conditional, remedy, next } = report;
  const lines = [
    decided(report),
    ...conditional.map((rule) => `under a condition: ${rule}`),
    ...(next === undefined ? [] : [`it leads to the domain ${next}`]),
    ...(remedy === undefined ? [] : ['to allow it, write to domain_policy:', ...remedy.map((line) => `  ${line}`)]),
  ];
  return [`${allowed ? 'allowed' : 'denied'}  ${operation} ${path}`, ...lines.map((line) => `  ${line}`), ''].join(
    '\n',
  );
}

function decided({ rule, loaded, mode, profile }: WhyReport): string {
  if (rule !== undefined) return `rule: ${rule}`;
  if (!loaded) return 'there is no rule, but no policy is in force';
  return `there is no rule, and the mode of profile ${profile} is ${mode}`;
}
