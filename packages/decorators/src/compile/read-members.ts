/**
 * Job. From what decorators left on a class to its nodes and state fields, each option in its place.
 *
 * Boundary. One member at a time: whether its decorators go together and their options are right. What members say of
 * each other is `class-graph.ts`'s. One file, because each kind of member has one reader here, and they share how they refuse.
 */
import type { ApprovalPolicy, Duration, End, JoinMode, MapPolicy, Problem, StepPolicies } from '@drawloom/core';
import {
  APPROVAL_OPTIONS,
  checkPolicies,
  describeValue,
  isCount,
  isPlainObject,
  problems as problem,
  SIGNAL_OPTIONS,
  suggestName,
  type Body,
} from '@drawloom/core/front-end';
import { classProblems, places } from '../errors/class-problems.js';
import type { StateMerge } from '../decorators/state.js';
import type { JoinName } from '../typing/sources.js';
import type { Mark, MarkedMember } from '../metadata/class-metadata.js';
import { isSchemaSource, type SchemaSource } from '../schema/input-schema.js';
import type { StateField } from '../state/run-state.js';
import { waitProblems } from './wait-node-of.js';

/** What the compiler knows of one step, router or map, or of what waits. */
export interface ClassNode {
  readonly name: string;
  readonly on: 'method' | 'property';
  readonly kind: 'step' | 'router' | 'map' | 'approval' | 'wait' | 'delay';
  readonly isStart: boolean;
  readonly isOutput: boolean;
  readonly sources: readonly string[];
  /** Where the author said it: `after` with a list, or one of `allOf`, `anyOf`, `oneOf`, `firstOf`. */
  readonly join: JoinMode | undefined;
  /** Whether it may have sources that could not be read. */
  readonly lacksSources: boolean;
  readonly options: NodeOptions;
}

