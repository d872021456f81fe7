/**
 * Workflow commands of GitHub Actions. A runner takes each line of output that begins with `::` as one: what comes from programs and
 * file names must not add a line or a property.
 */
import { titleOf } from './refusal.ts';
import { type RunResult, shownInLine, times } from './run-result.ts';

/** As many of each kind as GitHub shows for a step. */
const MOST = 10;

/** escapeData() and escapeProperty() of actions/toolkit. */
const data = (text: string): string => text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
const property = (text: string): string => data(text).replace(/:/g, '%3A').replace(/,/g, '%2C');

/** Whole lines: errors for what `--fail-on` does not accept, else warnings. */
export function annotationsOf({ refusals, unaccepted }: RunResult): string {
  const failing = new Set(unaccepted);
  const left = { error: MOST, warning: MOST };
  const lines = refusals.flatMap((refusal) => {
    const kind = failing.has(refusal) ? 'error' : 'warning';
    if (left[kind]-- <= 0) return [];
    const { module, count, permissive, why = '' } = refusal;
    const title = `${module}: ${shownInLine(titleOf(refusal))}`;
    const head = `${permissive ? 'permissive: recorded and let through' : 'refused'}, ${times(count)}`;
    const message = [head, ...why.split('\n').map(shownInLine)].join('\n');
    return [`::${kind} title=${property(title)}::${data(message)}\n`];
  });
  return lines.join('');
}
