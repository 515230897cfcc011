/** A class whose instances may be journaled: what is kept of one, and how it is made again. */
export interface StoredType<T = unknown> {
  /** Exactly this class: an instance of a subclass would come back as less than it was. */
  readonly type: abstract new (...args: never[]) => T;
  /**
   * Makes the instance again, of what {@link StoredType.toPlain} gave. Validate here: the journal may be older than the
   * class. What it throws is the `cause` of the error.
   */
  revive(plain: unknown): T;
  /**
   * What is kept: a value that can be journaled. Private fields and accessors are kept only by this.
   *
   * @defaultValue the instance's own properties
   */
  toPlain?(instance: T): unknown;
}

/** The types of a codec, found by name when a value is read and by prototype when it is written. */
export class StoredTypes {
  readonly #byName = new Map<string, StoredType>();
  readonly #names = new Map<unknown, string>();

  constructor(types: Readonly<Record<string, StoredType>>) {
    for (const [name, stored] of Object.entries(types)) {
      this.#byName.set(name, stored);
      const prototype: unknown = stored.type.prototype;
      if (!this.#names.has(prototype)) this.#names.set(prototype, name);
    }
  }

  byName(name: string): StoredType | undefined {
    return this.#byName.get(name);
  }

  nameOf(prototype: object): string | undefined {
    return this.#names.get(prototype);
  }
}
