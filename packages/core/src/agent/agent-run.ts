import { AccompaniedContext } from '../context/accompanied-context.js';
import type { Guardrails } from '../context/guardrails.js';
import type { EventBody } from '../execution/events.js';
import { announceExceeded } from '../execution/exceeded-budget.js';
import type { RunContext } from '../context/run-context.js';
import type { Surroundings } from '../context/surroundings.js';
import type { StepContext } from '../execution/step-context.js';
import { listening } from '../execution/spans.js';
import { UsageMeter } from '../execution/usage-meter.js';
import type { LanguageModel } from '../ports/language-model.js';
import type { Telemetry } from '../ports/telemetry.js';
import { ToolApprovals } from './approval.js';
import type { CheckBounds } from '../values/bounded-check.js';
import type { AgentSettings } from './agent-options.js';
import type { Tool } from './tool.js';

/** What an agent says of itself; its place is added. */
export type AgentEvent = EventBody extends infer E
  ? E extends { readonly agent: string }
    ? Omit<E, 'agent' | 'node' | 'visit'>
    : never
  : never;

/** One run of an agent: what its parts share. */
export class AgentRun {
  readonly settings: AgentSettings;
  readonly step: StepContext;
  readonly model: LanguageModel;
  readonly meter: UsageMeter;
  readonly approvals: ToolApprovals;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly startedAt: number;
  /** Which run of an agent in its step this is, from 1; the same in another attempt. */
  readonly occurrence: number;
  #context: RunContext | undefined;
  /** `undefined` where nobody wants spans. */
  readonly telemetry: Telemetry | undefined;

  /**
   * @param surroundings what accompanies the agent: agents and workflows that are its tools inherit it.
   */
  constructor(
    settings: AgentSettings,
    model: LanguageModel,
    step: StepContext,
    readonly surroundings: Surroundings,
  ) {
    const { name, budget, approve, approvalTimeoutMs, tools } = settings;
    const { clock } = step;
    this.settings = settings;
    this.step = step;
    this.model = model;
    const { telemetry } = surroundings;
    this.telemetry = telemetry === step.surroundings.telemetry ? step.telemetry : listening(telemetry);
    this.startedAt = clock.now();
    this.occurrence = step.nextOccurrence('agent:');
    this.meter = new UsageMeter({
      where: name,
      budget,
      clock,
      startedAt: this.startedAt,
      outer: step.meter,
      onExceeded: (use) => announceExceeded(step.owner, this.telemetry, { agent: name, ...use }),
      onWarning: (warning) => {
        if (this.isObserved) step.announce({ type: 'budget.warning', agent: name, allowance: undefined, ...warning });
      },
    });
    this.approvals = new ToolApprovals(approve, approvalTimeoutMs, clock);
    this.tools = new Map(tools.map((tool) => [tool.definition.name, tool]));
  }

  get name(): string {
    return this.settings.name;
  }

  /** The run, with what accompanies the agent: for its tools, and for whoever looks at what it does. */
  get context(): RunContext {
    return (this.#context ??= new AccompaniedContext(this.step.run, this.surroundings));
  }

  /** The agent's own, then those around it. */
  get guardrails(): Guardrails | undefined {
    return this.surroundings.guardrails;
  }

  /** What bounds hooks and guardrails. */
  get checkBounds(): CheckBounds {
    const { clock, signal } = this.step;
    return { clock, timeoutMs: this.settings.checkTimeoutMs, signal };
  }

  get isObserved(): boolean {
    return this.step.owner.isObserved;
  }

  /** Costs nothing where nobody follows the run. */
  announce(event: AgentEvent): void {
    if (this.isObserved) this.step.announce({ ...event, ...this.step.position, agent: this.name } as EventBody);
  }
}
