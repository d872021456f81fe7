/** Serves the bench tree through fuse-native until standard input ends. usage: fuse-native-server MOUNTPOINT */
import { serveWithFuseNative } from '../../fuse/index.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import { benchFilesystem } from './tree.ts';

const [directory = ''] = process.argv.slice(2);
const transport = await serveWithFuseNative(benchFilesystem(), directory, KERNEL_CALLER);
console.log('ready');
process.stdin.on('end', () => transport.close());
process.stdin.resume();
await transport.ended.finally(() => process.stdin.destroy());
