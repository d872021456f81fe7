/** A policy that is one image, as a module reads it: what is needed to load one at boot and to say why it was not taken. */
export interface PolicyImages {
  /** Type of the filesystem whose node `load` takes an image, and whose `policyvers` has the newest version. */
  readonly filesystem: string;
  /** `undefined`: it does not start like one. */
  version(image: Uint8Array): number | undefined;
  /** The image for a kernel that takes versions up to `newest`; unchanged where nothing can or need be done. */
  forKernel(image: Uint8Array, newest: number): Uint8Array;
  /** In one clause; `undefined` = such a kernel would take it. */
  whyRejected(image: Uint8Array, newest: number): string | undefined;
}
