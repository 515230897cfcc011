/** Classes whose edges are right: nothing here is an error, in any compiler. Those that are wrong are in `type-errors/`. */
import { END, type RunnableStep, type StepContext, type StepFailure, type Workflow } from '@drawloom/core';
import { IsInt, IsString } from 'class-validator';
import { expectTypeOf } from 'expect-type';
import { z } from 'zod';
import {
  allOf,
  anyOf,
  Approval,
  Compensate,
  Configure,
  Delay,
  End,
  firstOf,
  oneOf,
  Router,
  Start,
  State,
  Step,
  WaitFor,
  WorkflowBase,
  type After,
  type ApprovalDecision,
  type ApprovalRequest,
  type Later,
} from '../src/index.js';

class Claim {
  @IsString() readonly id!: string;
  @IsInt() readonly amount!: number;
}
// eslint-disable-next-line no-restricted-syntax -- not ours: users have them
enum Key {
  A = 'a',
  B = 'b',
}
interface Assessment {
  readonly claim: Claim;
  readonly risk: number;
}

@Configure({ name: 'claim-approval', version: '1', maxConcurrency: 2 })
export class ClaimApproval extends WorkflowBase<Claim, string> {
  limit = 3;
  @State() round = 0;
  @State({ merge: 'append' }) readonly notes: readonly string[] = [];
  @State({ merge: (current: number, mine: number, base: number) => current + mine - base }) total = 0;
  @State({ merge: (current, mine) => current ?? mine }) untyped?: string;
  @State({ merge: 'last' }) seen: ReadonlyMap<string, number> = new Map();
  @State({ merge: 'append' }) protected mine: readonly string[] = [];
  @State() anything: any;

  @Start({ input: Claim, onError: 'rescue' })
  intake(claim: Claim): Claim {
    return claim;
  }

  @Step({ after: 'intake', retry: { maximumAttempts: 3 }, timeout: '30s', onError: 'rescue' })
  async assess(claim: Claim, context: StepContext): Promise<Assessment> {
    return { claim, risk: context.attempt };
  }
  @Step({ after: 'intake' }) history({ id }: { id: string }): string[] {
    return [id];
  }

  // Every join, with what it gives.
  @Step({ after: ['assess', 'history'] }) listed(found: { assess: Assessment; history: string[] }): number {
    return found.assess.risk;
  }
  @Step({ after: allOf('assess', 'history') }) all(found: { assess: { risk: number }; history: string[] }): number {
    return found.assess.risk;
  }
  @Step({ after: anyOf('assess', 'history') }) any(found: { assess?: Assessment; history?: string[] }): string {
    return found.history?.[0] ?? '';
  }
  @Step({ after: oneOf('listed', 'any') }) one(found: number | string): string {
    return `${found}`;
  }
  @Step({ after: firstOf('listed', 'all'), cancelOthers: true }) first(found: number): string | undefined {
    return `${found}`;
  }
  @Step({ after: allOf('assess', 'history'), cancelOthers: false }) single(_found: { history: string[] }): void {}

  // What a parameter may be.
  @Step({ after: 'first' }) wider(_text: unknown): void {}
  @Step({ after: 'first' }) optional(_text?: string): void {}
  @Step({ after: 'first' }) defaulted(_text = 'none'): void {}
  @Step({ after: 'assess' }) untypedInput(_assessment: any): any {}
  @Step({ after: 'untypedInput' }) afterAny(_claim: Claim): void {}
  @Step({ after: 'assess' }) generic<T>(given: T): T {
    return given;
  }
  @Step({ after: 'assess' }) rest(..._given: [Assessment, StepContext]): void {}
  @Step({ after: 'history' }) destructured([first]: readonly string[]): string | undefined {
    return first;
  }
  overloaded(given: number): number;
  overloaded(given: Assessment): Assessment;
  @Step({ after: 'assess' }) overloaded(given: number | Assessment): number | Assessment {
    return given;
  }

