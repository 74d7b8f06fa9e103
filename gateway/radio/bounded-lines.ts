/** Cuts a stream into lines of at most so many bytes, and never holds more than one unfinished line. */
export class BoundedLines {
  readonly #lineBytesMax: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines that a chunk completes, without their ends; null if one is longer than it may be. */
  push(chunk: Buffer): readonly string[] | null {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      if (this.#rest.length + end - start > this.#lineBytesMax) return null;
      lines.push(this.#rest.toString("utf8") + chunk.toString("utf8", start, end));
      this.#rest = Buffer.alloc(0);
      start = end + 1;
    }
    const open = chunk.subarray(start);
    if (this.#rest.length + open.length > this.#lineBytesMax) return null;
    this.#rest = Buffer.concat([this.#rest, open]);
    return lines;
  }
}

const lineFeed = 0x0a;
