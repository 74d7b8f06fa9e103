/** A device's memory: the oldest record gives way when it is full. */
export class RecordMemory<Entry> {
  readonly #recordsMax: number;
  #records: Entry[] = [];

  constructor(recordsMax: number) {
    this.#recordsMax = recordsMax;
  }

  add(record: Entry): void {
    this.#records.push(record);
    if (this.#records.length > this.#recordsMax) this.#records.shift();
  }

  /** Oldest first. */
  list(): readonly Entry[] {
    return this.#records;
  }

  forget(records: readonly Entry[]): void {
    const gone = new Set(records);
    this.#records = this.#records.filter((record) => !gone.has(record));
  }
}
