import { LanguageModel, modelAnswer, type ModelAnswer, type ModelRequest } from '@drawloom/core';
import { STAND_IN } from './stand-in-reader.js';
import { openingOf, sentenceOf } from '../summary/summary-draft.js';
import type { SummaryFacts } from '../summary/summary-facts.js';

/**
 * Stands for the model where there is no key. Like a hasty author it begins with the numbers and the first case, and adds what
 * the remarks ask for. The same facts, draft and remarks have the same answer, always.
 */
export class StandInWriter extends LanguageModel {
  readonly name = 'gpt-4.1';
  readonly capabilities = { tools: true, parallelToolCalls: true, structuredOutput: true, streaming: false };

  async answer({ messages }: ModelRequest): Promise<ModelAnswer> {
    const asked = messages.findLast(({ role }) => role === 'user')!.content;
    const { facts, draft, remarks } = JSON.parse(asked) as {
      readonly facts: SummaryFacts;
      readonly draft: string;
      readonly remarks: readonly string[];
    };
    const isWanted = (text: string): boolean => draft.includes(text) || remarks.some((remark) => remark.includes(text));
    const content = [
      openingOf(facts.product, facts.policy, facts.counts),
      ...facts.toDecide.filter((open, index) => index === 0 || isWanted(open.package)).map(sentenceOf),
      ...facts.toDo
        .filter(({ duty }) => isWanted(duty))
        .map(({ duty, packages }) => `${duty} This is asked for by ${packages.join(', ')}.`),
    ].join('\n\n');
    const read = messages.reduce((sum, message) => sum + message.content.length, 0);
    const usage = { inputTokens: Math.ceil(read / 4), outputTokens: Math.ceil(content.length / 4) };
    return modelAnswer({ model: STAND_IN, content, usage });
  }
}
