/** The refusals of a run for people, in Markdown as GitHub and GitLab show it. */
import { titleOf } from './refusal.ts';
import { type RunResult, recordsOf, shown, shownInLine, times } from './run-result.ts';

/** Code in a line. Its fence is longer than any in it, so that no text of a program ends it. */
function code(text: string): string {
  const line = shownInLine(text);
  const fence = '`'.repeat(longestRun(line) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

function block(text: string): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}text\n${shown(text)}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/** @param room bytes that it may have: of further refusals only the number is told. */
export function summaryOf(result: RunResult, room = Number.POSITIVE_INFINITY): string {
  const { refusals, others, command, status, unaccepted } = result;
  const records = recordsOf(result);
  const kinds = refusals.length === 1 ? '1 refusal' : `${refusals.length} refusals`;
  let text = [
    `# lsmfs: ${records === 0 ? 'nothing was refused' : `${kinds}, recorded ${times(records)}`}`,
    `Command: ${code(command.join(' '))}, exit status ${status}`,
    '',
  ].join('\n\n');
  const unacceptedRefusals = new Set(unaccepted);
  for (const [index, refusal] of refusals.entries()) {
    const { module, count, permissive, record, why = '' } = refusal;
    const section = [
      `## ${code(titleOf(refusal))}, ${times(count)}`,
      [
        `Module ${module}; ${permissive ? '**permissive: recorded, and let through**' : 'refused'}`,
        ...(unacceptedRefusals.has(refusal) ? ['**not accepted by --fail-on**'] : []),
      ].join('; '),
      ...(why === '' ? [] : [block(why)]),
      'First record:',
      block(record),
      '',
    ].join('\n\n');
    if (Buffer.byteLength(text) + Buffer.byteLength(section) > room) {
      return `${text}And ${refusals.length - index} further refusals, which did not fit.\n`;
    }
    text += section;
  }
  return others === 0 ? text : `${text}And ${others} records of further refusals, which are not told apart.\n`;
}
