/** What the rest of lsm/selinux may use of the policy database. */
export type * from './datums.ts';
export { Ebitmap, EMPTY_EBITMAP } from './ebitmap.ts';
export { namesFor, transitionNames } from './filename-transitions.ts';
export { parsePolicy } from './parse.ts';
export type * from './policydb.ts';
export { OBJECT_R } from './policydb.ts';
export { whyRejected } from './rejection.ts';
export { savedPolicy, savePolicy } from './saved.ts';
export { SECSID_NULL, type Sid, sidOf } from './sid.ts';
export type { Named } from './symbol-table.ts';
export { writePolicy } from './write.ts';
