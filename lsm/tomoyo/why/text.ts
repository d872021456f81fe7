/** The answer of `lsmfs why --lsm=tomoyo` for people: a verdict, and what decided below it. */
import type { WhyReport } from './why.ts';

/** @param trigger program that brings a policy into force. */
export function formatTomoyoWhy(report: WhyReport, trigger: string): string {
  const { allowed, operation, path, conditional, remedy, next, loaded, asked } = report;
  const lines = [
    decided(report),
    ...conditional.map((rule) => `under a condition: ${rule}`),
    ...(loaded
      ? []
      : [`a policy comes into force when ${trigger} is executed (--param TOMOYO_trigger); dmesg says whether it did`]),
    ...(asked ? [] : ['this is what the policy says; lsmfs asks it about execute alone']),
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
