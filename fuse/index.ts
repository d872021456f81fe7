/** Serves vfs trees through the kernel's FUSE protocol. */
export { createRequestBuffer, FuseConnection, type FuseConnectionOptions } from './connection.ts';
export { type FuseNativeOptions, serveWithFuseNative } from './native/index.ts';
export type { Identify } from './session.ts';
export { type FuseSuperblock, MountError, openFuseSuperblock, type SuperblockOptions } from './superblock.ts';
export type { Transport } from './transport.ts';
