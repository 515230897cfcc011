import { PriceList } from '@drawloom/core';
import { AgentBase, inject, type AgentConfiguration } from '@drawloom/decorators';

/** Writes the summary at the head of the report from facts, and again with remarks until nothing is missing. */
export class SummaryWriter extends AgentBase {
  @inject(PriceList) private readonly prices!: PriceList;

  configure(): AgentConfiguration {
    return {
      name: 'summary-writer',
      model: 'gpt-4.1',
      instructions: [
        'You write the summary of a licence review for a legal department, in plain paragraphs without headings or lists.',
        'You are given facts, your last draft and remarks on it, as JSON. Rest on the facts alone, and do what the remarks ask; keep of the draft what they do not object to.',
        'Begin with the numbers. Then, for each package that has to be decided about, its name with version, what it is used for, its licence as given, and why it is in question. Then who has to do what. Promise nothing.',
      ].join('\n'),
      prices: this.prices,
      settings: { temperature: 0.2, maxOutputTokens: 2_000 },
      budget: { calls: 2, usd: 0.1 },
    };
  }
}
