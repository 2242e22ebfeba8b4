/**
 * Bertsimas and Lo (1998, "Optimal control of execution costs"): linear permanent impact and a signal that is seen,
 * P_t = P_(t-1) + theta S_t + gamma I_t + noise, I_t = rho I_(t-1) + noise; least expected money for the quantity.
 */
export interface BertsimasLo {
  /** theta: money a unit, for every unit. */
  readonly impact: number;
  /** gamma. */
  readonly sensitivity: number;
  /** rho. */
  readonly persistence: number;
  readonly noiseStdev: number;
}

export interface BertsimasLoOrder {
  readonly trades: number;
  readonly quantity: number;
  readonly startPrice: number;
  /** The signal before the first trade. */
  readonly information: number;
}

/** Value with some trades left: price * quantity + a quantity^2 + b information * quantity + c information^2 + d. */
interface Value {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** Trades as they come when the signal has no further noise, and the expected money paid. */
export function bertsimasLoPlan(
  model: BertsimasLo,
  order: BertsimasLoOrder,
): { trades: number[]; expectedCost: number } {
  const { impact: theta, sensitivity, persistence, noiseStdev } = model;
  const values: Value[] = [{ a: theta, b: sensitivity, c: 0, d: 0 }];
  for (let left = 2; left <= order.trades; left++) {
    const { a, b, c, d } = values[left - 2];
    values.push({
      a: theta - theta ** 2 / (4 * a),
      b: sensitivity + (theta * b * persistence) / (2 * a),
      c: c * persistence ** 2 - (b * persistence) ** 2 / (4 * a),
      d: d + c * noiseStdev ** 2,
    });
  }
  const whole = values[order.trades - 1];
  const { quantity, information, startPrice } = order;
  const expectedCost =
    startPrice * quantity +
    whole.a * quantity ** 2 +
    whole.b * information * quantity +
    whole.c * information ** 2 +
    whole.d;
  return { trades: tradesOf(model, order, values), expectedCost };
}

function tradesOf(
  { impact: theta, persistence }: BertsimasLo,
  order: BertsimasLoOrder,
  values: readonly Value[],
): number[] {
  let [remaining, signal] = [order.quantity, order.information];
  return Array.from({ length: order.trades }, (_, t) => {
    const left = order.trades - t;
    let trade = remaining;
    if (left > 1) {
      const { a, b } = values[left - 2];
      trade = remaining * (1 - theta / (2 * a)) + (b * persistence * signal) / (2 * a);
    }
    remaining -= trade;
    signal *= persistence;
    return trade;
  });
}
