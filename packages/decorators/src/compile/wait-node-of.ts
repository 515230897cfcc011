import type { ApprovalPolicy, Problem, Schema, SignalPolicy } from '@drawloom/core';
import {
  APPROVAL_OPTIONS,
  approvalNode,
  approvalProblems,
  delayNode,
  problems as problem,
  SIGNAL_OPTIONS,
  signalNode,
  signalProblems,
  type WaitNode,
} from '@drawloom/core/front-end';
import { DURATION_FORMS, toMilliseconds, type NodeDefinition } from '@drawloom/core';
import type { ClassNode, NodeOptions, WaitingKind } from './read-members.js';

/** How a node waits, and for what; `undefined` of one that does not. Its options have been checked. */
export function waitNodeOf({ name, kind, options }: ClassNode, payload?: Schema): WaitNode | undefined {
  switch (kind) {
    case 'approval':
      return approvalNode(only<ApprovalPolicy>(APPROVAL_OPTIONS, options));
    case 'wait':
      return signalNode(name, only<SignalPolicy>(SIGNAL_OPTIONS, options), payload);
    case 'delay':
      return delayNode(typeof options.for === 'function' ? undefined : options.for);
    default:
      return undefined;
  }
}

/** What is wrong with what a node waits for, and with where that leads. */
export function waitProblems(where: string, kind: WaitingKind, options: NodeOptions): Problem[] {
  const { routes } = options;
  if (kind === 'approval') return approvalProblems(where, only<ApprovalPolicy>(APPROVAL_OPTIONS, options), routes);
  if (kind === 'wait') return signalProblems(where, only<SignalPolicy>(SIGNAL_OPTIONS, options), routes);
  return delayProblems(where, options);
}

function delayProblems(where: string, { for: length, until }: NodeOptions): Problem[] {
  if (until !== undefined && length !== undefined)
    return [problem.invalidOption(where, 'until', until, 'nothing beside `for`: it is the one or the other')];
  if (until !== undefined && typeof until !== 'function')
    return [problem.invalidOption(where, 'until', until, 'a function of what the delay is given that returns a Date')];
  const isLength = until !== undefined || typeof length === 'function' || toMilliseconds(length) !== undefined;
  return isLength ? [] : [problem.invalidOption(where, 'for', length, `a function, or ${DURATION_FORMS}`)];
}

/** What the graph carries of it. Nothing where it is wrong, which is reported. */
export function waitDefined(node: ClassNode, known: (name: string) => boolean): Partial<NodeDefinition> {
  const { name, kind, options } = node;
  if (kind === 'step' || kind === 'router' || kind === 'map') return {};
  if (waitProblems(name, kind, options).length > 0) return {};
  const { terms, refersTo } = waitNodeOf(node)!.defines;
  return { ...(terms === undefined ? {} : { terms }), ...(refersTo?.every(known) === true ? { refersTo } : {}) };
}

function only<P>(own: readonly string[], options: NodeOptions): P {
  return Object.fromEntries(Object.entries(options).filter(([option]) => own.includes(option))) as P;
}
