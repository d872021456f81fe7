/** Serves the bench tree with our own transport until standard input ends. usage: lsmfs-server MOUNTPOINT */

import { openFuseSuperblock } from '../../fuse/index.ts';
import { taskId } from '../../linux/ids.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import { benchFilesystem } from './tree.ts';

const [directory = ''] = process.argv.slice(2);
const superblock = openFuseSuperblock({
  filesystem: benchFilesystem(),
  identify: (tid, uid, gid) => ({ ...KERNEL_CALLER, ...taskId(tid), uid, gid }),
});
superblock.mountAt(directory);
process.stdin.on('end', () => superblock.connection.close());
process.stdin.resume();
console.log('ready');
