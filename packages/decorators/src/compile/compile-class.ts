/**
 * Job. From a class to what runs: its metadata becomes the graph and the bodies that the builder makes as well.
 *
 * Boundary. No instance is made and no user code called. What is compiled belongs to the class and is shared by all its
 * runs; on which object a step is called is the run's (`instance/`).
 *
 * Invariants.
 * K1. All mistakes of a class come in one error, each of them once.
 * K2. A class is compiled once. What was written on it by then counts; decorators do not run later.
 */
import {
  DefinitionError,
  type GraphDefinition,
  type Problem,
  type RunnableStep,
  type Schema,
  type WorkflowOptions,
} from '@drawloom/core';
import {
  assembleProgram,
  bodyOf,
  checkWorkflowOptions,
  compileGraph,
  isName,
  nodeBody,
  NodeOrder,
  validated,
  type Body,
  type Plan,
  type Program,
} from '@drawloom/core/front-end';
import type { Configuration } from '../decorators/configure.js';
import { classProblems, NAMELESS } from '../errors/class-problems.js';
import { inTransaction, StateLayout } from '../state/run-state.js';
import { readMetadata } from '../metadata/class-metadata.js';
import { isSchemaSource, schemaOf } from '../schema/input-schema.js';
import { classGraph, furtherProblems } from './class-graph.js';
import { readMembers, type ClassNode, type ReadMembers } from './read-members.js';
import { waitNodeOf } from './wait-node-of.js';

/** A class, compiled. */
export interface ClassProgram {
  readonly program: Program;
  /** Names of its steps, routers and maps. */
  readonly nodes: readonly string[];
  /** Nodes that are properties: what they hold is looked at when an instance is made. */
  readonly properties: readonly string[];
  /** Methods that other steps call. */
  readonly inline: readonly string[];
  /** `undefined` where there is none. */
  readonly state: StateLayout | undefined;
}

/** A class of workflows. */
export type WorkflowClass = abstract new (...args: never[]) => object;

/** What was read off a class, with everything that is wrong with it. */
interface ClassReading {
  readonly options: WorkflowOptions;
  readonly members: ReadMembers;
  readonly definition: GraphDefinition;
  readonly schemas: ReadonlyMap<string, Schema>;
  /** Of what comes with signals. */
  readonly payloads: ReadonlyMap<string, Schema>;
  readonly problems: readonly Problem[];
  /** `undefined` where the graph has mistakes. */
  readonly plan: Plan | undefined;
}

/** An undoing that fails leaves something half done, so it is tried again by default. */
const TRY_AGAIN = Object.freeze({ retry: Object.freeze({ maximumAttempts: 3 }) });

const readings = new WeakMap<WorkflowClass, ClassReading>();
const compiled = new WeakMap<WorkflowClass, ClassProgram>();

/**
 * @param reserved tells the names that every workflow has for itself.
 * @throws {@link DefinitionError} with every mistake of the class at once.
 */
export function compileClass(type: WorkflowClass, reserved: (name: string) => boolean): ClassProgram {
  const known = compiled.get(type);
  if (known !== undefined) return known;
  const made = compile(readOnce(type, reserved));
  compiled.set(type, made);
  return made;
}

/** The graph of a class with its mistakes, if it has any: whoever mends them wants to see it. */
export function drawnGraph(type: WorkflowClass, reserved: (name: string) => boolean): GraphDefinition {
  return readOnce(type, reserved).definition;
}

/** What a class is called: by its own `@Configure`, else by its own name. */
export function workflowName(type: WorkflowClass): string {
  return readings.get(type)?.definition.name ?? readConfiguration(type, []).name;
}

function readOnce(type: WorkflowClass, reserved: (name: string) => boolean): ClassReading {
  const known = readings.get(type);
  if (known !== undefined) return known;
  const reading = read(type, reserved);
  readings.set(type, reading);
  return reading;
}

function read(type: WorkflowClass, reserved: (name: string) => boolean): ClassReading {
  const problems: Problem[] = [];
  const { name: workflow, ...options } = readConfiguration(type, problems);
  const members = readMembers(workflow, readMetadata(type).members, reserved);
  problems.push(...members.problems);
  if (members.state.length > 0 && options.ambient === false) problems.push(classProblems.noState(workflow));

  const names = { workflow, version: options.version, members: plainMethods(type, reserved), reserved };
  const graph = classGraph(members, names);
  problems.push(...graph.problems);
  let plan: Plan | undefined;
  problems.push(...furtherProblems(graph, () => (plan = compileGraph(graph.definition))));
  const schemas = readSchemas(workflow, members.nodes, 'input', problems);
  const payloads = readSchemas(workflow, members.nodes, 'payload', problems);
  return { options, members, definition: graph.definition, schemas, payloads, problems, plan };
}

