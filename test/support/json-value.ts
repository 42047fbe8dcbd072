import fc from 'fast-check'

/** Any value as JSON carries it: `fc.jsonValue` makes -0 too, which JSON writes as 0, so that a run in thousands failed. */
export const jsonValue = (constraints: fc.JsonSharedConstraints = {}): fc.Arbitrary<unknown> =>
  fc.jsonValue(constraints).map((value) => JSON.parse(JSON.stringify(value)) as unknown)
