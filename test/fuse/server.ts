/**
 * Serves the test tree at each directory given, until its standard input ends. Prints `ready`, then one line per trace and per end.
 * Options in LSMFS_TEST_PAGES: largest WRITE in pages.
 */

import { openFuseSuperblock } from '../../fuse/index.ts';
import { ALL_CAPABILITIES } from '../../vfs/caller.ts';
import { testFilesystem } from './tree.ts';

const { LSMFS_TEST_PAGES: pages } = process.env;
const superblocks = process.argv.slice(2).map((directory) => {
  const superblock = openFuseSuperblock({
    filesystem: testFilesystem(),
    identify: (tid, uid, gid) => ({
      tid,
      tgid: tid,
      uid,
      gid,
      groups: [],
      capabilities: uid === 0 ? ALL_CAPABILITIES : 0n,
      comm: 'client',
    }),
    onTrace: (text) => console.log(`trace ${text.split('\n')[0]}`),
    maxWritePages: pages === undefined ? undefined : Number(pages),
  });
  superblock.mountAt(directory);
  superblock.connection.ended.then((reason) => console.log(`ended ${reason}`));
  return superblock;
});
process.stdin.on('end', () => {
  for (const { connection } of superblocks) connection.close();
});
process.stdin.resume();
console.log('ready');
