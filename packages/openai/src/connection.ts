import { AdapterError, type Duration, type ModelCapabilities } from '@drawloom/core';
import type OpenAI from 'openai';

/** Where the service is and how it is reached. What is given here goes before the environment. */
export interface OpenAIOptions {
  /** @defaultValue the environment variable OPENAI_API_KEY, read at the first call */
  readonly apiKey?: string | undefined;
  /** Of a server that speaks chat completions. @defaultValue OPENAI_BASE_URL, read at the first call, else OpenAI's own */
  readonly baseURL?: string | undefined;
  /** A client of one's own, for headers, proxies or Azure: then `apiKey` and `baseURL` are not looked at. Its own retries stay off. */
  readonly client?: OpenAI | undefined;
  /**
   * How long the service may be silent: before its answer, and while it streams between two pieces of it. More than 0.
   * @defaultValue `'10m'`
   */
  readonly timeout?: Duration | undefined;
  /** What a server of another kind cannot do: `{ structuredOutput: false }`. @defaultValue everything */
  readonly capabilities?: Partial<ModelCapabilities> | undefined;
}

const DEFAULT_BASE_URL = 'https://api.openai.com/v1';

/**
 * The client that models share. It is loaded and made at the first call: loading it takes a tenth of a second, and a program
 * that only builds its workflows needs no key.
 */
export class Connection {
  readonly #options: OpenAIOptions;
  #client: Promise<OpenAI> | undefined;

  constructor(options: OpenAIOptions) {
    this.#options = options;
  }

  /** @throws {@link AdapterError} MODEL_AUTHENTICATION when there is no key; the next call looks again. */
  client(model: string): Promise<OpenAI> {
    const { client, apiKey = environment('OPENAI_API_KEY'), baseURL = environment('OPENAI_BASE_URL') } = this.#options;
    if (client !== undefined) return Promise.resolve(client);
    if (this.#client !== undefined) return this.#client;
    if (apiKey === undefined || apiKey === '') return Promise.reject(noKey(model));
    return (this.#client = makeClient(apiKey, baseURL ?? DEFAULT_BASE_URL));
  }
}

async function makeClient(apiKey: string, baseURL: string): Promise<OpenAI> {
  const { OpenAI: Client } = await import('openai');
  // By default the client prints what it cannot read of an answer. Who sets OPENAI_LOG wants that.
  const quiet = environment('OPENAI_LOG') === undefined ? { logLevel: 'off' as const } : {};
  return new Client({ apiKey, baseURL, maxRetries: 0, ...quiet });
}

/** An empty variable is none, and a line break after a key is no part of it. */
function environment(name: string): string | undefined {
  const value = process.env[name]?.trim();
  return value === '' ? undefined : value;
}

function noKey(model: string): AdapterError {
  return AdapterError.model('MODEL_AUTHENTICATION', {
    model,
    what: 'there is no API key',
    fix: 'set the environment variable OPENAI_API_KEY, or give one: openai({ apiKey }); a server of your own may take any text',
  });
}
