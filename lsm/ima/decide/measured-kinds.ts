/**
 * How a content is in the list already: once for each register and, where the template names it, for the namespace of who uses it
 * (CONFIG_IMA_NS_LOG_CHILD_DUPLICATES).
 *
 * Names of namespaces that have ended are not given again, so what is known for them means nothing. It is let go of when there is
 * more of it than of what does: a user makes as many namespaces, one after the other, as he likes.
 */
import type { Template } from '../list/template.ts';

/** What is kept without asking. */
const FEW = 64;

export class MeasuredKinds {
  /** Registers, by the name of the namespace; empty = the template names none. */
  readonly #registers = new Map<string, Set<number>>();
  #most = FEW;

  has(pcr: number, template: Template, namespace: string): boolean {
    return this.#registers.get(nameIn(template, namespace))?.has(pcr) === true;
  }

  /** @param exists is there still a namespace of this name? */
  add(pcr: number, template: Template, namespace: string, exists: (name: string) => boolean): void {
    const name = nameIn(template, namespace);
    const known = this.#registers.get(name);
    if (known !== undefined) {
      known.add(pcr);
      return;
    }
    if (this.#registers.size >= this.#most) this.#tidy(exists);
    this.#registers.set(name, new Set([pcr]));
  }

  /** Namespaces that something is known for. */
  get size(): number {
    return this.#registers.size;
  }

  clear(): void {
    this.#registers.clear();
    this.#most = FEW;
  }

  #tidy(exists: (name: string) => boolean): void {
    for (const name of this.#registers.keys()) if (name !== '' && !exists(name)) this.#registers.delete(name);
    this.#most = Math.max(FEW, 2 * this.#registers.size);
  }
}

function nameIn(template: Template, namespace: string): string {
  return template.fields.includes('ns') ? namespace : '';
}
