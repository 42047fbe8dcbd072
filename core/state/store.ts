/** The kind under which `onChange` tells of places. */
export const SLOT = 'slot'