  // What may be returned.
  @Step({ after: 'first' }) nothing(): void {}
  @Step({ after: 'nothing' }) afterNothing(_given: void): void {}
  @Step({ after: 'nothing' }) async never(): Promise<never> {
    return Promise.reject(new Error('always'));
  }
  @Step({ after: 'never' }) afterNever(given: number): number {
    return given;
  }

  // Members that no other step names may be hidden; properties may hold what runs.
  @Step({ after: 'listed' }) private kept(_risk: number): void {}
  @Step({ after: 'agent' }) private readonly keptAgent!: RunnableStep<string, string>;
  protected readonly uses = [() => this.kept(1), () => this.keptAgent];
  @Step({ after: 'listed' }) protected hidden(_risk: number): void {}
  @Step({ after: 'listed' }) protected guarded(_risk: number): void {}
  @Step({ after: 'listed' }) nested!: Workflow<number, Date>;
  @Step({ after: 'nested' }) readonly agent!: RunnableStep<Date, string>;
  @Step({ after: 'agent' }) protected readonly secret!: RunnableStep<string, string>;
  @Step({ after: 'agent' }) maybe?: RunnableStep<string, string>;
  @Step({ after: 'agent' }) arrow = (text: string): number => text.length;
  @Step({ after: 'arrow' }) afterArrow(_length: number): void {}

  // Reached by routes or failures, called by others.
  @Step() rescue({ error, input }: StepFailure<Claim>): string {
    return `${input.id}: ${String(error)}`;
  }
  @Step({ after: 'assess', onError: 'rescueAny' }) fragile(_assessment: Assessment): void {}
  @Step() rescueAny(_failure: StepFailure): void {}
  @Step({ inline: true }) protected async lookUp(id: string, how: number, deep: boolean): Promise<string> {
    return `${id}${how}${deep}`;
  }

  // A loop: the step that begins it is also its later source.
  @Start() @Step({ after: 'again' }) draft(claim: Claim): Claim {
    return claim;
  }
  @Step({ after: 'draft' }) again(claim: Claim): Claim {
    return claim;
  }

  // Schemas stand between what arrives and what the method takes.
  @Step({ after: 'first', input: z.string().default('') }) withDefault(_text: string): void {}
  @Step({ after: 'history', input: z.array(z.string().transform((text) => text.length)) }) lengths(
    _all: number[],
  ): void {}
  @Step({ after: 'untypedInput', input: Claim }) checked(_claim: Claim): void {}
  @Step({ after: 'parse', input: z.object({ id: z.string() }) }) checkedUnknown(_claim: { id: string }): void {}
  @Step({ after: 'first' }) parse(): unknown {
    return JSON.parse('{}');
  }

  @End({ after: 'one' }) end(text: string): string {
    return text;
  }
  @End({ after: 'one' }) async endLater(text: string): Promise<'done' | string> {
    return text;
  }
  @End({ after: 'one', onError: 'rescueAny' }) endAgent!: RunnableStep<string, string>;
  @End() endNever(): never {
    throw new Error('always');
  }

  // A name that is known at run time only is checked at start-up.
  @Step({ after: 'intake' as string }) someName(_claim: string): void {}
  @Step({ after: allOf('intake' as string) }) someNames(_found: { other: number }): void {}
  @Step({ after: ['intake'] as string[] }) someList(_found: unknown): void {}
}

export class Routing extends WorkflowBase<Claim, string> {
  @Start()
  @Router({ routes: { small: 'pay', large: 'refuse', huge: END } })
  size({ amount }: Claim): 'small' | 'large' | 'huge' {
    return amount < 10 ? 'small' : 'large';
  }
  @End() pay(claim: Claim): string {
    return claim.id;
  }
  @End() refuse(): string {
    return 'no';
  }

