/** docs/reports/boxes.md. */
import type { Group } from './boxes.ts';
import { NOT_TRIED } from './boxes.ts';
import type { Outcome } from './run-box.ts';

/** What a machine's own numbers and paths are. */
const VARYING: readonly (readonly [RegExp, string])[] = [
  [/\/sys\/fs\/cgroup\/\S+,/, 'CONTROL GROUP,'],
  [/, \d+ do, and/, ', N do, and'],
];

export function textOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'works':
      return 'works |';
    case 'told':
      return VARYING.reduce((text, [what, by]) => text.replace(what, by), `${outcome.cause} | ${outcome.fix}`);
    case 'wrong':
      return `**wrong**: ${outcome.what.split('\n').join(' ')} |`;
    case 'not-tried':
      return `not tried: ${outcome.why} |`;
  }
}

/** @param before the page; what was not run now is as it was there. */
export function page(groups: readonly Group[], outcomes: ReadonlyMap<string, Outcome>, before: string): string {
  const rowOf = (name: string): string => {
    const outcome = outcomes.get(name);
    const old = before.split('\n').find((line) => line.startsWith(`| ${name} | `));
    return outcome === undefined && old !== undefined
      ? old
      : `| ${name} | ${textOf(outcome ?? { kind: 'not-tried', why: '' })} |`;
  };
  const tables = groups.map(({ title, boxes }) => {
    const rows = boxes.map(({ name }) => rowOf(name));
    return `## ${title}\n\n| box | \`lsmfs run\` | what mends it |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Boxes

Where worlds can be, and what \`lsmfs run\` says where they cannot: one cause, one remedy, exit status 125. \`lsmfs doctor\` says the same beforehand.
\`npm run boxes -- --write\` ran each row and wrote this page, as root of a Debian 13 machine; \`npm run boxes\` compares it with what comes of each row now.

${tables.join('\n')}
## Not tried

| box | why |
|---|---|
${NOT_TRIED.map(([name, why]) => `| ${name} | ${why} |`).join('\n')}
`;
}
