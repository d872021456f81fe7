/** Serves vfs trees through the kernel's FUSE protocol. */

export { type FuseNativeOptions, serveWithFuseNative } from './libfuse/index.ts';
export { createRequestBuffer, FuseConnection, type FuseConnectionOptions } from './server/connection.ts';
export { passthroughProblem } from './server/passthrough-offer.ts';
export { RequestPoll } from './server/request-poll.ts';
export type { Identify } from './server/session.ts';
export {
  type FuseSuperblock,
  MountError,
  openFuseSuperblock,
  openServedSuperblock,
  type ServedSuperblock,
  type SuperblockOptions,
} from './server/superblock.ts';
export type { Transport } from './server/transport.ts';