  @Step() claim(claim: Claim): Claim {
    return claim;
  }
  @Router({ after: 'claim', routes: { true: 'pay', false: 'refuse' } }) flag(claim: Claim): boolean {
    return claim.amount > 1;
  }
  @Router({ after: 'claim', routes: { 1: 'pay', 2: 'refuse' } }) count(claim: Claim): 1 | 2 {
    return claim.amount > 1 ? 2 : 1;
  }
  @Router({ after: 'claim', routes: { '1': 'pay' }, default: END }) anyCount(claim: Claim): number | bigint {
    return claim.amount;
  }
  @Router({ after: 'claim', routes: { a: 'pay', b: 'refuse' } }) async several(claim: Claim): Promise<('a' | 'b')[]> {
    return claim.amount > 1 ? ['a', 'b'] : ['a'];
  }
  @Router({ after: 'claim', routes: { a: 'pay', b: END } }) oneOrSeveral(): 'a' | readonly ['a', 'b'] {
    return 'a';
  }
  @Router({ after: 'claim', routes: { a: 'pay' }, default: 'refuse' }) perhaps(claim: Claim): 'a' | null | undefined {
    return claim.amount > 1 ? 'a' : null;
  }
  @Router({ after: 'claim', routes: { a: 'pay' }, default: END }) anyText(_claim: Claim, context: StepContext): string {
    return context.node;
  }
  @Router({ after: 'claim', routes: { a: 'pay' }, default: END }) branded(
    _claim: Claim,
  ): string & { readonly of: 'a' } {
    return 'a' as string & { readonly of: 'a' };
  }
  @Router({ after: 'claim', routes: { a: 'pay', b: END } }) enumerated(_claim: Claim): Key {
    return Key.A;
  }
  @Router({ after: 'claim', routes: { 'a-1': 'pay' }, default: END }) pattern({ amount }: Claim): `a-${number}` {
    return `a-${amount}`;
  }
  @Router({ after: 'claim', routes: { a: 'pay' } }) untyped(_claim: any): any {}
  @Router({ after: 'claim', routes: { a: 'pay' } }) never(): never {
    throw new Error('always');
  }
  @Router({ after: 'claim', routes: { a: 'pay' } }) protected hidden(_claim: Claim): 'a' {
    return 'a';
  }
  @Router({ after: 'claim', routes: { a: 'pay' }, default: END }) withoutParameter(): string {
    return 'a';
  }
  @Router({ after: 'claim', routes: { a: 'workflow' } }) toProperty(_claim: Claim): 'a' {
    return 'a';
  }
  @Step() workflow!: Workflow<Claim, string>;
  @Router({ after: 'claim', input: Claim, routes: { a: 'pay' } }) checked(_claim: Claim): 'a' {
    return 'a';
  }
  @Router({ after: 'claim', routes: { a: 'pay' } as Record<string, string> }) someRoutes(_claim: Claim): 'a' | 'b' {
    return 'a';
  }
}

// A subclass adds steps after its parent's, and may replace them.
export class StrictApproval extends ClaimApproval {
  @Step({ after: 'listed' }) audit(_risk: number): void {}
  @Router({ after: 'assess', routes: { high: 'escalate' }, default: END }) gate({ risk }: Assessment): string {
    return risk > 1 ? 'high' : 'low';
  }
  @Step() escalate(_assessment: Assessment): void {}
  @Step({ after: 'intake' }) override history(claim: { id: string }): string[] {
    return super.history(claim);
  }
}

// In a generic class what depends on its parameter is left to those who fill it in.
export abstract class Review<T, R extends { readonly score: number } = { readonly score: number }> extends WorkflowBase<
  T,
  string
