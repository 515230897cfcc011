import {
  DefinitionError,
  RetryingModel,
  type LanguageModel,
  type ModelProvider,
  type ModelRetryPolicy,
} from '@drawloom/core';
import { optionProblems } from './check-options.js';
import { Connection, type OpenAIOptions } from './connection.js';
import { OpenAIModel } from './openai-model.js';

/** {@link openai} */
export interface OpenAIProviderOptions extends OpenAIOptions {
  /** How its models try again when the service fails for a while; `false` for once only. @defaultValue three tries */
  readonly retry?: ModelRetryPolicy | false | undefined;
  /** What the names of further models begin with, for other servers: `['llama', 'qwen']`. @defaultValue none */
  readonly prefixes?: readonly string[] | undefined;
}

/** What the names of OpenAI's models begin with. */
const PREFIXES = ['gpt-', 'chatgpt-', 'o1', 'o3', 'o4', 'ft:gpt-', 'codex-'];

/**
 * The models of OpenAI, or of another server that speaks chat completions, by their names: `gpt-4.1-mini`, and
 * `openai:any-name` for others. They share one client, which is made at the first call.
 *
 * @example
 * container.load(drawloom({ models: openai() }));
 *
 * @throws {@link DefinitionError} INVALID_OPTION with everything that is wrong.
 */
export function openai(options: OpenAIProviderOptions = {}): ModelProvider {
  DefinitionError.throwIfAny(optionProblems('openai()', options, ['retry', 'prefixes']));
  const { retry = {}, prefixes = [], ...rest } = options;
  const connection = new Connection(rest);
  const model = (name: string): LanguageModel => {
    const plain = OpenAIModel.over(connection, name, rest);
    return retry === false ? plain : new RetryingModel(plain, retry);
  };
  model('gpt-4.1-mini'); // Options are refused here, not at the first run.
  return Object.freeze({ name: 'openai', prefixes: Object.freeze([...PREFIXES, ...prefixes]), model });
}
