/** Apart from the database, so that a thread which only names limits does not load SQLite. */
export interface DatabaseLimits {
  /** The inner quota (`max_page_count`): beyond it SQLite itself refuses. */
  readonly fileBytesMax: number;
  readonly walBytesMax: number;
  readonly busyTimeoutMs: number;
  readonly pageCacheBytesMax: number;
  /** Up to this size a file is read and checked whole at each start. */
  readonly checkBytesMax: number;
}

export const databaseLimits: DatabaseLimits = {
  fileBytesMax: 8 * 2 ** 30,
  walBytesMax: 16 * 2 ** 20,
  busyTimeoutMs: 2_000,
  pageCacheBytesMax: 8 * 2 ** 20,
  checkBytesMax: 16 * 2 ** 20,
};