> {
  held!: T;
  @State() last?: T;
  @Start() async intake(input: T): Promise<T> {
    return input;
  }
  @Step({ after: 'intake' }) async judge(input: T): Promise<R> {
    return this.score(input);
  }
  abstract score(input: T): R;
  @Step({ after: allOf('intake', 'judge') }) both({ intake, judge }: { intake: T; judge: R }): [T, R] {
    return [intake, judge];
  }
  @Step({ after: oneOf('intake', 'judge') }) either(_given: T | R): void {}
  @Step({ after: 'judge' }) constrained(judged: { readonly score: number }): number {
    return judged.score;
  }
  @Step({ after: 'intake' }) undecided(_given: string): void {}
  @Router({ after: 'judge', routes: { good: 'accept', bad: 'intakeAgain' } }) choose(judged: R): 'good' | 'bad' {
    return judged.score > 1 ? 'good' : 'bad';
  }
  @Step() intakeAgain(_judged: R): void {}
  @Step({ after: 'intake', onError: 'rescue' }) fragile(_input: T): void {}
  @Step() rescue(_failure: StepFailure<T>): void {}
  @End() accept(judged: R): string {
    return `${judged.score}`;
  }
}
export class ClaimReview extends Review<Claim> {
  score(claim: Claim): { readonly score: number } {
    return { score: claim.amount };
  }
  @Step({ after: 'both' }) further([claim, { score }]: [Claim, { score: number }]): number {
    return claim.amount * score;
  }
}

// A mixin decorates a class that it does not know.
type WorkflowClass = abstract new (...args: any[]) => WorkflowBase<Claim, string>;
export function audited<C extends WorkflowClass>(base: C) {
  abstract class Audited extends base {
    @Start() audit(claim: Claim): string {
      return claim.id;
    }
    @Step({ after: 'audit' }) store(_id: string): void {}
  }
  return Audited;
}

// What people write beside decorators.
expectTypeOf(allOf('a', 'b').sources).toEqualTypeOf<readonly ('a' | 'b')[]>();
const later: After = ['a', 'b'];
expectTypeOf(later).toExtend<After>();
expectTypeOf<ReturnType<ClaimApproval['run']>>().resolves.toHaveProperty('output').toEqualTypeOf<string>();

/** What waits: what later steps receive is what comes of it, not what its method returns. */
export class Waiting extends WorkflowBase<Claim, string> {
  @Start() intake(claim: Claim): Claim {
    return claim;
  }
  @Approval({ after: 'intake', groups: ['managers'], notBy: ['intake'], quorum: 2, deadline: '48h' })
  async ask(claim: Claim, context: StepContext): Promise<ApprovalRequest> {
    return { title: `Pay ${claim.amount}?`, data: context.run.runId };
  }
  @Step({ after: 'ask' }) decided({ outcome, decisions }: ApprovalDecision): Claim | undefined {
    return outcome === 'approved' && decisions.length > 0 ? undefined : undefined;
  }
  @Approval({
    after: 'intake',
    users: ['mia'],
    routes: { approved: 'pay', rejected: END },
  })
  routed(claim: Claim): ApprovalRequest {
    return { title: claim.id };
  }
  @WaitFor({ signal: 'paid', payload: Claim, expiresAfter: '1h', onError: 'late' }) @Start() paid(): Later<Claim> {}
  @Step() late(failure: StepFailure<Claim>): void {
    void failure;
  }
  @WaitFor({ after: 'intake', routes: { received: 'pay', expired: END }, expiresAfter: 5 }) any(
    _: Claim,
  ): Later<unknown> {}
  @Delay({ after: 'paid', for: '3d' }) async pause(claim: Claim): Promise<Later<Claim>> {
    void claim;
  }
  @Delay({ after: 'paid', for: (claim: Claim, { visit }) => claim.id.length * visit }) so(_: Claim): Later<Claim> {}
  @Delay({ after: 'paid', until: async (_: Claim) => new Date(0) }) till(_: Claim): Later<Claim> {}
  @Step({ after: 'pause' }) pay(claim: Claim): void {
    void claim;
  }
  @Compensate('pay') refund(nothing: void, context: StepContext): void {
    void [nothing, context];
  }
  @Compensate('ask', { retry: { maximumAttempts: 5 } }) unask(decision: ApprovalDecision): void {
    void decision;
  }
  @End({ after: 'decided' }) last(claim: Claim | undefined): string {
    return claim?.id ?? '';
  }
}
