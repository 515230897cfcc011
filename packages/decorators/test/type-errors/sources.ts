import type { RunnableStep, StepFailure, Workflow } from '@drawloom/core';
import { allOf, anyOf, End, firstOf, oneOf, Start, Step, WorkflowBase } from '../../src/index.js';

interface Claim {
  readonly id: string;
  readonly amount: number;
}

export class Sources extends WorkflowBase<Claim, string> {
  @Start() async intake(claim: Claim): Promise<Claim> {
    return claim;
  }
  @Step({ after: 'intake' }) async amount({ amount }: { amount: number }): Promise<number> {
    return amount;
  }
  @Step({ after: 'intake' }) id({ id }: Claim): string {
    return id;
  }
  @Step({ after: 'intake' }) note({ id }: Claim): string | undefined {
    return id === '' ? undefined : id;
  }
  @Step({ after: 'intake' }) forget(): void {}
  @Step({ after: 'amount' }) nested!: Workflow<number, Date>;

  // expect: 'wrong' does not accept what 'intake' gives
  @Step({ after: 'intake' }) wrong(claim: string): void {}

  // expect: 'missing' does not accept what 'intake' gives
  @Step({ after: 'intake' }) missing(claim: { id: string; date: Date }): void {}

  // expect: 'notAwaited' does not accept what 'amount' gives
  @Step({ after: 'amount' }) notAwaited(amount: Promise<number>): void {}

  // expect: 'maybe' does not accept what 'note' gives
  @Step({ after: 'note' }) maybe(note: string): void {}

  // expect: 'nothing' does not accept what 'forget' gives
  @Step({ after: 'forget' }) nothing(note: string): void {}

  // expect: 'hidden' does not accept what 'intake' gives
  @Step({ after: 'intake' }) private hidden(claim: string): void {}

  // expect: 'withContext' does not accept what 'intake' gives
  @Step({ after: 'intake' }) withContext(claim: string, context: unknown): void {}

  // expect: 'optional' does not accept what 'intake' gives
  @Step({ after: 'intake' }) optional(claim?: string): void {}

  // expect: 'afterNested' does not accept what 'nested' gives
  @Step({ after: 'nested' }) afterNested(date: string): void {}

  // expect: 'injected' does not accept what 'intake' gives
  @Step({ after: 'intake' }) injected!: RunnableStep<string, string>;

  overloaded(claim: string): string;
  overloaded(claim: number): number;
  // expect: 'overloaded' does not accept what 'intake' gives
  @Step({ after: 'intake' }) overloaded(claim: string | number): string | number {
    return claim;
  }

  // Joins.

  // expect: 'allWrong' does not accept what 'id' gives
  @Step({ after: allOf('amount', 'id') }) allWrong(found: { amount: number; id: number }): void {}

  // expect: 'listWrong' does not accept what 'id' gives
  @Step({ after: ['amount', 'id'] }) listWrong(found: { amount: number; id: number }): void {}

  // expect: 'allBare' does not accept what allOf gives: an object with a result for each source
  @Step({ after: allOf('amount', 'id') }) allBare(amount: number): void {}

  // expect: 'allMore' does not accept what allOf gives: an object with a result for each source
  @Step({ after: allOf('amount', 'id') }) allMore(found: { amount: number; id: string; date: Date }): void {}

  // expect: 'anyWrong' does not accept what 'amount' gives
  @Step({ after: anyOf('amount', 'id') }) anyWrong(found: { amount?: string; id?: string }): void {}

  // expect: 'anyComplete' does not accept what anyOf gives: an object in which results may be missing
  @Step({ after: anyOf('amount', 'id') }) anyComplete(found: { amount: number; id: string }): void {}

  // expect: 'oneWrong' does not accept what 'amount' gives
  @Step({ after: oneOf('amount', 'id') }) oneWrong(found: string): void {}

  // expect: 'firstWrong' does not accept what 'id' gives
  @Step({ after: firstOf('amount', 'id') }) firstWrong(found: number): void {}

  // expect: cancelOthers needs after: firstOf(…), the one join that does not wait for all its sources
  @Step({ after: allOf('amount', 'id'), cancelOthers: true }) cancelsAll(found: unknown): void {}

  // expect: cancelOthers needs after: firstOf(…), the one join that does not wait for all its sources
  @Step({ cancelOthers: true }) cancelsNobody(found: unknown): void {}

  // Error edges.

  @Step() rescue(failure: StepFailure<Claim>): void {}
  @Step() takesText(text: string): void {}

  // expect: 'takesText' does not accept the failure of 'fails': a step that onError names receives a StepFailure
  @Step({ after: 'intake', onError: 'takesText' }) fails(claim: Claim): void {}

  // expect: 'rescue' does not accept the failure of 'failsOtherwise': a step that onError names receives a StepFailure
  @Step({ after: 'amount', onError: 'rescue' }) failsOtherwise(amount: number): void {}

  // expect: 'takesText' does not accept the failure of 'failsUntyped': a step that onError names receives a StepFailure
  @Step({ after: 'amount', onError: 'takesText' }) failsUntyped(): void {}

  // The ends.

  // expect: 'startsWrong' does not accept the input of this workflow
  @Start() startsWrong(claim: number): void {}

  // expect: 'endsWrong' does not return the output of this workflow
  @End({ after: 'intake' }) endsWrong(claim: Claim): number {
    return claim.amount;
  }

  // expect: 'endsMaybe' does not return the output of this workflow
  @End({ after: 'intake' }) async endsMaybe(claim: Claim): Promise<string | undefined> {
    return claim.id;
  }

  // expect: 'endsNested' does not return the output of this workflow
  @End({ after: 'amount' }) endsNested!: Workflow<number, Date>;

  // expect: 'takesOthers' does not accept what 'intake' gives
  @End({ after: 'intake' }) takesOthers(text: string): string {
    return text;
  }
}

export class Child extends Sources {
  // expect: 'child' does not accept what 'amount' gives
  @Step({ after: 'amount' }) child(amount: string): void {}
}

export abstract class Generic<T> extends WorkflowBase<T, string> {
  @Start() async intake(input: T): Promise<{ readonly input: T }> {
    return { input };
  }

  // expect: 'wrong' does not accept what 'intake' gives
  @Step({ after: 'intake' }) wrong(wrapped: string): void {}

  // expect: 'wrongWithin' does not accept what 'intake' gives
  @Step({ after: 'intake' }) wrongWithin(wrapped: { output: T }): void {}

  // expect: 'ends' does not return the output of this workflow
  @End({ after: 'intake' }) ends(wrapped: { input: T }): { input: T } {
    return wrapped;
  }
}
