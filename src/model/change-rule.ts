/** What a comparison of two runs must not show: `delivered_per_min < -5%`. */

export interface ChangeRule {
  /** As written. */
  readonly expression: string;
  readonly metric: string;
  readonly op: '<' | '<=' | '>' | '>=' | '!=';
  /**
   * What the change from the first run to the second is held against: a share of the first (-0.05 for -5 %), an amount in the
   * metric's own unit, or, for names such as first_bucket, nothing but whether there is a change.
   */
  readonly than:
    | { readonly kind: 'ratio'; readonly value: number }
    | { readonly kind: 'amount'; readonly value: number }
    | { readonly kind: 'name' };
}
