/** Runs tasks one at a time, in the order of the calls. A task that fails does not hold up the next. */
export class CallOrder {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
