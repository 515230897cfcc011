/** Says of each model once that it tells no usage, where a budget goes by that: nothing would ever be used up. */
export class MissingUsage {
  readonly #told = new Set<string>();

  tell(model: string): void {
    if (this.#told.has(model)) return;
    this.#told.add(model);
    process.emitWarning(
      `The model ${JSON.stringify(model)} does not tell what it has used: a budget of tokens or dollars counts nothing for it.`,
      {
        type: 'DrawloomWarning',
        code: 'NO_MODEL_USAGE',
        detail: 'Have its service tell usage, or bound what is counted without it: budget: { calls, time }.',
      },
    );
  }
}