/** A named member that cannot be what its decorators make of it: it is reported, what it says of others is not. */
export interface RefusedMember {
  readonly name: string;
  readonly isStart: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The options of all decorators of a node together. */
export interface NodeOptions extends StepPolicies, MapPolicy, Pick<ApprovalPolicy, 'notBy'> {
  readonly after?: unknown;
  readonly input?: SchemaSource;
  readonly onError?: string;
  readonly cancelOthers?: boolean;
  readonly inline?: boolean;
  readonly routes?: Readonly<Record<string, string | End>>;
  readonly default?: string | End;
  readonly payload?: SchemaSource;
  readonly for?: Duration | Body;
  readonly until?: Body;
}

/** A method that undoes a step. */
export interface Compensation {
  readonly name: string;
  readonly undoes: string;
  readonly policies: StepPolicies;
}

/** The members of a class, judged one by one. */
export interface ReadMembers {
  readonly nodes: readonly ClassNode[];
  readonly refused: readonly RefusedMember[];
  readonly inline: readonly string[];
  readonly compensations: readonly Compensation[];
  readonly state: readonly StateField[];
  readonly problems: readonly Problem[];
}

const POLICIES = ['input', 'retry', 'timeout', 'onError'];
const OPTIONS: Readonly<Record<Mark['decorator'], readonly string[]>> = {
  Start: POLICIES,
  Step: ['after', ...POLICIES, 'cancelOthers', 'inline'],
  End: ['after', ...POLICIES, 'cancelOthers'],
  ForEach: ['after', ...POLICIES, 'concurrency', 'settled'],
  Router: ['after', 'input', 'routes', 'default'],
  Approval: ['after', ...POLICIES, ...APPROVAL_OPTIONS, 'routes'],
  WaitFor: ['after', 'onError', ...SIGNAL_OPTIONS, 'payload', 'routes'],
  Delay: ['after', 'for', 'until'],
  Compensate: ['undoes', 'retry', 'timeout'],
  State: ['merge'],
  Tool: [],
};
/** What waits, and the kind of node that it makes. */
const WAITS = [
  ['Approval', 'approval'],
  ['WaitFor', 'wait'],
  ['Delay', 'delay'],
] as const;
const JOINS: readonly JoinName[] = ['all', 'any', 'one', 'first'];

/** Where a decorator may stand. */
const PLACES: Readonly<Record<Mark['decorator'], readonly MarkedMember['on'][]>> = {
  Start: ['method', 'property'],
  Step: ['method', 'property'],
  End: ['method', 'property'],
  ForEach: ['method', 'property'],
  Router: ['method'],
  Approval: ['method'],
  WaitFor: ['method'],
  Delay: ['method'],
  Compensate: ['method'],
  State: ['property'],
  Tool: [], // of an agent
};

/** Judges each member of a class. `reserved` tells the names that every workflow has for itself. */
export function readMembers(
  workflow: string,
  members: readonly MarkedMember[],
  reserved: (name: string) => boolean,
): ReadMembers {
  const nodes: ClassNode[] = [];
  const refused: RefusedMember[] = [];
  const inline: string[] = [];
  const compensations: Compensation[] = [];
  const state: StateField[] = [];
  const found: Problem[] = [];
  for (const member of members) {
    const where = `${workflow}.${String(member.name)}`;
    const decorators = member.marks.map(({ decorator }) => decorator);
    const { options, isUnclear, problems } = readOptions(where, member.marks);
    const misplaced = checkPlace(where, member, reserved) ?? checkInline(where, member, options);
    const clash = misplaced ?? clashOf(where, decorators, options);
    const name = member.name as string;
    if (clash !== undefined) {
      found.push(clash);
      // Of what the member says no more than its options is looked at, and of a misplaced one not even these.
      if (misplaced === undefined) found.push(...problems.filter(({ code }) => code !== clash.code));
      refused.push({ name, isStart: decorators.includes('Start'), options });
      continue;
    }
    found.push(...problems);
    if (decorators.includes('State')) state.push({ name, merge: readMerge(where, options, found) });
    else if (options['inline'] === true) inline.push(name);
    else if (decorators.includes('Compensate')) compensations.push(...readCompensation(where, name, options, found));
    else nodes.push(readNode(where, member as MarkedMember & { name: string }, options, isUnclear, found));
  }
  return { nodes, refused, inline, compensations, state, problems: found };
}

function checkPlace(
  where: string,
  { name, on, marks }: MarkedMember,
  reserved: (name: string) => boolean,
): Problem | undefined {
  if (typeof name === 'symbol') {
    const is = 'a member whose name is a symbol, which diagrams and records cannot show';
    return classProblems.invalidMember(where, marks[0]!.decorator, is, 'members with a name');
  }
  const misplaced = marks.find(({ decorator }) => !PLACES[decorator].includes(on));
  if (misplaced !== undefined) {
    const { decorator } = misplaced;
    return classProblems.invalidMember(where, decorator, places[on], describePlaces(decorator));
  }
  if (name === 'then') return classProblems.thenable(where);
  return reserved(name) ? classProblems.reservedName(where, name) : undefined;
}

/** Calls of a property could not be recorded: it is set on each instance. */
function checkInline(
  where: string,
  { on }: MarkedMember,
  options: Readonly<Record<string, unknown>>,
): Problem | undefined {
  const isRight = options['inline'] !== true || on === 'method';
  return isRight
    ? undefined
    : classProblems.invalidMember(where, 'Step({ inline: true })', places[on], 'a method of the instance');
}

function describePlaces(decorator: Mark['decorator']): string {
  if (decorator === 'Tool') return 'a method of a class that extends AgentBase';
  if (decorator === 'State') return 'a property of the instance';
  if (PLACES[decorator].length === 1) return 'a method of the instance';
  return 'a method of the instance, or a property that holds an agent or a workflow';
}

/** What the marks of a member say together. */
interface ReadOptions {
  readonly options: Record<string, unknown>;
  /** Whether something was said that could not be understood. */
  readonly isUnclear: boolean;
  readonly problems: readonly Problem[];
}

/**
 * The options of all marks of a member; what two of them say, or one says wrongly, is a problem. A misspelt option is
 * taken for the one that was probably meant, so that the mistake is reported once.
 */
function readOptions(where: string, marks: readonly Mark[]): ReadOptions {
  const all: Record<string, unknown> = {};
  const guesses: [string, unknown][] = [];
  const found: Problem[] = [];
  let isUnclear = false;
  for (const { decorator, options } of marks) {
    if (options === undefined) continue;
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      found.push(classProblems.notOptions(where, decorator, options));
      isUnclear = true;
      continue;
    }
    const known = OPTIONS[decorator];
    for (const [option, value] of Object.entries(options)) {
      if (!known.includes(option)) {
        found.push(problem.unknownOption(where, option, known));
        const meant = suggestName(option, known);
        if (meant === undefined) isUnclear = true;
        else guesses.push([meant, value]);
      } else if (value === undefined) continue;
      else if (Object.hasOwn(all, option)) {
        const what = `option ${option} is given by two decorators of the member`;
        found.push(classProblems.conflict(where, what, 'keep one of the two'));
      } else all[option] = value;
    }
  }
  for (const [option, value] of guesses) if (!Object.hasOwn(all, option)) all[option] = value;
  return { options: all, isUnclear, problems: found };
}

