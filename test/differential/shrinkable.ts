/** A generated value together with the smaller ones that its generator knows. */
import fc from 'fast-check';

export interface Shrinkable<T> {
  readonly value: T;
  /** Simpler variants, the simplest first. */
  smaller(): Iterable<Shrinkable<T>>;
}

function shrinkable<T>(arbitrary: fc.Arbitrary<T>, generated: fc.Value<T>): Shrinkable<T> {
  return {
    value: generated.value,
    *smaller() {
      for (const next of arbitrary.shrink(generated.value, generated.context)) yield shrinkable(arbitrary, next);
    },
  };
}

/** Generates values that are shrunk later, each on its own, when and as far as their user wants. */
class OpenedArbitrary<T> extends fc.Arbitrary<Shrinkable<T>> {
  readonly #inner: fc.Arbitrary<T>;

  constructor(inner: fc.Arbitrary<T>) {
    super();
    this.#inner = inner;
  }

  generate(random: fc.Random, bias: number | undefined): fc.Value<Shrinkable<T>> {
    return new fc.Value(shrinkable(this.#inner, this.#inner.generate(random, bias)), undefined);
  }

  canShrinkWithoutContext(_value: unknown): _value is Shrinkable<T> {
    return false;
  }

  shrink(): fc.Stream<fc.Value<Shrinkable<T>>> {
    return fc.Stream.nil();
  }
}

export function opened<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Shrinkable<T>> {
  return new OpenedArbitrary(arbitrary);
}
