import {
  almgren2005Bps,
  averagePrice,
  type CoinLeg,
  coinPackageCost,
  delayPercent,
  type InverseHedge,
  implementationShortfall,
  marketAdjusted,
  markoutsBps,
  type PricedQuantity,
  type ShortfallInput,
  type Side,
  slippageBps,
  spreads,
  squareRootImpactBps,
  walkBook,
} from '../../../market/cost.ts';
import type { Problems } from '../handler.ts';

type SideName = 'buy' | 'sell';
const sideOf = (side: SideName): Side => (side === 'buy' ? 1 : -1);

interface GivenFill {
  readonly quantityUnits: number;
  readonly priceUsd: number;
}
const priced = (fills: readonly GivenFill[]): PricedQuantity[] =>
  fills.map(({ quantityUnits, priceUsd }) => ({ quantity: quantityUnits, price: priceUsd }));

interface GivenQuote {
  readonly side: SideName;
  readonly bidUsd: number;
  readonly askUsd: number;
  readonly fillUsd: number;
}
const spreadsOf = (given: GivenQuote, midLater: number) =>
  spreads({ side: sideOf(given.side), bid: given.bidUsd, ask: given.askUsd, fill: given.fillUsd, midLater });

interface GivenLeg {
  readonly side: SideName;
  readonly contracts: number;
  readonly arrivalMarkCoin: string;
  readonly fillCoin: string;
  readonly feeCoin: string;
}
const legOf = (leg: GivenLeg): CoinLeg => ({
  side: sideOf(leg.side),
  contracts: leg.contracts,
  arrival: Number(leg.arrivalMarkCoin),
  fill: Number(leg.fillCoin),
  fee: Number(leg.feeCoin),
});

interface GivenHedge {
  readonly side: SideName;
  readonly notionalUsd: number;
  readonly arrivalUsd: number;
  readonly fillUsd: number;
  readonly feeCoin: string;
}
const hedgeOf = (hedge: GivenHedge): InverseHedge => ({
  side: sideOf(hedge.side),
  notionalUsd: hedge.notionalUsd,
  arrival: hedge.arrivalUsd,
  fill: hedge.fillUsd,
  fee: Number(hedge.feeCoin),
});

