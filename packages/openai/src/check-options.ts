import { DURATION_FORMS, toMilliseconds, type Problem } from '@drawloom/core';
import { problems } from '@drawloom/core/front-end';
import type { OpenAIProviderOptions } from './openai-provider.js';

const OPTIONS: readonly (keyof OpenAIProviderOptions)[] = ['apiKey', 'baseURL', 'client', 'timeout', 'capabilities'];
const CAPABILITIES = ['tools', 'parallelToolCalls', 'structuredOutput', 'streaming'];

/** Everything that is wrong with options. `more` names those that only the caller has. */
export function optionProblems(
  where: string,
  options: OpenAIProviderOptions,
  more: readonly (keyof OpenAIProviderOptions)[] = [],
): Problem[] {
  if (typeof options !== 'object' || options === null)
    return [problems.invalidOption(where, 'options', options, 'an object such as { apiKey, baseURL }')];
  const { apiKey, baseURL, client, timeout, capabilities, prefixes } = options;
  const known = [...OPTIONS, ...more];
  const rules: [boolean, string, unknown, string][] = [
    [apiKey === undefined || typeof apiKey === 'string', 'apiKey', 'something else', 'text'],
    [
      baseURL === undefined || typeof baseURL === 'string',
      'baseURL',
      baseURL,
      'an address such as "http://localhost:11434/v1"',
    ],
    [
      client === undefined || typeof client?.chat?.completions?.create === 'function',
      'client',
      client,
      'a client of the package openai',
    ],
    [timeout === undefined || (toMilliseconds(timeout) ?? 0) > 0, 'timeout', timeout, `more than 0; ${DURATION_FORMS}`],
    [
      capabilities === undefined || (typeof capabilities === 'object' && capabilities !== null),
      'capabilities',
      capabilities,
      'an object such as { structuredOutput: false }',
    ],
    [
      prefixes === undefined ||
        (Array.isArray(prefixes) && prefixes.every((one) => typeof one === 'string' && one !== '')),
      'prefixes',
      prefixes,
      'a list of texts such as ["llama"]',
    ],
  ];
  return [
    ...Object.keys(options)
      .filter((option) => !(known as readonly string[]).includes(option))
      .map((option) => problems.unknownOption(where, option, known)),
    ...rules
      .filter(([isRight]) => !isRight)
      .map(([, option, value, allowed]) => problems.invalidOption(where, option, value, allowed)),
    ...Object.keys(capabilities ?? {})
      .filter((capability) => !CAPABILITIES.includes(capability))
      .map((capability) => problems.unknownOption(`${where}.capabilities`, capability, CAPABILITIES)),
  ];
}
