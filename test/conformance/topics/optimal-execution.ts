import {
  type AlmgrenChriss,
  almgrenChrissKappa,
  almgrenChrissPlan,
  evenPlan,
  immediatePlan,
} from '../../../market/closed-form/almgren-chriss.ts';
import { type BertsimasLo, bertsimasLoPlan } from '../../../market/closed-form/bertsimas-lo.ts';
import { limitOrderDepths } from '../../../market/closed-form/limit-order-liquidation.ts';
import { litPlusDark } from '../../../market/closed-form/lit-plus-dark.ts';
import { avellanedaStoikov, type MarketMaker, marketMakerDepths } from '../../../market/closed-form/market-maker.ts';
import { obizhaevaWang } from '../../../market/closed-form/obizhaeva-wang.ts';
import { type Kernel, kernelSpectrum, propagatorPlan } from '../../../market/closed-form/propagator.ts';
import { splitAcrossVenues } from '../../../market/closed-form/venue-split.ts';
import { notImplemented, type Problems } from '../handler.ts';

interface GivenAlmgrenChriss {
  readonly schedule: 'optimal' | 'twap' | 'immediate';
  readonly quantityShares: number;
  readonly horizonDays: number;
  readonly periods: number;
  readonly volatilityUsdPerSqrtDay: number;
  readonly halfSpreadUsd: number;
  readonly permanentImpactUsdPerShare: number;
  readonly temporaryImpactUsdDayPerShare: number;
  readonly riskAversionPerUsd: number;
}
const almgrenChriss = (given: GivenAlmgrenChriss): AlmgrenChriss => ({
  quantity: given.quantityShares,
  horizon: given.horizonDays,
  periods: given.periods,
  volatility: given.volatilityUsdPerSqrtDay,
  halfSpread: given.halfSpreadUsd,
  permanentImpact: given.permanentImpactUsdPerShare,
  temporaryImpact: given.temporaryImpactUsdDayPerShare,
  riskAversion: given.riskAversionPerUsd,
});
const kappaOf = (given: GivenAlmgrenChriss) => {
  const { kappa, kappaTilde } = almgrenChrissKappa(almgrenChriss(given));
  return { kappaPerDay: kappa, kappaTildePerDay: kappaTilde };
};
const plans = { optimal: almgrenChrissPlan, twap: evenPlan, immediate: immediatePlan };

interface GivenKernel {
  readonly name: string;
  readonly scaleUsdPerShare: number;
  readonly decayPerHour: number;
  readonly offsetHours: number;
  readonly exponent: number;
  readonly widthHours: number;
}
function kernelOf(given: GivenKernel): Kernel | undefined {
  const scale = given.scaleUsdPerShare;
  if (given.name === 'exponential') return (t) => scale * Math.exp(-given.decayPerHour * t);
  if (given.name === 'power') return (t) => scale * (1 + t / given.offsetHours) ** -given.exponent;
  if (given.name === 'gaussian') return (t) => scale * Math.exp(-((t / given.widthHours) ** 2));
  return undefined;
}

