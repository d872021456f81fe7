/**
 * Suggests a known name for a misspelt one.
 */

/** Largest distance of a suggestion. */
const MISTAKES = 2;

/** `Did you mean X? `, or nothing when no name is near. */
export function didYouMean(text: string, names: readonly string[]): string {
  const near = nearest(text, names);
  return near === undefined ? '' : `Did you mean ${near}? `;
}

function nearest(text: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, mistakes: distance(text, name) }))
    .sort((a, b) => a.mistakes - b.mistakes);
  const [best] = ranked;
  return best !== undefined && best.mistakes <= Math.min(MISTAKES, text.length - 1) ? best.name : undefined;
}

/** Letters to insert, delete or replace (Levenshtein); two that changed places count as one. */
function distance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row.push(
        Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, changed, swapped ? (before[j - 2] ?? 0) + 1 : changed),
      );
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
