/** Programs that are executed only if somebody in user space agrees, who is asked after all modules allowed it. */
import type { Errno } from '../../../linux/errno.ts';

/** One question to somebody, and the wait for the answer, which ends. */
export interface Consent {
  /** Milliseconds that are waited. */
  readonly patience: number;
  /**
   * Asks. `answered` is called at most once, perhaps at once; `undefined` = yes.
   * @returns what ends the wait when the time has passed, and says what becomes of the program.
   */
  ask(answered: (refused: Errno | undefined) => void): () => Errno | undefined;
}

/** Gets them one after the other. @returns the errno of the first that is refused, positive, or 0. */
export async function consentOf(consents: readonly Consent[]): Promise<number> {
  for (const consent of consents) {
    const refused = await answerTo(consent);
    if (refused !== undefined) return refused.number;
  }
  return 0;
}

function answerTo({ patience, ask }: Consent): Promise<Errno | undefined> {
  return new Promise((resolve) => {
    let expire = (): Errno | undefined => undefined;
    // Before it is asked: the answer may come at once.
    const timer = setTimeout(() => resolve(expire()), patience);
    expire = ask((refused) => {
      clearTimeout(timer);
      resolve(refused);
    });
  });
}
