import type { ModelCallOptions } from '../ports/language-model.js';

/** Knows whether somebody has heard a piece of an answer: after that it cannot be begun again, by whatever model. */
export class HeardCall {
  /** The options of the call, with a listener that takes note. */
  readonly options: ModelCallOptions;
  #hasBegun = false;

  constructor(options: ModelCallOptions) {
    const { onDelta } = options;
    if (onDelta === undefined) this.options = options;
    else {
      this.options = {
        ...options,
        onDelta: (delta) => {
          this.#hasBegun = true;
          onDelta(delta);
        },
      };
    }
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }
}
