/** Names of the security attributes of files. */
export const XATTR = {
  label: 'security.SMACK64',
  exec: 'security.SMACK64EXEC',
  mmap: 'security.SMACK64MMAP',
  transmute: 'security.SMACK64TRANSMUTE',
  ipIn: 'security.SMACK64IPIN',
  ipOut: 'security.SMACK64IPOUT',
} as const;
