/** What the sources use and Node 22 does not have yet. Imported first by every way in; does nothing on newer ones. */

class Stack implements AsyncDisposable {
  #callbacks: (() => unknown)[] = [];
  #disposed = false;

  get disposed(): boolean {
    return this.#disposed;
  }

  use<T extends AsyncDisposable | Disposable | null | undefined>(value: T): T {
    if (value !== null && value !== undefined) this.defer(() => (Symbol.asyncDispose in value ? value[Symbol.asyncDispose]() : value[Symbol.dispose]()));
    return value;
  }

  adopt<T>(value: T, dispose: (value: T) => unknown): T {
    this.defer(() => dispose(value));
    return value;
  }

  defer(callback: () => unknown): void {
    if (this.#disposed) throw new ReferenceError('The stack has been disposed of.');
    this.#callbacks.push(callback);
  }

  move(): Stack {
    const moved = new Stack();
    moved.#callbacks = this.#callbacks;
    this.#callbacks = [];
    this.#disposed = true;
    return moved;
  }

  /** Newest first; every callback is called, and the first error is thrown in the end. */
  async disposeAsync(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const errors: unknown[] = [];
    for (const callback of this.#callbacks.toReversed()) {
      try {
        await callback();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.disposeAsync();
  }
}

const globals = globalThis as { AsyncDisposableStack?: unknown };
globals.AsyncDisposableStack ??= Stack;
