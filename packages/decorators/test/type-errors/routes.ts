import { END } from '@drawloom/core';
import { z } from 'zod';
import { Router, Start, Step, WorkflowBase } from '../../src/index.js';

interface Claim {
  readonly id: string;
  readonly amount: number;
}
const amountOf = z.object({ id: z.string(), amount: z.number() }).transform(({ amount }) => amount);
type Size = 'small' | 'large';

export class Routes extends WorkflowBase<Claim, string> {
  @Start() intake(claim: Claim): Claim {
    return claim;
  }
  @Step() pay(claim: Claim): void {}
  @Step() takesText(text: string): void {}

  // expect: The router may return 'large', but no route handles it
  @Router({ after: 'intake', routes: { small: 'pay' } }) unhandled(claim: Claim): Size {
    return 'small';
  }

  // expect: The router may return 'large', but no route handles it
  @Router({ after: 'intake', routes: { small: 'pay' } }) async unhandledLater(claim: Claim): Promise<Size> {
    return 'small';
  }

  // expect: The router may return 'large', but no route handles it
  @Router({ after: 'intake', routes: { small: 'pay' } }) unhandledInList(claim: Claim): Size[] {
    return [];
  }

  // expect: The router may return 'false', but no route handles it
  @Router({ after: 'intake', routes: { true: 'pay' } }) unhandledBoolean(claim: Claim): boolean {
    return true;
  }

  // expect: The router may return '2', but no route handles it
  @Router({ after: 'intake', routes: { 1: 'pay' } }) unhandledNumber(claim: Claim): 1 | 2 {
    return 1;
  }

  // expect: Route target 'pay' does not accept what the router passes on, its own input
  @Router({ after: 'intake', input: amountOf, routes: { small: 'pay' } }) transformed(amount: number): 'small' {
    return 'small';
  }

  // expect: The router may return any text, so it needs a default
  @Router({ after: 'intake', routes: { small: 'pay' } }) anyText(claim: Claim): string {
    return claim.id;
  }

  // expect: The router may return any number, so it needs a default
  @Router({ after: 'intake', routes: { 1: 'pay' } }) anyNumber(claim: Claim): number {
    return claim.amount;
  }

  // expect: The router may return null or undefined, which takes no route, so it needs a default
  @Router({ after: 'intake', routes: { small: 'pay' } }) perhaps(claim: Claim): 'small' | undefined {
    return undefined;
  }

  // expect: A router returns the key of a route, or a list of keys
  @Router({ after: 'intake', routes: { small: 'pay' } }) notAKey(claim: Claim): Claim {
    return claim;
  }

  // expect: A router returns the key of a route, or a list of keys
  @Router({ after: 'intake', routes: { small: 'pay' }, default: END }) unknownKey(claim: Claim): unknown {
    return claim;
  }

  // expect: Route 'medium' can never be taken: the router does not return it
  @Router({ after: 'intake', routes: { small: 'pay', medium: 'pay', large: END } }) neverTaken(claim: Claim): Size {
    return 'small';
  }

  // expect: Route '0' can never be taken: the router does not return it
  @Router({ after: 'intake', routes: { 0: END, true: 'pay', false: END } }) neverNumber(claim: Claim): boolean {
    return true;
  }

  // expect: Route target 'takesText' does not accept what the router passes on, its own input
  @Router({ after: 'intake', routes: { small: 'pay', large: 'takesText' } }) unfit(claim: Claim): Size {
    return 'small';
  }

  // expect: Route target 'takesText' does not accept what the router passes on, its own input
  @Router({ after: 'intake', routes: { small: 'pay' }, default: 'takesText' }) unfitDefault(claim: Claim): string {
    return 'small';
  }

  // expect: Route target 'takesText' does not accept what the router passes on, its own input
  @Router({ after: 'intake', routes: { small: 'pay', large: 'takesText' } }) withoutParameter(): Size {
    return 'small';
  }

  // expect: Route target 'pay' does not accept what the router passes on, its own input
  @Router({ after: 'intake', routes: { small: 'pay', large: END } }) declaresLess(claim: { id: string }): Size {
    return 'small';
  }

  // expect: 'refuses' does not accept what 'intake' gives
  @Router({ after: 'intake', routes: { small: 'takesText', large: END } }) refuses(text: string): Size {
    return 'small';
  }
}
