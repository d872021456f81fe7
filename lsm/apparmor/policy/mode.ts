/** Modes of a profile, in the order of their numbers in the binary stream (enum profile_mode). */
export const PROFILE_MODES = ['enforce', 'complain', 'kill', 'unconfined', 'user'] as const;

export type ProfileMode = (typeof PROFILE_MODES)[number];
