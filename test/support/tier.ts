/**
 * Which tests run (CONTRIBUTING.md): `scripts/test --tier=` says it with LSMFS_TIER. Without it, as with `npx vitest run FILE`, each test
 * of a file runs.
 */
const TIER = process.env.LSMFS_TIER ?? 'nightly';

/** Cases that the nightly tier alone adds: more of a kind that the gate has, such as further ways to wait for the same lock. */
export function atNight<Case>(cases: readonly Case[]): readonly Case[] {
  return TIER === 'nightly' ? cases : [];
}

/** How often something is repeated that has to go well each time. */
export function times(usually: number, nightly: number): number {
  return TIER === 'nightly' ? nightly : usually;
}

/** What the fast tier takes of many. */
export function chosen<Case>(cases: readonly Case[], isFast: (one: Case) => boolean): readonly Case[] {
  return TIER === 'fast' ? cases.filter(isFast) : cases;
}

/** A world of each family, and tests of sources and pages: of test/ all that the fast tier runs. */
export const FAST_FILES = [
  'test/*.test.ts',
  'test/conformance/*.test.ts',
  'test/conformance/recorded/{first,second}.test.ts',
  'test/differential/{sequences,shrink,mediation-profiles}.test.ts',
  'test/docs/design.test.ts',
  'test/fuse/tree.test.ts',
  'test/library/**/*.test.ts',
  'test/selinux/default-contexts.test.ts',
  'test/suites/*.test.ts',
  'test/support/*.test.ts',
  'test/world/{denials,messages,run}.test.ts',
  'test/world/fast-path/calls-per-call.test.ts',
];
/** Those among them that install, pack or boot something. */
export const NOT_FAST = ['test/{bare-machine,docs,left-behind,package,package-exports}.test.ts'];

/** Whole files that only the nightly tier runs, and what the gate has of the same. */
export const NIGHT_FILES: Readonly<Record<string, string>> = {
  // They boot kernels and ask random questions, always the same.
  'test/conformance/recorded/booted.test.ts':
    'test/conformance/recorded/{first,second}.test.ts: what the same kernels answered',
  'test/conformance/live-*.test.ts': 'test/conformance/recorded/*.test.ts: f-yama, and unit tests of the sysctl',
  'test/differential/{audit,differential,mediation,new-files,smack,threads,tomoyo}.test.ts':
    'test/conformance/recorded/*.test.ts, test/differential/{sequences,shrink}.test.ts',
  'test/selinux/kernel-*.test.ts': 'test/selinux/libsepol-oracle.test.ts, recorded scenarios of policy loads',
};

export const excludedFiles = (): readonly string[] =>
  TIER === 'nightly' ? [] : [...Object.keys(NIGHT_FILES), ...(TIER === 'fast' ? NOT_FAST : [])];

export const includedFiles = (): readonly string[] => (TIER === 'fast' ? FAST_FILES : ['test/**/*.test.ts']);
