import type { Mediator } from './mediator.ts';

/** `undefined`: calls are not mediated, or there is nothing to decide yet (Mediator.decides). */
export function deciding({ mediator }: { readonly mediator: Mediator | undefined }): Mediator | undefined {
  return mediator?.decides === true ? mediator : undefined;
}