function compile({ options, members, schemas, payloads, problems, plan }: ClassReading): ClassProgram {
  DefinitionError.throwIfAny(problems);
  const { nodes, inline } = members;
  const state =
    members.state.length > 0 ? new StateLayout(plan!.definition.name, members.state, new NodeOrder(plan!)) : undefined;
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const makeBody = (node: string): Body =>
    makeNodeBody(byName.get(node)!, schemas.get(node), state !== undefined, options.freeze);
  const undoing = new Map(members.compensations.map((compensation) => [compensation.undoes, compensation]));
  const program = assembleProgram({
    plan: plan!,
    options,
    bodyOf: makeBody,
    schemaOf: (node) => schemas.get(node),
    waitingOf: (node) => waitNodeOf(byName.get(node)!, payloads.get(node))?.waiting,
    compensationOf: (node) => {
      const undo = undoing.get(node);
      if (undo === undefined) return undefined;
      const body = memberBody({ name: undo.name, on: 'method' }, state !== undefined);
      return nodeBody(body, { policies: { ...TRY_AGAIN, ...undo.policies }, freeze: options.freeze });
    },
  });
  const properties = nodes.filter(({ on }) => on === 'property').map((node) => node.name);
  return Object.freeze({ program, nodes: nodes.map((node) => node.name), properties, inline, state });
}

/** What `@Configure` says on the class and its parents; name and version of a parent are the parent's own. */
function readConfiguration(type: WorkflowClass, found: Problem[]): WorkflowOptions & { readonly name: string } {
  const { configurations } = readMetadata(type);
  const own = configurations.filter((configuration) => configuration.type === type);
  const ownName = isName(type.name) ? type.name : NAMELESS;
  let configured: unknown;
  let merged: WorkflowOptions = {};
  if (own.length > 1) found.push(classProblems.configuredTwice(ownName));
  for (const { type: level, options } of configurations) {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      found.push(classProblems.notOptions(ownName, 'Configure', options));
      continue;
    }
    const { name, version, ...rest } = options as Configuration;
    merged = { ...merged, ...rest, ...(level === type ? { version } : {}) };
    if (level === type) configured = name;
  }
  if (configured !== undefined && !isName(configured))
    found.push(classProblems.invalidConfiguredName(ownName, configured));
  const name = isName(configured) ? configured : ownName;
  if (configured === undefined && ownName === NAMELESS) found.push(classProblems.noName(type.name));
  found.push(...checkWorkflowOptions(name, merged, ['name']));
  return { ...merged, name };
}

/** Methods without a decorator: what an unknown name may have meant. */
function plainMethods(type: WorkflowClass, reserved: (name: string) => boolean): string[] {
  const names = new Set<string>();
  for (
    let level = type.prototype as object | null | undefined; // none where `constructor` is no class
    level != null;
    level = Object.getPrototypeOf(level) as object | null
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (typeof value === 'function' && !reserved(name)) names.add(name);
    }
  }
  return [...names];
}

function readSchemas(
  workflow: string,
  nodes: readonly ClassNode[],
  option: 'input' | 'payload',
  found: Problem[],
): Map<string, Schema> {
  const schemas = new Map<string, Schema>();
  for (const { name, options } of nodes) {
    const source = options[option];
    if (!isSchemaSource(source)) continue; // none, or reported already
    const { schema, problem: unfit } = schemaOf(source, `${workflow}.${name}`);
    if (schema === undefined) found.push(unfit);
    else schemas.set(name, schema);
  }
  return schemas;
}

/** What the engine calls for a node: the member of the run's own instance. */
function makeNodeBody(
  node: ClassNode,
  schema: Schema | undefined,
  hasState: boolean,
  freeze: boolean | undefined,
): Body {
  const { kind, options } = node;
  const member = memberBody(node, hasState);
  const body = kind === 'delay' ? thenGive(member, options.for ?? options.until) : member;
  if (kind === 'router') return schema === undefined ? body : validated(body, schema);
  return nodeBody(body, { policies: options, map: kind === 'map' ? options : undefined, schema, freeze });
}

/** The method is called when the delay begins; how long it takes has been said, or a function says it. */
function thenGive(body: Body, length: unknown): Body {
  return async (input, context) => {
    await body(input, context);
    return typeof length === 'function' ? (length as Body)(input, context) : length;
  };
}

function memberBody({ name, on }: Pick<ClassNode, 'name' | 'on'>, hasState: boolean): Body {
  const call: Body = (input, context) => {
    const instance = context.instance as Record<string, Body | RunnableStep>;
    const member = instance[name]!; // a subclass may have made a property of a method, and the other way round
    const body = on === 'method' && typeof member === 'function' ? member : bodyOf(member as RunnableStep);
    return body.call(instance, input as never, context);
  };
  return hasState ? inTransaction(call) : call;
}
