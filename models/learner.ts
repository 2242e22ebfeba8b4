/** The mutable side of training: parameters, Adam's moments, and one minibatch's arrays, around the train-step graph. */

import { Session } from '../market/onnx/session.ts';
import { beta1, beta2 } from './adam.ts';
import { type NetworkSpec, parameterCount } from './network.ts';
import { stepMetrics, type TrainStepOptions, trainStepModel } from './train-step.ts';

export type StepMetrics = Readonly<Record<(typeof stepMetrics)[number], number>>;

/** What a checkpoint keeps of the learner. */
export interface LearnerState {
  readonly theta: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
  /** Gradient steps taken. */
  readonly adamSteps: number;
}

interface Flat {
  readonly theta: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** Columns of a minibatch, one value a row. */
export interface BatchColumns {
  readonly action: Float32Array;
  readonly oldLogProb: Float32Array;
  readonly oldValue: Float32Array;
  readonly advantage: Float32Array;
  readonly return: Float32Array;
  /** Sums to one; zero in rows that do not count. */
  readonly weight: Float32Array;
}

export class Learner {
  /** Arrays to fill before `step`: observations (batch x features) and masks (batch x actions) ... */
  readonly observation: Float32Array;
  readonly mask: Float32Array;
  /** ... and the columns. */
  readonly columns: BatchColumns;
  readonly #session: Session;
  readonly #metrics = new Float32Array(stepMetrics.length);
  readonly #scalars = {
    learningRate: new Float32Array(1),
    correction1: new Float32Array(1),
    correction2: new Float32Array(1),
  };
  /** Present and next parameters; they change places at each step. */
  #now: Flat;
  #next: Flat;
  #adamSteps: number;

  private constructor(session: Session, spec: NetworkSpec, size: { batch: number; state: LearnerState }) {
    const { batch, state } = size;
    const column = (): Float32Array => new Float32Array(batch);
    this.#session = session;
    this.observation = new Float32Array(batch * spec.observationSize);
    this.mask = new Float32Array(batch * spec.actionCount).fill(1);
    this.columns = {
      action: column(),
      oldLogProb: column(),
      oldValue: column(),
      advantage: column(),
      return: column(),
      weight: column(),
    };
    const count = parameterCount(spec);
    this.#now = { theta: state.theta.slice(), m: state.m.slice(), v: state.v.slice() };
    this.#next = { theta: new Float32Array(count), m: new Float32Array(count), v: new Float32Array(count) };
    this.#adamSteps = state.adamSteps;
  }

  static async create(
    spec: NetworkSpec,
    options: TrainStepOptions,
    size: { batch: number; state: LearnerState },
  ): Promise<Learner> {
    return new Learner(await Session.load(trainStepModel(spec, size.batch, options)), spec, size);
  }

  get theta(): Float32Array {
    return this.#now.theta;
  }

  /** A copy, safe to keep. */
  state(): LearnerState {
    const { theta, m, v } = this.#now;
    return { theta: theta.slice(), m: m.slice(), v: v.slice(), adamSteps: this.#adamSteps };
  }

  /** One gradient step on the arrays as they are. The metrics are of the loss before the step. */
  async step(learningRate: number): Promise<StepMetrics> {
    const { theta, m, v } = this.#now;
    this.#adamSteps++;
    this.#scalars.learningRate[0] = learningRate;
    this.#scalars.correction1[0] = 1 - beta1 ** this.#adamSteps;
    this.#scalars.correction2[0] = 1 - beta2 ** this.#adamSteps;
    const batch = { observation: this.observation, mask: this.mask, ...this.columns };
    const { theta: nextTheta, m: nextM, v: nextV } = this.#next;
    await this.#session.run(
      { theta, m, v, ...batch, ...this.#scalars },
      { nextTheta, nextM, nextV, metrics: this.#metrics },
    );
    [this.#now, this.#next] = [this.#next, this.#now];
    return Object.fromEntries(stepMetrics.map((name, i) => [name, this.#metrics[i]])) as unknown as StepMetrics;
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** Parameters as given, moments zero, no step taken. */
export function freshState(theta: Float32Array): LearnerState {
  return { theta, m: new Float32Array(theta.length), v: new Float32Array(theta.length), adamSteps: 0 };
}
