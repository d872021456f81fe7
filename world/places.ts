/** Where init systems mount each filesystem type of security modules. */
export const PLACES: Readonly<Record<string, string>> = {
  selinuxfs: '/sys/fs/selinux',
  smackfs: '/sys/fs/smackfs',
  securityfs: '/sys/kernel/security',
};

/** Places of these types below /sys, relative to it. */
export function sysDirectories(types: readonly string[]): string[] {
  const places = types.flatMap((type) => PLACES[type] ?? []);
  return places.map((place) => place.slice('/sys/'.length));
}
