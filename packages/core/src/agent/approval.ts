/**
 * Job. Asks whether a tool may run, and takes nothing for a yes but a yes.
 *
 * Invariant A. Only `true`, or a decision object with nothing in it but what such an object has, lets a tool run. Anything
 * else that is returned, an error, and a time-out deny.
 */
import type { RunContext } from '../context/run-context.js';
import { describeValue } from '../errors/format-message.js';
import { isPlain } from '../values/freeze.js';
import type { Clock } from '../values/clock.js';
import { checkWithin } from '../values/bounded-check.js';

/** A call that waits to be approved. */
export interface PendingToolCall {
  readonly id: string;
  readonly tool: string;
  /** As the tool will get them, before its schema makes anything else of them; frozen. */
  readonly arguments: unknown;
  readonly agent: string;
  /** What the tool says of itself; see `tool()`. */
  readonly destructive: boolean;
  readonly approval: boolean | undefined;
}

/** What an `approve` is handed beside the call. */
export interface ApprovalContext {
  readonly run: RunContext;
  /** Aborted when the step is cancelled, and when the time for the decision is over. */
  readonly signal: AbortSignal;
}

/** What an `approve` may answer beside `true`. */
export type ToolDecision =
  | {
      readonly decision: 'allow';
      /** Do not ask again for this tool in this run of the agent. */
      readonly remember?: boolean | undefined;
    }
  | {
      readonly decision: 'deny';
      /** The model is told. */
      readonly reason?: string | undefined;
      readonly remember?: boolean | undefined;
    }
  | {
      readonly decision: 'edit';
      /** What the tool gets instead. They have to fit its schema. */
      readonly arguments: unknown;
    };

/** Decides whether a tool may run. */
export type ApproveToolCall = (call: PendingToolCall, context: ApprovalContext) => unknown;

/** By which a policy is known; the same in every installed copy of the package. */
const POLICY = Symbol.for('drawloom.policy');

/** Has an `approve` judge every call, also of tools that need no approval. */
export function asPolicy(approve: ApproveToolCall): ApproveToolCall {
  return Object.freeze(Object.defineProperty(approve, POLICY, { value: true }));
}

/** What came of asking. */
export type Verdict =
  | { readonly kind: 'allow' }
  | { readonly kind: 'edit'; readonly arguments: unknown }
  | { readonly kind: 'deny'; readonly reason: string };

const WHY = {
  failed: 'asking for approval failed',
  'too late': 'nobody decided in time',
  stopped: 'the run was stopped',
} as const;

const KEYS = {
  allow: ['decision', 'remember'],
  deny: ['decision', 'reason', 'remember'],
  edit: ['decision', 'arguments'],
} as const;

/** The approvals of one run of an agent. */
export class ToolApprovals {
  readonly #approve: ApproveToolCall | undefined;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  /** Tool → what was said to hold for all its calls. */
  readonly #remembered = new Map<string, Verdict>();
  /** Tool → the question that is open: the next one for the same tool waits for it, since it may be answered by it. */
  readonly #open = new Map<string, Promise<unknown>>();

  constructor(approve: ApproveToolCall | undefined, timeoutMs: number, clock: Clock) {
    this.#approve = approve;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  /** Whether a tool has to be asked for. `approval` is what the tool says. */
  concerns(approval: boolean | undefined): boolean {
    if (this.#approve !== undefined && POLICY in this.#approve) return true;
    return approval ?? this.#approve !== undefined;
  }

  /** Never rejects. What is to hold for all calls of the tool holds from now on. */
  async ask(call: PendingToolCall, run: RunContext, signal: AbortSignal): Promise<Decision> {
    const before = this.#open.get(call.tool);
    const asking = Promise.resolve(before).then((): Decision | Promise<Decision> => {
      const verdict = this.#remembered.get(call.tool);
      return verdict === undefined ? this.#decide(call, run, signal) : { verdict, remember: false };
    });
    this.#open.set(call.tool, asking);
    return asking;
  }

  /** From now on this holds for all calls of the tool. */
  remember(tool: string, verdict: Verdict): void {
    this.#remembered.set(tool, verdict);
  }

  async #decide(call: PendingToolCall, run: RunContext, around: AbortSignal): Promise<Decision> {
    const approve = this.#approve;
    if (approve === undefined) return refusal('it needs approval, and nobody can give it');
    if (around.aborted) return refusal(WHY.stopped);
    const bounds = { clock: this.#clock, timeoutMs: this.#timeoutMs, signal: around };
    const checked = await checkWithin(bounds, async (signal) => decisionOf(await approve(call, { run, signal })));
    if (checked.kind !== 'answered') return refusal(WHY[checked.kind]);
    const { verdict, remember } = checked.answer;
    if (remember) this.remember(call.tool, verdict); // here, where what is said too late never comes
    return checked.answer;
  }
}

/** What came of asking, and whether it is to hold for all calls of the tool. */
interface Decision {
  readonly verdict: Verdict;
  readonly remember: boolean;
}

function refusal(reason: string): Decision {
  return { verdict: denied(reason), remember: false };
}

function decisionOf(answer: unknown): Decision {
  if (answer === true) return { verdict: { kind: 'allow' }, remember: false };
  const reason = answer === false ? 'it was not approved' : 'the answer is no decision';
  return readDecision(answer) ?? refusal(reason);
}

/** Invariant A. `undefined` for what is no decision. */
function readDecision(answer: unknown): Decision | undefined {
  if (!isPlain(answer) || Array.isArray(answer)) return undefined;
  // Read once, and own properties only: what is inherited was not decided by anybody.
  const said = new Map<string, unknown>(Object.entries(answer));
  const kind = said.get('decision');
  if (kind !== 'allow' && kind !== 'deny' && kind !== 'edit') return undefined;
  if ([...said.keys()].some((key) => !(KEYS[kind] as readonly string[]).includes(key))) return undefined;
  const [remember, reason] = [said.get('remember'), said.get('reason')];
  if (remember !== undefined && typeof remember !== 'boolean') return undefined;
  if (reason !== undefined && typeof reason !== 'string') return undefined;
  if (kind === 'edit' && !said.has('arguments')) return undefined;
  const verdict: Verdict =
    kind === 'edit'
      ? { kind, arguments: said.get('arguments') }
      : kind === 'allow'
        ? { kind }
        : denied(reason ?? 'it was not approved');
  return { verdict, remember: remember === true };
}

function denied(reason: string): Verdict {
  return { kind: 'deny', reason };
}

/** What a configuration may say, for messages. */
export const APPROVE_FORMS = `a function (call, context) that answers true or { decision: ${describeValue('allow')} }`;
