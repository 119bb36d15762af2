/** Which program wrote a result. */
export const TOOL = { name: 'rundry', version: '0.1.0' } as const;
