/** What is known of a mount with layers before it is made (calls/mount-layers.ts). */
import type { LayeredMount } from '../../../lsm/framework/files/layers.ts';

/** Options of a mount that name layers, as they were given. */
export interface LayerOptions {
  readonly lowerdir?: string;
  readonly upperdir?: string;
}

/** A mount with layers that is about to be made. */
export interface NewLayers {
  readonly layers: LayeredMount;
  /** By this name its maker is noted until its device is known. */
  readonly noted: string;
}
