/** Environment of `lsmfs run` for what is to begin without a policy, with the label of the kernel, as it does not by default. */
export const WITHOUT_POLICY = { LSMFS_POLICY: 'none', LSMFS_CONTEXT: 'kernel' } as const;

/** The same for what is to leave nothing, as a `run` does that leaves a world for the next one. */
export const WITHOUT_STANDBY = { LSMFS_STANDBY: 'off' } as const;
