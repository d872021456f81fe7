/**
 * Users of tests. Nothing on a machine runs as one of them, has files or limits of theirs: systemd's table of user ids
 * leaves 1879048192 to 2147483647 to no use. Text of scripts has the numbers themselves.
 */
export const FIRST_TEST_USER = 2_000_000_000;
export const USER = 2_000_001_000;
/** Ids that are mapped for him in user namespaces. */
export const SUBORDINATE = 2_000_100_000;