export const problems = {
  'implementation-shortfall': (given: {
    convention: ShortfallInput['convention'];
    side: SideName;
    orderedQuantityUnits: number;
    decisionPriceUsd: number;
    releasePriceUsd: number;
    fills: GivenFill[];
    endPriceUsd: number;
    feesUsd: number;
  }) => {
    const result = implementationShortfall({
      convention: given.convention,
      side: sideOf(given.side),
      ordered: given.orderedQuantityUnits,
      decisionPrice: given.decisionPriceUsd,
      releasePrice: given.releasePriceUsd,
      endPrice: given.endPriceUsd,
      fills: priced(given.fills),
      fees: given.feesUsd,
    });
    return {
      paperUsd: result.paper,
      actualUsd: result.actual,
      totalUsd: result.total,
      delayUsd: result.delay,
      tradingUsd: result.trading,
      opportunityUsd: result.opportunity,
      feesUsd: result.fees,
      totalPercent: result.percent.total,
      feesPercent: result.percent.fees,
      tradingPercent: result.percent.trading,
      delayPercent: result.percent.delay,
      opportunityPercent: result.percent.opportunity,
    };
  },

  'market-adjusted-shortfall': (given: {
    side: SideName;
    shortfallPercent: number;
    beta: number;
    marketReturnPercent: number;
  }) => ({
    adjustedPercent: marketAdjusted(given.shortfallPercent, sideOf(given.side), {
      beta: given.beta,
      return: given.marketReturnPercent,
    }),
  }),

  'delay-cost': (given: {
    side: SideName;
    orderedQuantityUnits: number;
    filledQuantityUnits: number;
    decisionPriceUsd: number;
    releasePriceUsd: number;
  }) => ({
    delayPercent: delayPercent({
      side: sideOf(given.side),
      ordered: given.orderedQuantityUnits,
      filled: given.filledQuantityUnits,
      decisionPrice: given.decisionPriceUsd,
      releasePrice: given.releasePriceUsd,
    }),
  }),

  'effective-spread': (given: GivenQuote) => {
    const { effective, quoted } = spreadsOf(given, given.fillUsd);
    return { effectiveSpreadUsd: effective, quotedSpreadUsd: quoted };
  },

  'spread-decomposition': (given: GivenQuote & { midLaterUsd: number }) => {
    const { effective, realised, impact, effectiveOverQuoted } = spreadsOf(given, given.midLaterUsd);
    return { effectiveSpreadUsd: effective, realisedSpreadUsd: realised, impactUsd: impact, effectiveOverQuoted };
  },

  markouts: (given: {
    side: SideName;
    horizonsSeconds: number[];
    fills: (GivenFill & { midsAtHorizonsUsd: (number | null)[] })[];
  }) => {
    const fills = given.fills.map((fill) => ({
      quantity: fill.quantityUnits,
      price: fill.priceUsd,
      midsLater: fill.midsAtHorizonsUsd,
    }));
    return { markoutsBps: markoutsBps(sideOf(given.side), fills, given.horizonsSeconds.length) };
  },

  'vwap-twap': (given: { side: SideName; fills: GivenFill[]; marketTrades: GivenFill[]; midsUsd: number[] }) => {
    const side = sideOf(given.side);
    const averageFillUsd = averagePrice(priced(given.fills)) ?? Number.NaN;
    const vwapUsd = averagePrice(priced(given.marketTrades)) ?? Number.NaN;
    const twapUsd = averagePrice(given.midsUsd.map((price) => ({ quantity: 1, price }))) ?? Number.NaN;
    const volume = (trades: GivenFill[]) => trades.reduce((sum, trade) => sum + trade.quantityUnits, 0);
    return {
      averageFillUsd,
      vwapUsd,
      twapUsd,
      vwapSlippageBps: slippageBps(side, averageFillUsd, vwapUsd),
      twapSlippageBps: slippageBps(side, averageFillUsd, twapUsd),
      participation: volume(given.fills) / volume(given.marketTrades),
    };
  },

  'book-walk': (given: {
    side: SideName;
    quantityBtc: number;
    bidsUsdBtc: [number, number][];
    asksUsdBtc: [number, number][];
  }) => {
    const levels = (side: [number, number][]) => side.map(([price, quantity]) => ({ price, quantity }));
    const book = { bids: levels(given.bidsUsdBtc), asks: levels(given.asksUsdBtc) };
    const walk = walkBook(book, sideOf(given.side), given.quantityBtc);
    return {
      filledBtc: walk.filled,
      unfilledBtc: walk.unfilled,
      averageUsd: walk.average,
      slippageBps: walk.slippageBps,
      levelsTouched: walk.levelsTouched,
    };
  },

  'almgren-2005': (given: {
    dailyVolatility: number;
    orderOverDailyVolume: number;
    inverseTurnover: number;
    durationDays: number;
  }) => {
    const { permanent, temporary, cost } = almgren2005Bps(given);
    return { permanentBps: permanent, temporaryBps: temporary, costBps: cost };
  },

  'square-root-impact': (given: {
    prefactor: number;
    dailyVolatility: number;
    quantityBtc: number;
    dailyVolumeBtc: number;
  }) => ({
    impactBps: squareRootImpactBps({
      prefactor: given.prefactor,
      volatility: given.dailyVolatility,
      quantity: given.quantityBtc,
      volume: given.dailyVolumeBtc,
    }),
  }),

  'coin-package': (given: { indexUsd: number; legs: GivenLeg[]; futuresHedge: GivenHedge | null }) => {
    const hedge = given.futuresHedge === null ? null : hedgeOf(given.futuresHedge);
    const { legs, total, shares } = coinPackageCost(given.legs.map(legOf), hedge);
    return { legCostsCoin: legs, totalCoin: total, totalUsd: total * given.indexUsd, shareOfCost: shares };
  },
} satisfies Problems;
