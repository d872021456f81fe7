/**
 * How the kernel keeps loaded policy: compressed by zstd at the level that its command line says
 * (apparmor.rawdata_compression_level=), 3 without it. Level 0 is not to compress. Source:
 * param_set_aacompressionlevel() of security/apparmor/lsm.c, compress_loaddata() of policy_unpack.c.
 */
import type { ModuleHost } from '../../framework/module-host.ts';
import { type Compression, UNCOMPRESSED } from './index.ts';

export const COMPRESSION_LEVELS = { min: -131072, max: 22, usual: 3 } as const;

/** Without a compressor the level is 0 whatever is asked for. */
export function rawDataCompression({ zstd, config: { parameters } }: Pick<ModuleHost, 'zstd' | 'config'>): Compression {
  const level = levelOf(parameters['apparmor.rawdata_compression_level'] ?? '');
  if (zstd === undefined || level === 0) return UNCOMPRESSED;
  return {
    level,
    compress: (bytes) => zstd.compress(bytes, level),
    decompress: (stored, size) => zstd.decompress(stored, size),
  };
}

function levelOf(text: string): number {
  if (!/^-?[0-9]+$/.test(text)) return COMPRESSION_LEVELS.usual;
  return Math.min(Math.max(Number(text), COMPRESSION_LEVELS.min), COMPRESSION_LEVELS.max);
}
