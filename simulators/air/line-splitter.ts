/** Cuts a stream of octets into lines, and never holds more than one line's worth. */
export class LineSplitter {
  readonly #lineBytesMax: number;
  #parts: Buffer[] = [];
  #partBytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines that this chunk completes, without their ends; null as soon as one is longer than it may be. */
  push(chunk: Buffer): readonly string[] | null {
    const lines: string[] = [];
    let rest = chunk;
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      this.#keep(rest.subarray(0, end));
      if (this.#partBytes > this.#lineBytesMax) return null;
      lines.push(Buffer.concat(this.#parts).toString("utf8"));
      this.#parts = [];
      this.#partBytes = 0;
      rest = rest.subarray(end + 1);
    }
    this.#keep(rest);
    return this.#partBytes > this.#lineBytesMax ? null : lines;
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#partBytes += part.length;
  }
}
