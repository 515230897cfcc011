/**
 * Job. From a call that a model wants to the text that it is told: a tool that is unknown, gets wrong arguments, is denied,
 * throws or takes too long is an answer too, and never an error of the agent.
 *
 * Invariants.
 * T1. A tool runs only with arguments that fit its schema and that no hook objects to, and only after an approval that it
 *     needs.
 * T2. What aborts the step aborts the tool, and everything that the tool has begun; so does the end of its time.
 * T3. What a tool gave is told, remembered and shown to hooks only as the guardrails leave it.
 */
import { describeValue, isError, listNames } from '../errors/format-message.js';
import { listViolations } from '../errors/violation.js';
import { WorkflowError } from '../errors/workflow-error.js';
import type { Body } from '../execution/step.js';
import type { StepContext } from '../execution/step-context.js';
import type { ToolCall } from '../ports/language-model.js';
import { GEN_AI, GEN_AI_CONTENT, GENERAL } from '../telemetry/semantic-conventions.js';
import type { AgentRun } from './agent-run.js';
import type { ToolCallRecord } from './agent-result.js';
import { guardText } from './guard-text.js';
import { RecordedCall } from './recorded-call.js';
import { textOf } from './text-of.js';
import { tellAfterTool } from './tool-hooks.js';
import { judgeArguments, readArguments } from './tool-arguments.js';
import { passageOf } from './tool-passage.js';
import type { Tool, ToolContext } from './tool.js';

type Told = Pick<ToolCallRecord, 'outcome' | 'result'>;
type Ready = { readonly tool: Tool; readonly json: unknown; readonly input: unknown; readonly askedFor?: unknown };

/** Makes one call. Never rejects. */
export async function callTool(run: AgentRun, call: ToolCall, turn: number): Promise<ToolCallRecord> {
  const { id, name } = call;
  const { clock } = run.step;
  const recordOf = (what: string): RecordedCall => new RecordedCall(run, `${what}:${run.name}.${name}`);
  const records = { passage: recordOf('passage'), tool: recordOf('tool'), guard: recordOf('guard') };
  const about = { turn, callId: id, tool: name };
  const startedAt = clock.now();
  run.announce({ type: 'tool.called', ...about, arguments: call.arguments });
  const ready = await prepare(run, call, turn, records.passage);
  const told =
    'outcome' in ready ? ready : await guarded(run, call, await execute(run, id, ready, records.tool), records.guard);
  const endedAt = clock.now();
  if (told.outcome === 'denied') {
    run.announce({ type: 'tool.denied', ...about, reason: told.result.slice(DENIED.length) });
  } else {
    const isFailed = told.outcome === 'failed';
    const { result } = told;
    run.announce({ type: 'tool.returned', ...about, result, isError: isFailed, durationMs: endedAt - startedAt });
  }
  const given = 'outcome' in ready ? { arguments: call.arguments } : argumentsOf(ready);
  const made = { id, tool: name, turn, ...given, ...told, startedAt, endedAt };
  await tellAfterTool(run, made);
  return made;
}

const ERROR = 'ERROR: ';
const DENIED = 'DENIED: ';
const failed = (what: string): Told => ({ outcome: 'failed', result: cut(`${ERROR}${what}`) });
const denied = (reason: string): Told => ({ outcome: 'denied', result: cut(`${DENIED}${reason}`) });

/** Characters that one call may put into the conversation: every later turn reads them again. */
const LONGEST_RESULT = 50_000;
/** The first half of a surrogate pair at the end of a text: services refuse what is no well-formed Unicode. */
const HALF_A_CHARACTER = /[\uD800-\uDBFF]$/;

function cut(text: string): string {
  if (text.length <= LONGEST_RESULT) return text;
  const kept = text.slice(0, LONGEST_RESULT).replace(HALF_A_CHARACTER, '');
  return `${kept}\n[cut: ${kept.length} of ${text.length} characters]`;
}

function argumentsOf({ json, askedFor }: Ready): Pick<ToolCallRecord, 'arguments' | 'askedFor'> {
  return askedFor === undefined ? { arguments: json } : { arguments: json, askedFor };
}

/** T3. That the tool has run stays true, whatever becomes of what it gave. */
async function guarded(
  run: AgentRun,
  { id, name }: ToolCall,
  { outcome, result }: Told,
  record: RecordedCall,
): Promise<Told> {
  const found = await guardText(run, 'toolResult', result, { record, call: { tool: name, callId: id } });
  if (!found.isBlocked) return { outcome, result: found.text };
  const why = found.reason === undefined ? '' : `: ${found.reason}`;
  return {
    outcome,
    result: `WITHHELD: the tool has run, and the guardrail ${found.guardrail} holds its result back${why}`,
  };
}

