import {
  LanguageModel,
  modelAnswer,
  type AnswerParts,
  type ModelAnswer,
  type ModelCallOptions,
  type ModelRequest,
} from '@drawloom/core';

type Said = string | Partial<AnswerParts>;

/** A model that answers by what it is asked: for tests in which many runs ask at the same time, in no order. */
export class AnsweringModel extends LanguageModel {
  readonly name: string;
  readonly capabilities = { tools: true, parallelToolCalls: true, structuredOutput: true, streaming: true };
  readonly requests: ModelRequest[] = [];
  readonly #answer: (request: ModelRequest, options: ModelCallOptions) => Said | Promise<Said>;

  constructor(answer: (request: ModelRequest, options: ModelCallOptions) => Said | Promise<Said>, name = 'answering') {
    super();
    this.name = name;
    this.#answer = answer;
  }

  async answer(request: ModelRequest, options: ModelCallOptions = {}): Promise<ModelAnswer> {
    this.requests.push(structuredClone(request));
    const said = await this.#answer(request, options);
    return modelAnswer({ model: this.name, ...(typeof said === 'string' ? { content: said } : said) });
  }
}

/** The call of a tool, as a model wants it. */
export function callOf(name: string, given: unknown = {}, id = 'c1'): { id: string; name: string; arguments: string } {
  return { id, name, arguments: typeof given === 'string' ? given : JSON.stringify(given) };
}

/** Whether the model is asked after tools have run. */
export function isAfterTools({ messages }: ModelRequest): boolean {
  return messages.at(-1)?.role === 'tool';
}
