// Methods that a model could not call.
import { EchoModel } from '@drawloom/core';
import { AgentBase, Tool, type AgentConfiguration } from '../../src/index.js';
import { z } from 'zod';

const number = z.object({ number: z.string() });

export class Clerk extends AgentBase {
  configure(): AgentConfiguration {
    return { model: new EchoModel() };
  }

  @Tool({ description: 'Fits.', input: number }) fits(input: { number: string }): string {
    return input.number;
  }

  // expect: Tool 'other' does not accept what its input schema gives
  @Tool({ description: 'Wants an id.', input: number })
  other(input: { id: number }): number {
    return input.id;
  }

  // expect: Tool 'bare' takes arguments, so it needs an input schema
  @Tool({ description: 'Has no schema.' })
  bare(input: { number: string }): string {
    return input.number;
  }

  // expect: @Tool stands on a method
  @Tool({ description: 'Is no method.' })
  readonly field = 'text';
}

export class Elsewhere {
  // expect: @Tool stands in a class that extends AgentBase
  @Tool({ description: 'Is in no agent.' })
  find(): string {
    return '';
  }
}
