/**
 * Job. Leads a text through the guardrails of a boundary.
 *
 * Invariants.
 * G. It fails closed: a guardrail that throws, hangs or says something that is no verdict blocks. What is announced never
 *    has the text in it, nor a message that may quote it.
 * R. What comes before a model is asked is recorded: a step that runs again asks the model for the same.
 */
import type { GuardrailBoundary, GuardrailContext } from '../context/guardrails.js';
import { isPlain } from '../values/freeze.js';
import type { GuardrailTriggered } from '../execution/events.js';
import type { AgentRun } from './agent-run.js';
import type { RecordedCall } from './recorded-call.js';
import { checkWithin, type Checked } from '../values/bounded-check.js';

/** What goes on, or why nothing does. */
export type Guarded =
  | { readonly isBlocked: false; readonly text: string }
  | { readonly isBlocked: true; readonly guardrail: string; readonly reason: string | undefined };

/** Where a text is guarded. */
export interface GuardedPlace {
  /** By which the verdict is recorded (R). @defaultValue it is asked for each time */
  readonly record?: RecordedCall;
  /** Of a tool's result. */
  readonly call?: { readonly tool: string; readonly callId: string };
}

/** A run that was stopped meanwhile blocks: its caller looks at the signal. */
export async function guardText(
  run: AgentRun,
  boundary: GuardrailBoundary,
  given: string,
  { record, call }: GuardedPlace = {},
): Promise<Guarded> {
  const guardrails = run.guardrails?.[boundary] ?? [];
  if (guardrails.length === 0) return { isBlocked: false, text: given };
  const { signal } = run.step;
  try {
    const { guarded, triggered } = await (record === undefined
      ? judge(run, boundary, given, call)
      : record.keep(given, async () => {
          const judged = await judge(run, boundary, given, call);
          signal.throwIfAborted(); // what was said because the run is being stopped is no verdict
          return judged;
        }));
    for (const one of triggered) {
      run.announce({ type: 'guardrail.triggered', boundary, tool: call?.tool, callId: call?.callId, ...one });
    }
    return guarded;
  } catch (error) {
    if (signal.aborted) return { isBlocked: true, guardrail: guardrails[0]!.name, reason: undefined };
    throw error;
  }
}

/** What came of it: plain data. */
interface Judged {
  readonly guarded: Guarded;
  readonly triggered: readonly Triggered[];
}

type Triggered = Pick<GuardrailTriggered, 'guardrail' | 'verdict' | 'failure'>;

async function judge(
  run: AgentRun,
  boundary: GuardrailBoundary,
  given: string,
  call: GuardedPlace['call'],
): Promise<Judged> {
  const triggered: Triggered[] = [];
  let text = given;
  for (const guardrail of run.guardrails?.[boundary] ?? []) {
    const { name } = guardrail;
    const about = { run: run.context, agent: run.name, boundary, tool: call?.tool };
    const checked = await checkWithin<unknown>(run.checkBounds, (signal) =>
      guardrail.check(text, Object.freeze<GuardrailContext>({ ...about, signal })),
    );
    if (checked.kind === 'stopped')
      return { guarded: { isBlocked: true, guardrail: name, reason: undefined }, triggered };
    const { verdict, failure, ...rest } = readVerdict(checked);
    if (verdict === 'allow') continue;
    triggered.push({ guardrail: name, verdict, failure });
    if (verdict === 'block') return { guarded: { isBlocked: true, guardrail: name, reason: rest.reason }, triggered };
    text = rest.text!;
  }
  return { guarded: { isBlocked: false, text }, triggered };
}

interface ReadVerdict {
  readonly verdict: 'allow' | 'annotate' | 'block';
  readonly text?: string;
  readonly reason?: string | undefined;
  readonly failure?: 'error' | 'timeout' | 'no verdict';
}

const KEYS = { allow: ['verdict'], annotate: ['verdict', 'text'], block: ['verdict', 'reason'] } as const;

/** Invariant G. */
function readVerdict(checked: Checked<unknown>): ReadVerdict {
  if (checked.kind !== 'answered')
    return { verdict: 'block', failure: checked.kind === 'too late' ? 'timeout' : 'error' };
  try {
    return verdictOf(checked.answer) ?? { verdict: 'block', failure: 'no verdict' };
  } catch {
    return { verdict: 'block', failure: 'no verdict' }; // an answer that throws when it is looked at
  }
}

function verdictOf(answer: unknown): ReadVerdict | undefined {
  if (answer === true) return { verdict: 'allow' };
  if (!isPlain(answer) || Array.isArray(answer)) return undefined;
  // Read once, and own properties only.
  const said = new Map<string, unknown>(Object.entries(answer));
  const [verdict, text, reason] = [said.get('verdict'), said.get('text'), said.get('reason')];
  if (verdict !== 'allow' && verdict !== 'annotate' && verdict !== 'block') return undefined;
  if ([...said.keys()].some((key) => !(KEYS[verdict] as readonly string[]).includes(key))) return undefined;
  if (verdict === 'annotate') return typeof text === 'string' ? { verdict, text } : undefined;
  if (reason !== undefined && typeof reason !== 'string') return undefined;
  return { verdict, reason };
}
