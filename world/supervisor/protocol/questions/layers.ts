import { answerOf, upToDate } from './question.ts';

/** The layers of a filesystem that was mounted in the world; no value = it has none, or was mounted outside. */
export const layers = upToDate(({ backend }, { device }: { readonly device: string }) =>
  answerOf(backend.superblocks.layers(device) ?? null),
);
