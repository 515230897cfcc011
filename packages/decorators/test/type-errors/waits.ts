import { END, type ApprovalDecision } from '@drawloom/core';
import { z } from 'zod';
import {
  Approval,
  Compensate,
  Delay,
  End,
  Start,
  Step,
  WaitFor,
  WorkflowBase,
  type ApprovalRequest,
  type Later,
} from '../../src/index.js';

interface Claim {
  readonly id: string;
  readonly amount: number;
}
const people = { groups: ['managers'], deadline: '48h' } as const;

export class Waits extends WorkflowBase<Claim, string> {
  @Start() intake(claim: Claim): Claim {
    return claim;
  }
  @Step() pay(claim: Claim): void {}
  @Step() takesText(text: string): void {}
  @Approval({ ...people, after: 'intake' }) decided(claim: Claim): ApprovalRequest {
    return { title: claim.id };
  }
  @WaitFor({ after: 'intake', signal: 'paid', payload: z.number() }) paid(): Later<number> {}

  // expect: 'afterDecision' does not accept what 'decided' gives
  @Step({ after: 'decided' }) afterDecision(claim: Claim): void {}

  // expect: 'afterSignal' does not accept what 'paid' gives
  @Step({ after: 'paid' }) afterSignal(text: string): void {}

  // expect: An @Approval method returns ApprovalRequest, of @drawloom/decorators: what is shown to those who decide
  @Approval({ ...people, after: 'intake' }) asksForClaim(claim: Claim): Claim {
    return claim;
  }

  // expect: An @Approval method returns ApprovalRequest, of @drawloom/decorators: what is shown to those who decide
  @Approval({ ...people, after: 'intake' }) promises(claim: Claim): Later<number> {}

  // expect: 'asksWrong' does not accept what 'intake' gives
  @Approval({ ...people, after: 'intake' }) asksWrong(text: string): ApprovalRequest {
    return { title: text };
  }

  // expect: This workflow has no public step named 'intaek'
  @Approval({ ...people, after: 'intake', notBy: ['intaek'] }) notByNobody(claim: Claim): ApprovalRequest {
    return { title: claim.id };
  }

  // expect: This workflow has no public step named 'refuse'
  @Approval({ ...people, after: 'intake', routes: { approved: 'pay', rejected: 'refuse', expired: END } })
  routesNowhere(claim: Claim): ApprovalRequest {
    return { title: claim.id };
  }

  // expect: Route target 'takesText' does not accept what the approval passes on, its own input
  @Approval({ ...people, after: 'intake', routes: { approved: 'pay', rejected: 'takesText', expired: END } })
  routesWrong(claim: Claim): ApprovalRequest {
    return { title: claim.id };
  }

  // expect: Outcome 'expired' has no route: each of them leads somewhere
  @Approval({ ...people, after: 'intake', routes: { approved: 'pay', rejected: 'pay' } })
  forgetsOne(claim: Claim): ApprovalRequest {
    return { title: claim.id };
  }

  // expect: Route 'other' can never be taken: it is no outcome of the approval
  @Approval({ ...people, after: 'intake', routes: { approved: 'pay', rejected: 'pay', expired: END, other: END } })
  hasOneMore(claim: Claim): ApprovalRequest {
    return { title: claim.id };
  }

  // expect: Route 'expired' can never be taken: it is no outcome of the wait
  @WaitFor({ after: 'intake', routes: { received: 'pay', expired: END } }) neverExpires(claim: Claim): Later<unknown> {}

  // expect: Route target 'takesText' does not accept what the wait passes on, its own input
  @WaitFor({ after: 'intake', expiresAfter: '1h', routes: { received: 'takesText', expired: END } })
  waitsWrong(claim: Claim): Later<unknown> {}

  // expect: 'saysLess' does not say what its payload schema gives
  @WaitFor({ after: 'intake', signal: 'paid', payload: z.number() }) saysLess(): Later<string> {}

  // expect: Without a payload schema anything may come with the signal: a @WaitFor method returns Later<unknown>
  @WaitFor({ after: 'intake', signal: 'paid' }) saysMore(): Later<number> {}

  // expect: A @WaitFor method returns Later<…>, so that later steps know what they receive
  @WaitFor({ after: 'intake', signal: 'paid' }) saysNothing(): void {}

  // expect: A @Delay method returns Later<…>, so that later steps know what they receive
  @Delay({ after: 'intake', for: '1h' }) pauses(claim: Claim): void {}

  // expect: 'changes' passes on what it is given, and says something else
  @Delay({ after: 'intake', for: '1h' }) changes(claim: Claim): Later<string> {}

  // expect: The function that says how long 'measures' takes does not accept what that is given
  @Delay({ after: 'intake', for: (days: number) => days * 86_400_000 }) measures(claim: Claim): Later<Claim> {}

  // expect: The function that says how long 'waitsUntil' takes does not accept what that is given
  @Delay({ after: 'intake', until: (at: Date) => at }) waitsUntil(claim: Claim): Later<Claim> {}

  // expect: Only @Approval, @WaitFor and @Delay wait: what this method returns is delivered as it is
  @Step({ after: 'intake' }) onlySays(claim: Claim): ApprovalRequest {
    return { title: claim.id };
  }

  // expect: This workflow has no public step named 'chrage'
  @Compensate('chrage') undoesNothing(): void {}

  // expect: 'undoesOther' does not accept what 'intake' gives
  @Compensate('intake') undoesOther(text: string): void {}

  @Compensate('intake') undoes({ id }: Claim): void {}

  @End({ after: 'decided' }) tell({ outcome }: ApprovalDecision): string {
    return outcome;
  }
}
