/** All kinds that there are, for a store that must name them to learn what others know. */
export const KINDS = [
  'cooldown',
  'recovering',
  'failures',
  'probe',
  'session',
  'learned',
  'model-map',
  'token-correction',
  'token-model',
  'token-floor',
] as const

/** The kind under which `onChange` tells of places. */
export const SLOT = 'slot'
