/** Serves the test tree through fuse-native until its standard input ends. usage: fuse-native-server MOUNTPOINT */

import { serveWithFuseNative } from '../../fuse/index.ts';
import { taskId } from '../../linux/ids.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import { testFilesystem } from './tree.ts';

const [directory = ''] = process.argv.slice(2);
const transport = await serveWithFuseNative(
  testFilesystem(),
  directory,
  { ...KERNEL_CALLER, ...taskId(77) },
  {
    onTrace: (text) => console.log(`trace ${text.split('\n')[0]}`),
  },
);
transport.ended.then((reason) => console.log(`ended ${reason}`));
process.stdin.on('end', () => transport.close());
process.stdin.resume();
console.log('ready');