/** T1. What is to run, or what the model is told instead. */
async function prepare(
  run: AgentRun,
  { id, name, arguments: text }: ToolCall,
  turn: number,
  record: RecordedCall,
): Promise<Ready | Told> {
  const tool = run.tools.get(name);
  if (tool === undefined)
    return failed(`there is no tool ${describeValue(name)} (tools: ${listNames([...run.tools.keys()])})`);
  const read = await readArguments(tool, text).catch(unreadable);
  if (!('ok' in read)) return read;
  if (!read.ok) return failed(`the arguments do not fit: ${listViolations(read.violations)}`);
  const { approval, destructive = false } = tool;
  const pending = Object.freeze({ id, tool: name, arguments: read.json, agent: run.name, destructive, approval });
  const passage = await passageOf(run, tool, pending, record);
  if (passage.kind === 'deny') return denied(passage.reason);
  const edited = passage.kind === 'edit' ? await judgeArguments(tool, passage.arguments).catch(unreadable) : read;
  if (!('ok' in edited)) return edited;
  if (!edited.ok) return failed(`the edited arguments do not fit: ${listViolations(edited.violations)}`);
  if (passage.isAsked) {
    const { kind: decision } = passage;
    run.announce({ type: 'tool.approved', turn, callId: id, tool: name, decision, arguments: edited.json });
  }
  return passage.kind === 'edit' ? { tool, ...edited, askedFor: read.json } : { tool, ...read };
}

/** A schema of one's own may throw. */
function unreadable(error: unknown): Told {
  return failed(describeThrown(error));
}

function execute(run: AgentRun, callId: string, { tool, json, input }: Ready, record: RecordedCall): Promise<Told> {
  if (run.step.signal.aborted) return Promise.resolve(failed('the run was stopped'));
  const { name } = tool.definition;
  let told: Told | undefined;
  const about = {
    operation: 'execute_tool',
    name,
    attributes: { [GEN_AI.tool]: name, [GEN_AI.toolType]: 'function', [GEN_AI.toolCallId]: callId },
    // The model is told of a failure, and nothing is thrown.
    endAttributes: () => (told?.outcome === 'failed' ? { [GENERAL.errorType]: 'TOOL_FAILED' } : {}),
    content: {
      input: () => ({ [GEN_AI_CONTENT.toolArguments]: json }),
      output: () => ({ [GEN_AI_CONTENT.toolResult]: told?.result }),
    },
  } as const;
  const idempotencyKey = keyOf(run, name, json);
  return record.make(about, json, async (step) => {
    return (told = await withinTime({ run, step }, tool, input, { callId, idempotencyKey }));
  });
}

/** T2. The tool's own context is adopted by the step: an abort reaches it, and nested runs that it has begun. */
function withinTime(
  { run, step }: { readonly run: AgentRun; readonly step: StepContext },
  { timeoutMs, run: body }: Tool,
  input: unknown,
  about: Pick<ToolContext, 'callId' | 'idempotencyKey'>,
): Promise<Told> {
  const own = step.forTool(step === run.step ? run.meter : step.meter, run.context);
  const release = run.step.adopt(own);
  return new Promise<Told>((resolve) => {
    const stopTimer = own.setTimer(timeoutMs, () => {
      resolve(failed(`it took longer than ${timeoutMs} ms, and was stopped`));
      own.cancel(new DOMException(`the tool took longer than ${timeoutMs} ms`, 'TimeoutError'));
    });
    // The step waits as long as it gives a cancellation; nobody waits for a tool that does not listen.
    own.signal.addEventListener('abort', stopTimer, { once: true });
    const end = (told: Told): void => {
      stopTimer();
      resolve(told);
    };
    const call: Body = () => body(input, toolContext(own, about));
    new Promise((settle) => settle(own.call(call, input))).then(
      (output) => end(toldOf(output)),
      (error: unknown) => end(failed(describeThrown(error))),
    );
  }).finally(release);
}

function toolContext(own: StepContext, about: Pick<ToolContext, 'callId' | 'idempotencyKey'>): ToolContext {
  const emit = (name: string, data?: unknown): void => {
    if (!own.isAborted) own.emit(name, data);
  };
  return Object.freeze({ run: own.run, signal: own.signal, ...about, emit });
}

function toldOf(output: unknown): Told {
  try {
    if (isStream(output)) return failed('it returned a stream, of which nothing would be told');
    return { outcome: 'returned', result: cut(textOf(output)) };
  } catch {
    return failed('what it returned cannot be written as JSON');
  }
}

/** What gives its values one by one is an empty object in JSON. */
function isStream(output: unknown): boolean {
  if (typeof output !== 'object' || output === null) return false;
  return Symbol.asyncIterator in output || (Symbol.iterator in output && 'next' in output);
}

/** Of an error of ours the first line: how to mend it is for people. */
function describeThrown(error: unknown): string {
  try {
    if (WorkflowError.is(error)) return error.message.split('\n', 1)[0]!;
    if (isError(error)) return error.message === '' ? error.name : error.message;
  } catch {
    // Anything can be thrown, also what throws when it is looked at.
  }
  return describeValue(error);
}

/** Counted among calls with the same arguments: in another attempt the model may ask for others. */
function keyOf({ step, name: agent }: AgentRun, tool: string, json: unknown): string {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const digest = createHash('sha256').update(JSON.stringify(json)).digest('hex').slice(0, 16);
  const call = `${agent}/${tool}/${digest}`;
  return `${step.idempotencyKey}/${call}/${step.nextOccurrence(call)}`;
}
