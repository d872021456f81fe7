/** Environment of `lsmfs run` for what is to begin without a policy, with the label of the kernel, as it does not by default. */
export const WITHOUT_POLICY = { LSMFS_POLICY: 'none', LSMFS_CONTEXT: 'kernel' } as const;
