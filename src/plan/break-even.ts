/** Where a choice tips: what waiting must be worth, what overload must be. */

/** The batch lane pays where getting an image at once is worth less than this to somebody, in the unit of the prices. */
export function batchBreakEven(prices: { readonly interactive: number; readonly batch: number }): number {
  return prices.interactive - prices.batch;
}

/**
 * Share of 503 in the busy hours from which it pays to move work that a daily limit holds down to quiet ones:
 * (1 - quiet) / (1 - busy) >= 1 + gain, where overload uses up requests of the day.
 */
export function offPeakBreakEven({ quietRatio, gainRatio }: { readonly quietRatio: number; readonly gainRatio: number }): number {
  return 1 - (1 - quietRatio) / (1 + gainRatio);
}
