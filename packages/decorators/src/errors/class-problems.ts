/**
 * A named constructor for every mistake that only a class can have. Where the mistake is the graph's, but the fix is a
 * class's, the code is that of the graph.
 */
import type { Problem } from '@drawloom/core';
import { describeValue, listNames, suggestName } from '@drawloom/core/front-end';

export const classProblems = {
  notAWorkflowClass: (value: unknown): Problem => ({
    code: 'NOT_A_WORKFLOW_CLASS',
    where: typeof value === 'function' && value.name !== '' ? value.name : 'workflows',
    what: `${typeof value === 'function' ? 'the class' : describeValue(value)} is not a workflow (allowed: classes that extend WorkflowBase)`,
    fix: 'let it extend WorkflowBase, or bind it like any other service',
  }),

  invalidMember: (where: string, decorator: string, is: string, allowed: string): Problem => ({
    code: 'INVALID_MEMBER',
    where,
    what: `@${decorator} stands on ${is} (allowed: ${allowed})`,
    fix: `move the decorator to ${allowed}`,
  }),

  reservedName: (where: string, name: string): Problem => ({
    code: 'INVALID_MEMBER',
    where,
    what: `${describeValue(name)} is a member of every workflow and cannot be a step`,
    fix: 'rename the method',
  }),

  conflict: (where: string, what: string, fix: string): Problem => ({
    code: 'CONFLICTING_DECORATORS',
    where,
    what,
    fix,
  }),

  joinWithRoutes: (where: string, join: string, others: readonly string[]): Problem => ({
    code: 'JOIN_WITH_ROUTES',
    where,
    what: `it joins its sources by ${join}, but further ways lead to it: ${others.join(', ')}`,
    fix: 'use oneOf where exactly one of them delivers, or put a step between',
  }),

  unknownStep: (where: string, role: string, name: unknown, { nodes, inline, members }: KnownNames): Problem => {
    const facts = { code: 'UNKNOWN_NODE', where } as const;
    if (typeof name !== 'string') {
      const what = `${role} is ${describeValue(name)} (allowed: the name of a step; steps: ${listNames(nodes)})`;
      return { ...facts, what, fix: 'name a step by its text' };
    }
    const what = `${role} ${describeValue(name)} does not exist (steps: ${listNames(nodes)})`;
    if (inline.includes(name)) {
      return {
        ...facts,
        what,
        fix: `drop inline from @Step on ${name}(): an inline step is called, no edge leads to it`,
      };
    }
    if (members.includes(name)) return { ...facts, what, fix: `decorate ${name} with @Step()` };
    const meant = suggestName(name, nodes);
    const add = `add a method ${name}() decorated with @Step()`;
    return { ...facts, what, fix: meant === undefined ? add : `change it to ${describeValue(meant)}, or ${add}` };
  },

  afterRouter: (where: string, router: string): Problem => ({
    code: 'EDGES_AND_ROUTER',
    where,
    what: `its source ${describeValue(router)} is a router, which leads on by its routes only`,
    fix: `name this step in the routes of ${describeValue(router)}, and drop it from after`,
  }),

  noStart: (workflow: string): Problem => ({
    code: 'NO_START',
    where: workflow,
    what: 'no method begins the run',
    fix: 'decorate the method that takes the input with @Start()',
  }),

  noState: (where: string): Problem => ({
    code: 'INVALID_OPTION',
    where,
    what: 'option ambient is false, but the class has @State fields, which find their step by it',
    fix: 'leave ambient at its default, or pass the state along as values',
  }),

  notRunnable: (where: string, value: unknown): Problem => ({
    code: 'INVALID_STEP',
    where,
    what: `the property holds ${describeValue(value)} (allowed: an agent, a workflow, or another object with a method runStep)`,
    fix: 'inject it or assign it before the run, or decorate a method that calls it',
  }),

  captured: (workflow: string, chain: readonly string[], singleton: string, captured: string): Problem => ({
    code: 'RUN_SCOPE_CAPTURED',
    where: workflow,
    what: `${singleton} is a singleton, and would keep the ${captured} of its first run for all runs (chain: ${chain.join(' -> ')})`,
    fix: `bind ${singleton} in transient or request scope, or let it call currentContext() when it needs the run`,
  }),

  containerNotReady: (where: string, what: string, fix: string): Problem => ({
    code: 'CONTAINER_NOT_READY',
    where,
    what,
    fix,
  }),
};

/** What a name could have meant. */
export interface KnownNames {
  readonly nodes: readonly string[];
  readonly inline: readonly string[];
  /** Methods without a decorator. */
  readonly members: readonly string[];
}
