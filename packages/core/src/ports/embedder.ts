/** How vectors are asked for. */
export interface EmbedOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Turns texts into vectors whose directions are near where the texts mean alike. A class, so that it is its own
 * injection token; any object with the method will do.
 *
 * An implementation gives one vector for each text, in their order, all of one length and of finite numbers. It need not
 * scale them. Texts may be empty, and longer than a model takes: cutting them is its business.
 */
export abstract class Embedder {
  abstract embed(texts: readonly string[], options?: EmbedOptions): Promise<readonly ArrayLike<number>[]>;
}
