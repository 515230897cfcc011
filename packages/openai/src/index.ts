export { openai, type OpenAIProviderOptions } from './openai-provider.js';
export { OpenAIModel } from './openai-model.js';
export type { OpenAIOptions } from './connection.js';