function clashOf(
  where: string,
  decorators: readonly Mark['decorator'][],
  options: Readonly<Record<string, unknown>>,
): Problem | undefined {
  const twice = decorators.find((decorator, index) => decorators.indexOf(decorator) !== index);
  if (twice !== undefined)
    return classProblems.conflict(where, `@${twice} stands on it twice`, 'remove one of the two');
  const has = (decorator: Mark['decorator']): boolean => decorators.includes(decorator);
  const both = (one: Mark['decorator'], other: Mark['decorator'], fix: string): Problem | undefined =>
    has(one) && has(other) ? classProblems.conflict(where, `@${one} and @${other} stand on it`, fix) : undefined;
  const isAlone = decorators.length === 1;
  if (has('State') && !isAlone)
    return classProblems.conflict(where, `@State stands beside ${others(decorators, 'State')}`, 'use two members');
  if (has('Compensate') && !isAlone) {
    const what = `@Compensate stands beside ${others(decorators, 'Compensate')}`;
    return classProblems.conflict(where, what, 'use two methods: what undoes a step is called when the run fails');
  }
  if (options['inline'] === true && !isAlone) {
    const what = `an inline @Step stands beside ${others(decorators, 'Step')}`;
    return classProblems.conflict(where, what, 'drop inline: an inline step is called by other steps, it is no node');
  }
  if (options['inline'] === true && options['after'] !== undefined) {
    return classProblems.conflict(
      where,
      'an inline step has after',
      'drop after: an inline step is called by other steps',
    );
  }
  return (
    both('Router', 'End', 'route to END, or to a step with @End()') ??
    both('Router', 'ForEach', 'put the router after the list') ??
    both('Router', 'Step', 'keep one of the two: a router chooses, a step works') ??
    both('Step', 'ForEach', 'keep @ForEach: it is a step') ??
    both('Step', 'End', 'keep @End: it is a step, and takes after') ??
    WAITS.map(([wait]) =>
      (['Step', 'Router', 'ForEach', ...WAITS.map(([other]) => other)] as const)
        .map((other) => (other === wait ? undefined : both(wait, other, 'keep one of the two, or put a step between')))
        .find((clash) => clash !== undefined),
    ).find((clash) => clash !== undefined) ??
    (options['routes'] === undefined || has('Router')
      ? undefined
      : WAITS.map(([wait]) => both(wait, 'End', 'drop routes, or route to END or to a step with @End()')).find(
          (clash) => clash !== undefined,
        ))
  );
}

function others(decorators: readonly Mark['decorator'][], one: Mark['decorator']): string {
  return decorators
    .filter((decorator) => decorator !== one)
    .map((decorator) => `@${decorator}`)
    .join(' and ');
}

function readNode(
  where: string,
  { name, on, marks }: MarkedMember & { name: string },
  options: NodeOptions & Readonly<Record<string, unknown>>,
  isUnclear: boolean,
  found: Problem[],
): ClassNode {
  const has = (decorator: Mark['decorator']): boolean => marks.some((mark) => mark.decorator === decorator);
  const [, waits] = WAITS.find(([decorator]) => has(decorator)) ?? [];
  const kind = waits ?? (has('Router') ? 'router' : has('ForEach') ? 'map' : 'step');
  if (name === '') found.push(classProblems.invalidStepName(where.slice(0, -1), name));
  found.push(...checkNode(where, kind, options));
  const { sources, join } = readAfter(where, options.after, found);
  const isAfterRead = options.after === undefined || sources.length > 0;
  if (options.cancelOthers === true && join !== 'first' && isAfterRead) {
    found.push(problem.invalidOption(where, 'cancelOthers', true, 'only together with after: firstOf(...)'));
  }
  return {
    name,
    on: on as 'method' | 'property',
    kind,
    isStart: has('Start'),
    isOutput: has('End'),
    sources,
    join,
    lacksSources: isUnclear || !isAfterRead || options.inline !== undefined,
    options,
  };
}

