/**
 * 8. What the model may call are tools: methods with `@Tool`, or functions. They run only with arguments that fit their schema,
 * and those that need it only after a clear yes. `output` holds the answer to a schema: what flows on is a checked value.
 */
import { LanguageModel, modelAnswer, type ModelAnswer, type ModelRequest, type PendingToolCall } from '@drawloom/core';
import { AgentBase, agents, Container, drawloom, Tool, type AgentConfiguration } from '@drawloom/decorators';
import { End, inject, Start, Step, WorkflowBase, workflows } from '@drawloom/decorators';
import { openai } from '@drawloom/openai';
import { IsIn, IsInt, IsString, Max, Min } from 'class-validator';

export class Claims {
  readonly paid: object[] = []; // stands for the system of an insurer
  find(number: string): object {
    if (number !== 'c-17') throw new Error(`there is no claim ${number}`); // the model is told, and may ask for another
    return { number, damage: 'a broken window', amount: 240, excess: 100 };
  }
}

class ClaimNumber {
  @IsString() readonly number!: string;
}
class Payment extends ClaimNumber {
  @IsInt() @Min(1) @Max(5_000) readonly amount!: number;
}
export class Decision {
  @IsIn(['paid', 'refused', 'open']) readonly state!: 'paid' | 'refused' | 'open';
  @IsString() readonly reason!: string;
}

export class Adjuster extends AgentBase<Decision> {
  @inject(Claims) private readonly claims!: Claims;
  configure(): AgentConfiguration<Decision> {
    const instructions = 'You settle claims. Pay the amount less the excess, once, and only for damage by accident.';
    const approve = ({ arguments: given }: PendingToolCall): boolean => (given as Payment).amount <= 500;
    return { model: 'gpt-4.1-mini', instructions, output: Decision, approve };
  }
  @Tool({ description: 'Finds a claim by its number.', input: ClaimNumber, approval: false })
  find({ number }: ClaimNumber): object {
    return this.claims.find(number);
  }
  @Tool({ description: 'Pays an amount in euros.', input: Payment, approval: true }) // never without an approval
  pay({ number, amount }: Payment): string {
    this.claims.paid.push({ number, amount });
    return `${amount} euros were paid.`;
  }
}

export class Settle extends WorkflowBase<string, string> {
  @Start() @Step() @inject(Adjuster) readonly adjuster!: Adjuster;
  @End({ after: 'adjuster' }) report({ state, reason }: Decision): string {
    return `${state}: ${reason}`;
  }
}

const CALLS = [
  { id: 'call_1', name: 'find', arguments: '{"number":"c-17"}' }, // as the real model might, one after the other
  { id: 'call_2', name: 'pay', arguments: '{"number":"c-17","amount":140}' },
];
class StandIn extends LanguageModel {
  readonly name = 'gpt-4.1-mini';
  readonly capabilities = { tools: true, parallelToolCalls: true, structuredOutput: true, streaming: false };
  async answer({ messages }: ModelRequest): Promise<ModelAnswer> {
    const call = CALLS[messages.filter(({ role }) => role === 'tool').length];
    if (call !== undefined) return modelAnswer({ model: this.name, toolCalls: [call] });
    return modelAnswer({ model: this.name, content: '{"state":"paid","reason":"240 euros less the excess of 100"}' });
  }
}

export async function main() {
  const container = new Container();
  const models = process.env['OPENAI_API_KEY'] ? openai() : new StandIn();
  container.load(drawloom({ models }), workflows(Settle), agents(Adjuster));
  container.bind(Claims).toSelf().inSingletonScope();
  for await (const event of container.get(Settle).stream('A ball broke my window. Please settle claim c-17.')) {
    if (event.type === 'tool.called') console.log(event.tool, event.arguments);
    if (event.type === 'tool.approved') console.log('  approved');
    if (event.type === 'run.completed') console.log(event.output, container.get(Claims).paid);
  }
}
