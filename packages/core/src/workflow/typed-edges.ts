import type { End, JoinMode, Start } from '../graph/definition.js';

/** What the builder's type knows of a node. */
export interface NodeType {
  readonly input: unknown;
  readonly output: unknown;
  readonly join: JoinMode;
}

/** Node names with what they take and give. */
export type NodeTypes = Record<string, NodeType>;

declare const why: unique symbol;
/** What an argument is compared with when an edge is wrong: the compiler prints the sentence. */
export interface EdgeError<Sentence extends string, Got = unknown, Want = unknown> {
  readonly [why]: Sentence;
  readonly got: Got;
  readonly want: Want;
}

/** Names that are known complete in the editor; others are allowed, because a node may be added later. */
export type KnownName<N> = keyof N & string;

/** What a source gives: a node's output, or the run's input for START. `any` where it is not known yet. */
/* eslint-disable @typescript-eslint/no-explicit-any -- a router may be written before its source is added */
export type OutputOf<N, I, From> = From extends Start
  ? I
  : From extends keyof N
    ? N[From] extends NodeType
      ? N[From]['output']
      : never
    : any;

/* eslint-enable @typescript-eslint/no-explicit-any */

/** `unknown` where the edge fits or cannot be judged yet, else an error with a sentence. */
export type FitsEdge<N, I, From, To> = To extends keyof N
  ? N[To] extends NodeType
    ? From extends Start | keyof N
      ? Accepts<N[To], OutputOf<N, I, From>, NameOf<From>, To>
      : unknown
    : never
  : unknown;

/** For every route the target has to take what the router passes on. */
export type FitsRoutes<N, I, From, R> = { [K in keyof R]: R[K] extends End ? unknown : FitsEdge<N, I, From, R[K]> };

/** The same for a node that waits and is just being added: it passes on what it received. */
export type FitsWaitRoutes<N, I, Name extends string, In, R> = FitsRoutes<
  N & Record<Name, { input: In; output: In; join: 'auto' }>,
  I,
  Name,
  R
>;

type NameOf<From> = From extends Start ? 'START' : From;

type Accepts<Node extends NodeType, Value, From, To> = unknown extends Value
  ? unknown
  : Node['join'] extends 'all' | 'any'
    ? AcceptsNamed<Node['input'], Value, From, To>
    : [Value] extends [Node['input']]
      ? unknown
      : Node['join'] extends 'auto'
        ? AcceptsListed<Node['input'], Value, From, To>
        : EdgeError<`Step '${To & string}' does not accept what '${From & string}' gives`, Value, Node['input']>;

/** An `auto` join gives a list where several sources deliver. */
type AcceptsListed<Input, Value, From, To> = Input extends readonly (infer Item)[]
  ? [Value] extends [Item]
    ? unknown
    : EdgeError<`Step '${To & string}' does not accept what '${From & string}' gives`, Value, Input>
  : EdgeError<`Step '${To & string}' does not accept what '${From & string}' gives`, Value, Input>;

type AcceptsNamed<Input, Value, From, To> = From extends keyof Input
  ? [Value] extends [Input[From]]
    ? unknown
    : EdgeError<`Step '${To & string}' does not accept what '${From & string}' gives`, Value, Input[From]>
  : unknown extends Input
    ? unknown
    : EdgeError<`Step '${To & string}' takes no '${From & string}' from its join`, Value, Input>;
