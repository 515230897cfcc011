/**
 * Job. Leads a text through the guardrails of a boundary.
 *
 * Invariant G. It fails closed: a guardrail that throws, hangs or says something that is no verdict blocks. What is
 * announced never has the text in it, nor a message that may quote it.
 */
import type { GuardrailBoundary, GuardrailContext } from '../context/guardrails.js';
import { isPlain } from '../values/freeze.js';
import type { AgentRun } from './agent-run.js';
import { checkWithin, type Checked } from '../values/bounded-check.js';

/** What goes on, or why nothing does. */
export type Guarded =
  | { readonly isBlocked: false; readonly text: string }
  | { readonly isBlocked: true; readonly guardrail: string; readonly reason: string | undefined };

/** Never rejects. A run that was stopped meanwhile blocks: its caller looks at the signal. */
export async function guardText(
  run: AgentRun,
  boundary: GuardrailBoundary,
  given: string,
  call?: { readonly tool: string; readonly callId: string },
): Promise<Guarded> {
  let text = given;
  for (const guardrail of run.guardrails?.[boundary] ?? []) {
    const { name } = guardrail;
    const about = { run: run.context, agent: run.name, boundary, tool: call?.tool };
    const checked = await checkWithin<unknown>(run.checkBounds, (signal) =>
      guardrail.check(text, Object.freeze<GuardrailContext>({ ...about, signal })),
    );
    if (checked.kind === 'stopped') return { isBlocked: true, guardrail: name, reason: undefined };
    const { verdict, failure, ...rest } = readVerdict(checked);
    if (verdict === 'allow') continue;
    const place = { boundary, tool: call?.tool, callId: call?.callId };
    run.announce({ type: 'guardrail.triggered', guardrail: name, ...place, verdict, failure });
    if (verdict === 'block') return { isBlocked: true, guardrail: name, reason: rest.reason };
    text = rest.text!;
  }
  return { isBlocked: false, text };
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