function checkNode(where: string, kind: ClassNode['kind'], options: NodeOptions): Problem[] {
  const found: Problem[] = [];
  const check = (isRight: boolean, option: keyof NodeOptions, allowed: string): void => {
    if (!isRight && options[option] !== undefined)
      found.push(problem.invalidOption(where, option, options[option], allowed));
  };
  for (const option of ['settled', 'cancelOthers', 'inline'] as const) {
    check(typeof options[option] === 'boolean', option, 'true, false');
  }
  check(isCount(options.concurrency), 'concurrency', 'a whole number of 1 or more');
  check(isSchemaSource(options.input), 'input', 'a class with class-validator decorators, or a Standard Schema');
  if (kind === 'approval' || kind === 'wait' || kind === 'delay') return [...found, ...checkWait(where, kind, options)];
  if (kind !== 'router') return [...found, ...checkPolicies(where, options)];
  for (const option of ['retry', 'timeout', 'onError'] as const) {
    check(false, option, 'nothing on a router, which decides and does not work; put it on the step before');
  }
  const { routes } = options;
  if (!isPlainObject(routes)) return [...found, classProblems.invalidRoutes(where, routes)];
  return [...found, ...Object.getOwnPropertySymbols(routes).map((key) => classProblems.symbolRoute(where, key))];
}

function checkWait(where: string, kind: WaitingKind, options: NodeOptions): Problem[] {
  const { payload, retry, timeout, input, routes } = options;
  const found = kind === 'approval' ? checkPolicies(where, options) : [];
  found.push(...waitProblems(where, kind, options));
  if (payload !== undefined && !isSchemaSource(payload)) {
    const allowed = 'a class with class-validator decorators, or a Standard Schema';
    found.push(problem.invalidOption(where, 'payload', payload, allowed));
  }
  const targets = isPlainObject(routes) ? Object.getOwnPropertySymbols(routes) : [];
  found.push(...targets.map((key) => classProblems.symbolRoute(where, key)));
  if (kind === 'approval') return found;
  for (const [option, value] of Object.entries({ retry, timeout, input })) {
    const allowed = 'nothing on what only waits; put it on the step before';
    if (value !== undefined) found.push(problem.invalidOption(where, option, value, allowed));
  }
  return found;
}

/** What waits for the world outside. */
export type WaitingKind = (typeof WAITS)[number][1];

function readCompensation(
  where: string,
  name: string,
  { undoes, ...policies }: Readonly<Record<string, unknown>>,
  found: Problem[],
): Compensation[] {
  found.push(...checkPolicies(where, policies));
  if (typeof undoes === 'string') return [{ name, undoes, policies }];
  found.push(problem.invalidOption(where, '@Compensate', undoes, 'the name of the step that it undoes'));
  return [];
}

/** The sources of a step, and how it joins them where its author says so. */
function readAfter(where: string, after: unknown, found: Problem[]): Pick<ClassNode, 'sources' | 'join'> {
  if (after === undefined) return { sources: [], join: undefined };
  if (typeof after === 'string') return { sources: [after], join: undefined };
  const { join, sources } = (Array.isArray(after) ? { join: 'all', sources: after } : (after ?? {})) as {
    join?: unknown;
    sources?: unknown;
  };
  const isJoin = typeof join === 'string' && (JOINS as readonly string[]).includes(join);
  if (!isJoin || !Array.isArray(sources) || sources.length === 0) {
    const allowed = 'a step name, a list of them, or allOf, anyOf, oneOf or firstOf with at least one name';
    found.push(problem.invalidOption(where, 'after', after, allowed));
    return { sources: [], join: undefined };
  }
  const twice = sources.find((source, index) => sources.indexOf(source) !== index) as unknown;
  if (twice !== undefined) {
    const what = `${describeValue(twice)} stands twice in after (${sources.map(describeValue).join(', ')})`;
    found.push(classProblems.conflict(where, what, 'name each source once'));
  }
  return { sources: sources as string[], join: join as JoinMode };
}

function readMerge(
  where: string,
  { merge }: Readonly<Record<string, unknown>>,
  found: Problem[],
): StateMerge | undefined {
  if (merge === undefined || merge === 'last' || merge === 'append' || typeof merge === 'function') {
    return merge as StateMerge | undefined;
  }
  found.push(problem.invalidOption(where, 'merge', merge, '"last", "append", or a function (current, mine, base)'));
  return undefined;
}
