/**
 * Which of the things that are kept goes when there are too many: the oldest of who has most of them, so that nobody crowds others out.
 */
export function crowdedOut<Entry>(
  entries: readonly Entry[],
  userOf: (entry: Entry) => number | string,
): Entry | undefined {
  const counts = new Map<number | string, number>();
  for (const entry of entries) counts.set(userOf(entry), (counts.get(userOf(entry)) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return entries.find((entry) => counts.get(userOf(entry)) === most);
}
