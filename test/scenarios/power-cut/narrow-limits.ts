/** So small a WAL that a short run has many checkpoints in it, which are what a power cut is hardest on. */
export const narrowLimits = { walBytesMax: 65_536 };
