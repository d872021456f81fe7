/**
 * When V8 compiles what mediation runs.
 *
 * A world's work is often over before V8 takes the code that answers calls for hot: it counts on programs that run for long, and on
 * processors to spare for the threads that compile. So functions are optimized after fewer calls, and fewer others become a part of each
 * (docs/performance-limits.md says what that is worth).
 */
import { setFlagsFromString } from 'node:v8';

/** Defaults: 3, 150, 920. */
const FLAGS = [
  '--ticks-before-optimization=1',
  '--bytecode-size-allowance-per-tick=1000',
  '--max-inlined-bytecode-size-cumulative=200',
];

/** Later versions count otherwise. */
export function compilationFlags(version = process.versions.v8): readonly string[] {
  return version.startsWith('11.3.') ? FLAGS : [];
}

/**
 * For the whole process, in whatever thread it is called. V8 refuses code caches that were made with other flags, so this is for when
 * the programs are loaded: a supervisor thread that is started later (a deputy) takes some 17 ms of processor time more, and a world
 * that is told so at its start some 5 to 10 ms.
 */
export function compileEarly(): void {
  for (const flag of compilationFlags()) setFlagsFromString(flag);
}
