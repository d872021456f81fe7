/**
 * Serves the test tree at each directory given, until its standard input ends. Prints `ready`, then one line per trace and per end.
 * Lines on standard input: `devices` asks how many descriptors of /dev/fuse are open, `close` ends all connections.
 * LSMFS_TEST_PAGES in the environment: largest WRITE in pages.
 */
import { readdirSync, readlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { openFuseSuperblock } from '../../fuse/index.ts';
import { ALL_CAPABILITIES } from '../../linux/capability.ts';
import { taskId } from '../../linux/ids.ts';
import { testFilesystem } from './tree.ts';

const { LSMFS_TEST_PAGES: pages } = process.env;
const superblocks = process.argv.slice(2).map((directory) => {
  const superblock = openFuseSuperblock({
    filesystem: testFilesystem(),
    identify: (tid, uid, gid) => ({
      ...taskId(tid),
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

function openDevices(): number {
  const target = (fd: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // The descriptor of the listing itself.
    }
  };
  return readdirSync('/proc/self/fd').filter((fd) => target(fd) === '/dev/fuse').length;
}

const close = () => {
  for (const { connection } of superblocks) connection.close();
};
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'devices') console.log(`devices ${openDevices()}`);
    if (line === 'close') close();
  })
  .on('close', close);
console.log('ready');