export const problems = {
  'almgren-chriss': (given: GivenAlmgrenChriss) => {
    const plan = plans[given.schedule](almgrenChriss(given));
    return {
      ...kappaOf(given),
      holdingsShares: plan.holdings,
      tradesShares: plan.trades,
      firstTradesShares: plan.trades.slice(0, 5),
      halfwayHoldingShares: plan.holdings[given.periods / 2],
      lastTradeShares: plan.trades.at(-1),
      expectedCostUsd: plan.expectedCost,
      costStdevUsd: plan.costStdev,
      utilityUsd: plan.utility,
    };
  },

  'almgren-chriss-kappa': kappaOf,

  'obizhaeva-wang': (given: {
    quantityShares: number;
    horizonHours: number;
    resiliencePerHour: number;
    impactUsdPerShare: number;
  }) => {
    const plan = obizhaevaWang({
      quantity: given.quantityShares,
      horizon: given.horizonHours,
      resilience: given.resiliencePerHour,
      impact: given.impactUsdPerShare,
    });
    return {
      initialBlockShares: plan.block,
      finalBlockShares: plan.block,
      rateSharesPerHour: plan.rate,
      optimalCostUsd: plan.cost,
      evenRateCostUsd: plan.evenCost,
      savingFraction: plan.saving,
    };
  },

  propagator: (given: { kernel: GivenKernel; quantityShares: number; horizonHours: number; trades: number }) => {
    const kernel = kernelOf(given.kernel);
    if (!kernel) return notImplemented;
    const order = { quantity: given.quantityShares, horizon: given.horizonHours, trades: given.trades };
    const plan = propagatorPlan(kernel, order);
    return {
      tradesShares: plan.trades,
      firstTradeShares: plan.trades[0],
      secondTradeShares: plan.trades[1],
      middleTradeShares: plan.trades[(given.trades - 1) / 2],
      lastTradeShares: plan.trades.at(-1),
      optimalCostUsd: plan.cost,
      evenCostUsd: plan.evenCost,
      savingFraction: plan.saving,
      hasOppositeSideTrades: plan.tradesBothWays,
    };
  },

  'kernel-positive-definite': ({ kernelAtLagsUsdPerShare }: { kernelAtLagsUsdPerShare: number[] }) =>
    kernelSpectrum(kernelAtLagsUsdPerShare),

  'lit-plus-dark': (given: {
    darkFillIntensityPerHour: number;
    litCostUsdHourPerShare2: number;
    riskUsdPerShare2Hour: number;
    horizonHours: number;
    quantityShares: number;
    elapsedHours: number;
  }) => {
    const model = {
      darkIntensity: given.darkFillIntensityPerHour,
      litCost: given.litCostUsdHourPerShare2,
      risk: given.riskUsdPerShare2Hour,
      horizon: given.horizonHours,
      quantity: given.quantityShares,
    };
    const start = litPlusDark(model, 0);
    return {
      valueCoefficientUsdPerShare2: start.coefficient,
      costUsd: start.cost,
      litRateSharesPerHour: start.litRate,
      darkOrderShares: start.darkOrder,
      remainingIfNoDarkFillShares: litPlusDark(model, given.elapsedHours).remaining,
      savingFraction: start.saving,
    };
  },

  'limit-order-liquidation': (given: {
    fillIntensityPerMinute: number;
    fillDecayPerUsd: number;
    terminalPenaltyUsdPerUnit2: number;
    horizonMinutes: number;
    elapsedMinutes: number;
    largestInventory: number;
  }) => ({
    depthsUsd: limitOrderDepths({
      fillIntensity: given.fillIntensityPerMinute,
      fillDecay: given.fillDecayPerUsd,
      terminalPenalty: given.terminalPenaltyUsdPerUnit2,
      timeLeft: given.horizonMinutes - given.elapsedMinutes,
      largestInventory: given.largestInventory,
    }),
  }),

  'bertsimas-lo': (given: {
    permanentImpactUsdPerShare: number;
    informationSensitivityUsd: number;
    informationPersistence: number;
    informationNoiseStdev: number;
    trades: number;
    quantityShares: number;
    startPriceUsd: number;
    firstInformation: number;
  }) => {
    const model: BertsimasLo = {
      impact: given.permanentImpactUsdPerShare,
      sensitivity: given.informationSensitivityUsd,
      persistence: given.informationPersistence,
      noiseStdev: given.informationNoiseStdev,
    };
    const plan = bertsimasLoPlan(model, {
      trades: given.trades,
      quantity: given.quantityShares,
      startPrice: given.startPriceUsd,
      information: given.firstInformation,
    });
    return {
      firstTradeShares: plan.trades[0],
      tradesIfNoFurtherNoiseShares: plan.trades,
      expectedCostUsd: plan.expectedCost,
    };
  },

  'venue-split': (given: {
    side: string;
    quantityBtc: string;
    venues: { name: string; feeBps: string; asksUsdBtc?: [string, string][]; bidsUsdBtc?: [string, string][] }[];
  }) => {
    const side = given.side === 'buy' ? 1 : -1;
    const venues = given.venues.map((venue) => ({
      name: venue.name,
      feeBps: Number(venue.feeBps),
      levels: ((side > 0 ? venue.asksUsdBtc : venue.bidsUsdBtc) ?? []).map(([price, quantity]) => ({
        price: Number(price),
        quantity: Number(quantity),
      })),
    }));
    const split = splitAcrossVenues(venues, side, Number(given.quantityBtc));
    return {
      allocatedBtc: split.allocated,
      totalCostUsd: split.cash,
      unfilledBtc: split.unfilled,
      marginalAllInPriceUsd: split.marginalPrice,
    };
  },

  'avellaneda-stoikov': (given: {
    midUsd: number;
    inventoryUnits: number;
    riskAversionPerUsd: number;
    volatilityUsdPerSqrtDay: number;
    remainingDays: number;
    fillDecayPerUsd: number;
  }) => {
    const quote = avellanedaStoikov({
      mid: given.midUsd,
      inventory: given.inventoryUnits,
      riskAversion: given.riskAversionPerUsd,
      volatility: given.volatilityUsdPerSqrtDay,
      timeLeft: given.remainingDays,
      fillDecay: given.fillDecayPerUsd,
    });
    return { reservationUsd: quote.reservation, spreadUsd: quote.spread, bidUsd: quote.bid, askUsd: quote.ask };
  },

  'market-maker': (given: {
    fillIntensityPerSecond: number;
    fillDecayPerUsd: number;
    runningPenaltyUsdPerUnit2Second: number;
    terminalPenaltyUsdPerUnit2: number;
    remainingSeconds: number;
    inventoryBound: number;
  }) => {
    const model: MarketMaker = {
      fillIntensity: given.fillIntensityPerSecond,
      fillDecay: given.fillDecayPerUsd,
      runningPenalty: given.runningPenaltyUsdPerUnit2Second,
      terminalPenalty: given.terminalPenaltyUsdPerUnit2,
      timeLeft: given.remainingSeconds,
      inventoryBound: given.inventoryBound,
    };
    const { asks, bids } = marketMakerDepths(model);
    return { askDepthsUsd: asks, bidDepthsUsd: bids };
  },
} satisfies Problems;
