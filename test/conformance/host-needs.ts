/** What a scenario needs of the host beside lsmfs: filesystems that its setup makes. */
import { spawnSync } from 'node:child_process';

/** In a mount namespace of its own, which ends with the command: the mount, and its loop device, end with it. */
const TRY_EXT4 = `cd "$(mktemp -d)" && truncate -s 4M image && mkfs.ext4 -q image && mkdir at &&
  mount -o loop image at && umount at; status=$?; rm -r "$PWD"; exit $status`;
const LIMIT_MS = 30_000;

/** Tells what the host lacks, each thing looked at once. */
export class HostNeeds {
  readonly #lacks = new Map<string, boolean>();

  /** @returns those of `needs` that this host has not got. */
  lacking(needs: readonly 'ext4'[]): string[] {
    return needs.filter((need) => this.#lacksFilesystem(need));
  }

  #lacksFilesystem(name: string): boolean {
    const known = this.#lacks.get(name);
    if (known !== undefined) return known;
    const tried = spawnSync('unshare', ['--mount', '--propagation=private', 'sh', '-c', TRY_EXT4], {
      timeout: LIMIT_MS,
      stdio: 'ignore',
    });
    this.#lacks.set(name, tried.status !== 0);
    return tried.status !== 0;
  }
}
